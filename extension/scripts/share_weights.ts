/** What of TF.js's weights has to be packed beside the TFLite file; `lib/shared_weights.ts` puts them together again. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { type Piece, type SharedWeights, TFLITE } from '../lib/shared_weights.ts';

// A shorter row of floats may lie there by chance, and is not worth its piece.
const FEWEST_FLOATS = 64;

type Weight = io.WeightsManifestConfig[number]['weights'][number];

/** Looks for each kernel in the TFLite file. */
export async function shareWeights(bundle: string): Promise<{ shared: SharedWeights; rest: Buffer }> {
  const { weightsManifest } = JSON.parse(await readFile(join(bundle, 'tfjs/model.json'), 'utf-8')) as io.ModelJSON;
  const paths = weightsManifest.flatMap((group) => group.paths);
  if (paths.length !== 1) throw new Error(`Expected the weights of TF.js in one file. Received: ${paths.join(', ')}.`);
  const path = `tfjs/${paths[0]}`;
  const [weights, tflite] = await Promise.all([readFile(join(bundle, path)), readFile(join(bundle, TFLITE))]);
  const pieces: Piece[] = [];
  const rest: Buffer[] = [];
  let at = 0;
  for (const weight of weightsManifest.flatMap((group) => group.weights)) {
    const content = weights.subarray(at, at + bytesOf(weight));
    at += content.length;
    const kernel = found(content, weight, tflite);
    if (kernel) {
      pieces.push(kernel);
      continue;
    }
    rest.push(content);
    const last = pieces.at(-1);
    if (last && 'rest' in last) last.rest += content.length;
    else pieces.push({ rest: content.length });
  }
  return { shared: { path, pieces }, rest: Buffer.concat(rest) };
}

function found(content: Buffer, weight: Weight, tflite: Buffer): Piece | null {
  const floats = content.length / 2;
  const columns = weight.shape.at(-1) ?? 1;
  if (weight.quantization?.dtype !== 'float16' || floats < FEWEST_FLOATS) return null;
  const rows = floats / columns;
  const channelsFirst = Buffer.alloc(content.length);
  for (let index = 0; index < floats; index++) {
    channelsFirst.writeUInt16LE(content.readUInt16LE(2 * index), 2 * ((index % columns) * rows + Math.floor(index / columns)));
  }
  const from = tflite.indexOf(channelsFirst);
  return from < 0 ? null : { from, rows, columns };
}

function bytesOf({ shape, quantization }: Weight): number {
  const floats = shape.reduce((product, side) => product * side, 1);
  return floats * (quantization?.dtype === 'float16' ? 2 : 4);
}
