/** Golden vectors: pictures made by a formula and what the detector makes of them, as in `unmask_edge/golden.py`. */

import { type Schema, Validator } from '@cfworker/json-schema';
import type { Manifest } from '#manifest';
import { BundleError } from './errors';
import type { RgbImage } from './image';
import { type DetectorNet, type Format, withShape } from './net';

/** Coefficients of one picture: `fold(a x + b y + c channel + floor(x y / d))`. */
export interface Formula {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** Crops whose raw scores, before temperature, are known in one format of the detector. */
export interface Golden {
  formula: Formula;
  score: number;
}

const INTEGER: Schema = { type: 'integer' };

function schema(format: Format): Schema {
  const formula: Schema = { type: 'object', required: ['a', 'b', 'c', 'd'], properties: { a: INTEGER, b: INTEGER, c: INTEGER, d: INTEGER } };
  const scores: Schema = { type: 'object', required: [format], properties: { [format]: { type: 'number' } } };
  const crop: Schema = { type: 'object', required: ['formula', 'scores'], properties: { formula, scores } };
  return { type: 'object', required: ['crops'], properties: { crops: { type: 'array', minItems: 1, items: crop } } };
}

/** The golden vectors of a `golden.json`, if there are any and each has a score of the format; throws `BundleError` if not. */
export function parseGolden(content: unknown, format: Format): Golden[] {
  const { valid, errors } = new Validator(schema(format), '2020-12').validate(content);
  if (valid) {
    const { crops } = content as { crops: { formula: Formula; scores: Record<Format, number> }[] };
    return crops.map(({ formula, scores }) => ({ formula, score: scores[format] }));
  }
  const received = errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join(' ');
  throw new BundleError(`Expected golden vectors in golden.json. Received: ${received}`);
}

/** Runs every golden crop; rejects with `BundleError` where a score is not what the bundle says. */
export async function requireGoldenScores(net: DetectorNet, golden: Golden[], manifest: Manifest): Promise<void> {
  const { input, models, outputs } = manifest;
  for (const { formula, score: expected } of golden) {
    const pixels = Float32Array.from(formulaImage(input.width_px, input.height_px, formula).pixels);
    const received = await net.run(pixels, [1, input.height_px, input.width_px, 3]).catch((error) => {
      throw new BundleError(`Expected a model that ${net.runtime} can run. Received: ${error}`);
    });
    withShape(received, outputs.region_map_shape);
    const [score] = withShape(received, outputs.score_shape);
    if (Math.abs(score! - expected) <= models[net.format]!.tolerance) continue;
    throw new BundleError(`Expected a golden score of ${expected} on ${net.runtime}. Received: ${score}.`);
  }
}

/** A picture that every language computes alike: integers, folded into [0, 255]. */
export function formulaImage(width: number, height: number, { a, b, c, d }: Formula): RgbImage {
  const pixels = new Uint8ClampedArray(width * height * 3);
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
