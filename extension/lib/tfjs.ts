/** The one place that knows TF.js: runs the bundle's graph model by wasm, or WebGL where that is equal and faster. */

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgl';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { Manifest } from '#manifest';
import type { Bundle } from './bundle';
import { BundleError } from './errors';
import { type Golden, parseGolden, requireGoldenScores } from './golden';
import type { DetectorNet, Output } from './net';

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
  const entry = bundle.manifest.models.tfjs;
  if (!entry) throw new BundleError(`Expected a bundle with the format tfjs. Received: no such format.`);
  const golden = parseGolden(await bundle.json('golden.json'), 'tfjs');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // hangs under an extension's content security policy
  setWasmPaths(wasmFolder);
  const wasm = await loadOn('wasm', bundle, entry.path);
  await requireGoldenScores(wasm, golden, bundle.manifest);
  return (hasRealGpu() && (await fasterWebgl(bundle, entry.path, golden, wasm))) || wasm;
}

async function fasterWebgl(bundle: Bundle, path: string, golden: Golden[], wasm: DetectorNet): Promise<DetectorNet | null> {
  const { input } = bundle.manifest;
  const wasmMs = await medianMs(wasm, input);
  const probe = async () => {
    const webgl = await loadOn('webgl', bundle, path);
    await requireGoldenScores(webgl, golden, bundle.manifest);
    return (await medianMs(webgl, input)) < wasmMs ? webgl : null;
  };
  const limit = new Promise<null>((resolve) => setTimeout(resolve, WEBGL_PROBE_LIMIT_MS, null));
  const faster = await Promise.race([probe(), limit]).catch(() => null);
  if (!faster) await tf.setBackend('wasm');
  return faster;
}

async function loadOn(backend: 'wasm' | 'webgl', bundle: Bundle, path: string): Promise<DetectorNet> {
  await tf.setBackend(backend);
  await tf.ready();
  const model = await loadModel(bundle, path);
  requireInput(model, bundle.manifest);
  return {
    format: 'tfjs',
    runtime: `tfjs-${backend}`,
    run: async (input, shape) => {
      await tf.setBackend(backend);
      return run(model, input, shape);
    },
  };
}

async function loadModel(bundle: Bundle, path: string): Promise<GraphModel> {
  try {
    return await loadGraphModel({ load: () => artifacts(bundle, path) });
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError(`Expected ${path} to be a model that TF.js can run. Received: ${error}`);
  }
}

function requireInput(model: GraphModel, { input }: Manifest): void {
  const expected = `[1,${input.height_px},${input.width_px},3] float32`;
  const received = model.inputs.map(({ shape, dtype }) => `[${shape}] ${dtype}`).join(', ');
  if (received !== expected) throw new BundleError(`Expected a model with input ${expected}. Received: ${received}.`);
}

/** The model's topology and weights, each file checked against the manifest. */
async function artifacts(bundle: Bundle, path: string): Promise<tf.io.ModelArtifacts> {
  const model = (await bundle.json(path)) as tf.io.ModelJSON;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return tf.io.getModelArtifactsForJSON(model, async (groups) => {
    const shards = await Promise.all(groups.flatMap((group) => group.paths).map((shard) => bundle.file(folder + shard)));
    return [groups.flatMap((group) => group.weights), tf.io.concatenateArrayBuffers(shards)];
  });
}

async function run(model: GraphModel, input: Float32Array, shape: number[]): Promise<Output[]> {
  const outputs = tf.tidy(() => [model.predict(tf.tensor(input, shape, 'float32'))].flat() as tf.Tensor[]);
  try {
    return await Promise.all(
      outputs.map(async (output) => ({ shape: output.shape, values: (await output.data()) as Float32Array })),
    );
  } finally {
    tf.dispose(outputs);
  }
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
function hasRealGpu(): boolean {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(renderer);
}
