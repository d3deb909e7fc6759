/**
 * The weights of TF.js, packed without what the TFLite file holds too. Both formats keep nearly all kernels as the same 16-bit
 * floats: TFLite with the channels that a layer makes first, TF.js with them last. What is rebuilt is the file to the byte,
 * and is held to the manifest's sha256 like any other.
 */

import type { ReadFile } from './bundle';

/** So many bytes of the rest, or a kernel that lies in the TFLite file from a byte on, `columns` times `rows` floats. */
export type Piece = { rest: number } | { from: number; rows: number; columns: number };

/** What stands in a package for the weights of `tfjs/model.json`: which file they were, and what it was made of. */
export interface SharedWeights {
  path: string;
  pieces: Piece[];
}

export const SHARED = 'tfjs/shared.json';
export const REST = 'tfjs/rest.bin';
export const TFLITE = 'detector.float16.tflite';

const FLOAT_BYTES = 2;

/** Rebuilds the weights; throws `RangeError` if pieces lie outside what they are cut from. */
export function unpackWeights(pieces: Piece[], rest: ArrayBuffer, tflite: ArrayBuffer): ArrayBuffer {
  let at = 0;
  let taken = 0;
  const weights = new Uint8Array(pieces.reduce((bytes, piece) => bytes + bytesOf(piece), 0));
  for (const piece of pieces) {
    const content = 'rest' in piece ? new Uint8Array(rest, taken, piece.rest) : channelsLast(piece, tflite);
    if ('rest' in piece) taken += piece.rest;
    weights.set(content, at);
    at += content.byteLength;
  }
  return weights.buffer;
}

/** Reads a packed bundle as if the weights of TF.js were in it. */
export function withSharedWeights(read: ReadFile): ReadFile {
  return async (path) => {
    if (!/^tfjs\/.*\.bin$/.test(path)) return read(path);
    const shared: SharedWeights = JSON.parse(new TextDecoder().decode(await read(SHARED)));
    if (path !== shared.path) return read(path);
    const [rest, tflite] = await Promise.all([read(REST), read(TFLITE)]);
    return unpackWeights(shared.pieces, rest, tflite);
  };
}

function bytesOf(piece: Piece): number {
  return 'rest' in piece ? piece.rest : piece.rows * piece.columns * FLOAT_BYTES;
}

function channelsLast({ from, rows, columns }: { from: number; rows: number; columns: number }, tflite: ArrayBuffer): Uint8Array {
  const channelsFirst = new Uint16Array(tflite.slice(from, from + rows * columns * FLOAT_BYTES));
  if (channelsFirst.length < rows * columns) throw new RangeError(`Expected a kernel of ${rows * columns} floats at ${from}.`);
  const turned = Uint16Array.from({ length: rows * columns }, (_, index) => {
    return channelsFirst[(index % columns) * rows + Math.floor(index / columns)]!;
  });
  return new Uint8Array(turned.buffer);
}
