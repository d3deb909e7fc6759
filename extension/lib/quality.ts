/** Whether a crop is sharp enough to judge, as in `unmask_edge/quality.py`. */

import type { RgbImage } from './image';

/**
 * Variance of the 4-neighbour Laplacian of a crop's luma, the usual measure of focus (Pech-Pacheco et al. 2000).
 *
 * @param crop - at the detector's input size, so that the figure does not depend on face size.
 * @returns 0 for a flat picture, some hundreds or more for a sharp face.
 */
export function sharpness(crop: RgbImage): number {
  const { width, height } = crop;
  const luma = lumaOf(crop);
  let sum = 0;
  let sumOfSquares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const laplacian = luma[at - width]! + luma[at + width]! + luma[at - 1]! + luma[at + 1]! - 4 * luma[at]!;
      sum += laplacian;
      sumOfSquares += laplacian * laplacian;
    }
  }
  const count = (width - 2) * (height - 2);
  return sumOfSquares / count - (sum / count) ** 2;
}

/** `(height, width)` in [0, 255], by the weights of ITU-R BT.601. */
function lumaOf({ pixels }: RgbImage): Float64Array {
  const luma = new Float64Array(pixels.length / 3);
  for (let at = 0; at < luma.length; at++) {
    luma[at] = 0.299 * pixels[3 * at]! + 0.587 * pixels[3 * at + 1]! + 0.114 * pixels[3 * at + 2]!;
  }
  return luma;
}
