/** Chooses TF.js's backend: wasm, or WebGL where that is equal and faster. */

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import type { Manifest } from '#manifest';
import type { Bundle } from './bundle';
import { type Golden, parseGolden, requireGoldenScores } from './golden';
import type { DetectorNet } from './net';
import { loadOn } from './tfjs_net';

// A driver that needs longer to compile the shaders costs more than it saves on one clip.
const WEBGL_PROBE_LIMIT_MS = 6000;
const TIMED_RUNS = 5;

/**
 * Loads the detector on the faster backend whose scores of the bundle's golden crops are right; rejects with
 * `BundleError` if wasm's are not, or the model is not what the manifest says.
 *
 * @param wasmFolder - address of the folder with TF.js's wasm files, ending in a slash.
 */
export async function loadTfjsNet(bundle: Bundle, wasmFolder: string): Promise<DetectorNet> {
  const golden = parseGolden(await bundle.json('golden.json'), 'tfjs');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // hangs under an extension's content security policy
  setWasmPaths(wasmFolder);
  const wasm = await loadOn('wasm', bundle);
  await requireGoldenScores(wasm, golden, bundle.manifest);
  return (hasRealGpu() && (await fasterWebgl(bundle, golden, wasm))) || wasm;
}

async function fasterWebgl(bundle: Bundle, golden: Golden[], wasm: DetectorNet): Promise<DetectorNet | null> {
  const { input } = bundle.manifest;
  const wasmMs = await medianMs(wasm, input);
  const probe = async () => {
    const webgl = await loadOn('webgl', bundle);
    await requireGoldenScores(webgl, golden, bundle.manifest);
    return (await medianMs(webgl, input)) < wasmMs ? webgl : null;
  };
  const limit = new Promise<null>((resolve) => setTimeout(resolve, WEBGL_PROBE_LIMIT_MS, null));
  const faster = await Promise.race([probe(), limit]).catch(() => null);
  if (!faster) await tf.setBackend('wasm');
  return faster;
}

/** Median time in ms of a run. */
async function medianMs(net: DetectorNet, { height_px, width_px }: Manifest['input']): Promise<number> {
  const pixels = new Float32Array(height_px * width_px * 3);
  const times: number[] = [];
  for (let round = 0; round < TIMED_RUNS; round++) {
    const start = performance.now();
    await net.run(pixels, [1, height_px, width_px, 3]);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(TIMED_RUNS / 2)]!;
}

/** Whether WebGL is there and not drawn by the CPU, where it is many times slower than wasm. */
export function hasRealGpu(): boolean {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(renderer);
}
