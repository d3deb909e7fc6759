/** Golden vectors: pictures made by a formula and what the detector makes of them, as in `unmask_edge/golden.py`. */

import type { RgbImage } from './image';

/** Coefficients of one picture: `fold(a x + b y + c channel + floor(x y / d))`. */
export interface Formula {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** `golden.json` of a bundle: each crop's raw score, before temperature, by format. */
export interface Golden {
  crops: { formula: Formula; scores: Record<string, number> }[];
}

/** A picture that every language computes alike: integers, folded into [0, 255]. */
export function formulaImage(width: number, height: number, { a, b, c, d }: Formula): RgbImage {
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const ramp = (a * x + b * y + c * channel + Math.floor((x * y) / d)) % 512;
        pixels[at++] = ramp < 256 ? ramp : 511 - ramp;
      }
    }
  }
  return { width, height, pixels };
}
