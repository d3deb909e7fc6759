/** What the face finder and the detector ask of a runtime. */

import { BundleError } from './errors';

/** One output of a net, row by row. */
export interface Output {
  shape: readonly number[];
  values: Float32Array;
}

/** A loaded net with one float32 input. */
export interface Net {
  /** The program that runs it, e.g. `tfjs-wasm`. */
  readonly runtime: string;
  run(input: Float32Array, shape: number[]): Promise<Output[]>;
}

/** Forms of the detector in a bundle that browsers run, by the names of its manifest. */
export type Format = 'tfjs' | 'float16';

/** A loaded detector. */
export interface DetectorNet extends Net {
  readonly format: Format;
}

/**
 * Values of the one output of a shape: converters keep shapes, but neither the order nor the names of outputs. Throws
 * `BundleError` where there is none, or more than one.
 */
export function withShape(outputs: Output[], shape: readonly number[]): Float32Array {
  const matching = outputs.filter((output) => String(output.shape) === String(shape));
  if (matching.length !== 1) {
    const received = outputs.map((output) => `[${output.shape}]`).join(', ');
    throw new BundleError(`Expected one output of shape [${shape}]. Received: ${received}.`);
  }
  return matching[0]!.values;
}
