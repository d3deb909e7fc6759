/** Loads the packaged detector in one runtime, and measures it. */

import { Bundle } from '../../lib/bundle';
import { formulaImage, parseGolden } from '../../lib/golden';
import { type DetectorNet, withShape } from '../../lib/net';
import { withSharedWeights } from '../../lib/shared_weights';

const WARM_UP_RUNS = 2;
const TIMED_RUNS = 30;
/** A run on a GPU that the CPU draws takes a second. */
const TIMED_LIMIT_MS = 5000;

const RUNTIMES: Record<string, () => Promise<{ load: (bundle: Bundle) => Promise<DetectorNet> }>> = {
  'tfjs-wasm': () => import('./tfjs_wasm'),
  'tfjs-webgl': () => import('./tfjs_webgl'),
  'tfjs-webgpu': () => import('./tfjs_webgpu'),
  'litert-wasm': () => import('./litert_wasm'),
};

async function measure(runtime: string) {
  const startMs = performance.now();
  const bundle = await Bundle.open(withSharedWeights(async (path) => (await fetch(`/bundle/${path}`)).arrayBuffer()));
  const { load } = await RUNTIMES[runtime]!();
  const net = await load(bundle);
  const { input, outputs } = bundle.manifest;
  const shape = [1, input.height_px, input.width_px, 3];
  await net.run(new Float32Array(input.height_px * input.width_px * 3), shape);
  const loadMs = performance.now() - startMs;
  const bytes = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).reduce((sum, entry) => sum + entry.decodedBodySize, 0);
  let difference = 0;
  const times: number[] = [];
  for (const { formula, score } of parseGolden(await bundle.json('golden.json'), net.format)) {
    const pixels = Float32Array.from(formulaImage(input.width_px, input.height_px, formula).pixels);
    const [received] = withShape(await net.run(pixels, shape), outputs.score_shape);
    difference = Math.max(difference, Math.abs(received! - score));
    if (times.length > 0) continue;
    const untilMs = performance.now() + TIMED_LIMIT_MS;
    for (let k = -WARM_UP_RUNS; k < TIMED_RUNS && (times.length === 0 || performance.now() < untilMs); k++) {
      const runMs = performance.now();
      await net.run(pixels, shape);
      if (k >= 0) times.push(performance.now() - runMs);
    }
  }
  return { loadMs, faceMs: times.sort((a, b) => a - b)[times.length >> 1]!, bytes, difference };
}

Object.assign(globalThis, { measure });
