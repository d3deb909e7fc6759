/** From a face box to the pixels that the detector sees, as in `unmask_edge/crop.py`. */

import { type Box, centre, longerSide } from './geometry';
import type { RgbImage } from './image';

/** A square in whole px; it may reach outside the picture. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

/** What one pixel of a resized line takes from the line it comes from. */
interface Taps {
  first: number;
  weights: number[];
}

/**
 * Side of the square over the longer side of the face box.
 *
 * @param frame - number of the face's frame, from 0, among those of its clip that are looked at; null for a picture.
 * @param pictureScale - of pictures.
 * @param clipScales - of a clip's frames, in turn.
 */
export function cropScale(frame: number | null, pictureScale: number, clipScales: number[]): number {
  return frame === null ? pictureScale : clipScales[frame % clipScales.length]!;
}

/** The square around a face box, its side `scale` times the box's longer side. */
export function cropSquare(box: Box, scale: number): Square {
  const [x, y] = centre(box);
  const side = Math.max(1, Math.round(longerSide(box) * scale));
  return { left: Math.round(x - side / 2), top: Math.round(y - side / 2), side };
}

/** Cuts out the square around a face and resizes it to `sizePx` x `sizePx`. */
export function faceCrop(image: RgbImage, box: Box, scale: number, sizePx: number): RgbImage {
  return resize(cut(image, cropSquare(box, scale)), sizePx, sizePx);
}

/** The pixels of a square; outside the picture its nearest pixel is repeated. */
export function cut(image: RgbImage, { left, top, side }: Square): RgbImage {
  const pixels = new Uint8ClampedArray(side * side * 3);
  for (let y = 0, to = 0; y < side; y++) {
    const row = clamp(top + y, image.height) * image.width;
    for (let x = 0; x < side; x++) {
      const from = (row + clamp(left + x, image.width)) * 3;
      pixels[to++] = image.pixels[from]!;
      pixels[to++] = image.pixels[from + 1]!;
      pixels[to++] = image.pixels[from + 2]!;
    }
  }
  return { width: side, height: side, pixels };
}

/** Resizes by area averaging if the picture shrinks, else bilinearly with half-pixel centres (OpenCV's rules). */
export function resize(image: RgbImage, widthPx: number, heightPx: number): RgbImage {
  const taps = widthPx < image.width ? areaTaps : bilinearTaps;
  const columns = resizeColumns(image, taps(image.width, widthPx));
  return resizeRows(columns, widthPx, taps(image.height, heightPx));
}

/** Each new pixel averages the old ones it covers, those at its edges by the share it covers. */
function areaTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, index) => {
    const start = index * scale;
    const end = Math.min((index + 1) * scale, from);
    const first = Math.floor(start);
    const last = Math.max(first, Math.ceil(end) - 1);
    const weights = Array.from({ length: last - first + 1 }, (_, offset) => {
      const covered = Math.min(end, first + offset + 1) - Math.max(start, first + offset);
      return covered / (end - start);
    });
    return { first, weights };
  });
}

/** Each new pixel mixes the two old ones around its centre; beyond the edge the outermost counts for both. */
function bilinearTaps(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, index) => {
    const position = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(position);
    const share = position - first;
    return { first, weights: share > 0 ? [1 - share, share] : [1] };
  });
}

/** Returns `(height, taps.length, 3)`, not yet rounded. */
function resizeColumns(image: RgbImage, taps: Taps[]): Float32Array {
  const { width, height, pixels } = image;
  const result = new Float32Array(height * taps.length * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (const { first, weights } of taps) {
      let from = (y * width + first) * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let offset = 0; offset < weights.length; offset++, from += 3) {
        const weight = weights[offset]!;
        red += weight * pixels[from]!;
        green += weight * pixels[from + 1]!;
        blue += weight * pixels[from + 2]!;
      }
      result[to++] = red;
      result[to++] = green;
      result[to++] = blue;
    }
  }
  return result;
}

function resizeRows(columns: Float32Array, width: number, taps: Taps[]): RgbImage {
  const stride = width * 3;
  const pixels = new Uint8ClampedArray(taps.length * stride); // rounds when a value is stored
  taps.forEach(({ first, weights }, y) => {
    for (let x = 0; x < stride; x++) {
      let sum = 0;
      for (let offset = 0; offset < weights.length; offset++) {
        sum += weights[offset]! * columns[(first + offset) * stride + x]!;
      }
      pixels[y * stride + x] = sum;
    }
  });
  return { width, height: taps.length, pixels };
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}
