/** The bundle's detector in TF.js, on a backend that was registered. */

import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { Manifest } from '#manifest';
import type { Bundle } from './bundle';
import { BundleError } from './errors';
import type { DetectorNet, Output } from './net';

/** Loads the detector; rejects with `BundleError` if there is none, or it is not what the manifest says. */
export async function loadOn(backend: 'wasm' | 'webgl' | 'webgpu', bundle: Bundle): Promise<DetectorNet> {
  const entry = bundle.manifest.models.tfjs;
  if (!entry) throw new BundleError('Expected a bundle with the format tfjs. Received: no such format.');
  await tf.setBackend(backend);
  await tf.ready();
  const model = await loadModel(bundle, entry.path);
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
