/** Golden vectors: pictures made by a formula and what the detector makes of them, as in `unmask_edge/golden.py`. */

import { type Schema, Validator } from '@cfworker/json-schema';
import { BundleError } from './errors';
import type { RgbImage } from './image';

/** Coefficients of one picture: `fold(a x + b y + c channel + floor(x y / d))`. */
export interface Formula {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** `golden.json` of a bundle: each crop's raw score, before temperature, in TF.js. */
export interface Golden {
  crops: { formula: Formula; scores: { tfjs: number } }[];
}

const INTEGER: Schema = { type: 'integer' };
const SCHEMA: Schema = {
  type: 'object',
  required: ['crops'],
  properties: {
    crops: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['formula', 'scores'],
        properties: {
          formula: {
            type: 'object',
            required: ['a', 'b', 'c', 'd'],
            properties: { a: INTEGER, b: INTEGER, c: INTEGER, d: INTEGER },
          },
          scores: { type: 'object', required: ['tfjs'], properties: { tfjs: { type: 'number' } } },
        },
      },
    },
  },
};

/** The golden vectors, if there are any and each has a score of TF.js; throws `BundleError` if not. */
export function parseGolden(content: unknown): Golden {
  const { valid, errors } = new Validator(SCHEMA, '2020-12').validate(content);
  if (valid) return content as Golden;
  const received = errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join(' ');
  throw new BundleError(`Expected golden vectors in golden.json. Received: ${received}`);
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
