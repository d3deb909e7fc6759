/** The one place that knows LiteRT.js: runs a `.tflite` file on the CPU, single-threaded. */

import { type CompiledModel, Tensor, loadAndCompile, loadLiteRt } from '@litertjs/core';
import type { Bundle } from './bundle';
import { BundleError } from './errors';
import { parseGolden, requireGoldenScores } from './golden';
import type { DetectorNet, Net, Output } from './net';

// A document loads the program once, for all its models.
let loading: Promise<unknown> | null = null;

/**
 * Loads a model. Needs a document, since LiteRT.js adds its loader as a script element.
 *
 * @param wasmUrl - of `litert_wasm_compat_internal.js`, with its `.wasm` beside it.
 */
export async function loadLiteRtNet(model: ArrayBuffer, wasmUrl: string): Promise<Net> {
  await (loading ??= loadLiteRt(wasmUrl));
  const compiled = await loadAndCompile(new Uint8Array(model), { accelerator: 'wasm' });
  return { runtime: 'litert-wasm', run: (input, shape) => run(compiled, input, shape) };
}

/**
 * Loads the bundle's float16 detector; rejects with `BundleError` if it is not what the manifest and the golden vectors say.
 */
export async function loadLiteRtDetector(bundle: Bundle, wasmUrl: string): Promise<DetectorNet> {
  const entry = bundle.manifest.models.float16;
  if (!entry) throw new BundleError('Expected a bundle with the format float16. Received: no such format.');
  const golden = parseGolden(await bundle.json('golden.json'), 'float16');
  const model = await bundle.file(entry.path);
  const net: DetectorNet = { format: 'float16', ...(await loadLiteRtNet(model, wasmUrl)) };
  await requireGoldenScores(net, golden, bundle.manifest);
  return net;
}

/** Tensors live in the wasm heap, which nothing collects: each is deleted here. */
async function run(model: CompiledModel, input: Float32Array, shape: number[]): Promise<Output[]> {
  const tensor = new Tensor(input, shape);
  try {
    const outputs = await model.run(tensor);
    return outputs.map((output) => {
      const values = Float32Array.from(output.toTypedArray() as Float32Array);
      const dimensions = Array.from(output.type.layout.dimensions);
      output.delete();
      return { shape: dimensions, values };
    });
  } finally {
    tensor.delete();
  }
}
