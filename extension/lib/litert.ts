/** The one place that knows LiteRT.js: runs a `.tflite` file on the CPU, single-threaded. */

import { type CompiledModel, Tensor, loadAndCompile, loadLiteRt } from '@litertjs/core';
import type { Net, Output } from './net';

/**
 * Loads a model. Needs a document, since LiteRT.js adds its loader as a script element.
 *
 * @param wasmUrl - of `litert_wasm_compat_internal.js`, with its `.wasm` beside it.
 */
export async function loadLiteRtNet(model: ArrayBuffer, wasmUrl: string): Promise<Net> {
  await loadLiteRt(wasmUrl);
  const compiled = await loadAndCompile(new Uint8Array(model), { accelerator: 'wasm' });
  return { runtime: 'litert-wasm', run: (input, shape) => run(compiled, input, shape) };
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
