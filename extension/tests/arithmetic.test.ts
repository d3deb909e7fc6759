/** TypeScript computes what Python does: both are held to `tests/golden/arithmetic.json`. */

import { describe, expect, it } from 'vitest';
import type { AggregationSpec, Bands, FaceFinderSpec, TrackingSpec } from '#manifest';
import vectors from '../../tests/golden/arithmetic.json';
import { cropScale, cropSquare, faceCrop, resize } from '../lib/crop';
import { decode, fit } from '../lib/face_finder';
import { type Box } from '../lib/geometry';
import { formulaImage } from '../lib/golden';
import { sharpness } from '../lib/quality';
import type { Flaw } from '../lib/result';
import { sampleTimes } from '../lib/sampling';
import { averaged, calibrate, frameFlaw, judgeInput, judgeTrack } from '../lib/scoring';
import { Tracker } from '../lib/tracks';

const { formula } = vectors.specs;
const finder = vectors.specs.face_finder as FaceFinderSpec;
const tracking = vectors.specs.tracking as TrackingSpec;
const aggregation = vectors.specs.aggregation as AggregationSpec;
const bands = vectors.specs.bands as Bands;

/** Floats agree within 1e-4 of the larger of them and 1. */
function expectClose(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, index) => {
    const bound = 1e-4 * Math.max(1, Math.abs(expected[index]!));
    expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(bound);
  });
}

/** Pixels agree within one level: OpenCV rounds halves to even and enlarges in fixed point. */
function expectSamePixels(actual: ArrayLike<number>, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  const differences = expected.map((value, index) => Math.abs(value - actual[index]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
}

describe('sampling', () => {
  it.each(vectors.sample_times)('takes the middles of $frames parts of $duration_s s', (vector) => {
    expectClose(sampleTimes(vector.duration_s, vector.frames), vector.times_s);
  });
});

describe('crop', () => {
  it.each(vectors.resize)('resizes from $from to $to like OpenCV', (vector) => {
    const image = formulaImage(vector.from[0]!, vector.from[1]!, formula);
    expectSamePixels(resize(image, vector.to[0]!, vector.to[1]!).pixels, vector.pixels);
  });

  it.each(vectors.crop)('cuts the square around $box at scale $scale', (vector) => {
    const box = vector.box as Box;
    const { left, top, side } = cropSquare(box, vector.scale);
    expect([left, top, side]).toEqual(vector.square);
    const image = formulaImage(vector.image[0]!, vector.image[1]!, formula);
    expectSamePixels(faceCrop(image, box, vector.scale, vector.size_px).pixels, vector.pixels);
  });
});

describe('face finder', () => {
  it.each([
    [640, 480],
    [480, 853],
    [100, 100],
  ])('fits %i x %i into its input', (width, height) => {
    const { scale, ...fitted } = fit(width, height, finder.input_px);
    const expected = vectors.letterbox.find((vector) => vector.image[0] === width && vector.image[1] === height);
    expect(expected).toMatchObject(fitted);
    expect(expected!.scale).toBeCloseTo(scale, 6);
  });

  it('decodes anchors into boxes, surest first, and drops those of a face it has', () => {
    const { anchors, image, other_logits, boxes } = vectors.decode;
    const rawBoxes = new Float32Array(2304 * 16);
    const logits = new Float32Array(2304).fill(other_logits);
    for (const anchor of anchors) {
      rawBoxes.set(anchor.raw, anchor.index * 16);
      logits[anchor.index] = anchor.logit;
    }
    const decoded = decode(rawBoxes, logits, fit(image[0]!, image[1]!, finder.input_px), finder);
    expectClose(decoded.flat(), boxes.flat());
  });
});

describe('quality', () => {
  it.each(vectors.sharpness)('measures the sharpness of a crop of $side px', ({ side, value }) => {
    expectClose([sharpness(formulaImage(side, side, formula)) / value], [1]);
  });
});

describe('crops of a clip', () => {
  it.each(vectors.crop_scale)('have their scales in turn: frame $frame of $clip_scales', (vector) => {
    expect(cropScale(vector.frame, vector.picture_scale, vector.clip_scales)).toBe(vector.scale);
  });
});

describe('tracks', () => {
  it('follows faces that swap order, leave, return and grow', () => {
    const tracker = new Tracker(tracking);
    expect(vectors.tracks.frames.map((boxes) => tracker.update(boxes as Box[]))).toEqual(vectors.tracks.numbers);
  });
});

describe('scoring', () => {
  it.each(vectors.calibrate)('calibrates $raw_score at temperature $temperature', (vector) => {
    expectClose([calibrate(vector.raw_score, vector.temperature) / vector.score], [1]);
  });

  it.each(vectors.averaged)('averages $raw_scores', (vector) => {
    expectClose([averaged(vector.raw_scores)], [vector.raw_score]);
  });

  it.each(vectors.frame_flaw)('finds $flaw at $face_px px and sharpness $sharpness', (vector) => {
    expect(frameFlaw(vector.face_px, vector.sharpness, aggregation)).toBe(vector.flaw);
  });

  it.each(vectors.judge)('judges an input like Python: $input', ({ tracks, frames_sampled, input }) => {
    const judgements = tracks.map(({ scores, flaws, judgement }) => {
      const faces = scores.map((score, index) => ({ score, flaw: flaws[index] as Flaw | null }));
      const judged = judgeTrack(faces, frames_sampled, aggregation, bands);
      expect(judged).toEqual({ ...judgement, score: expect.closeTo(judgement.score, 6) });
      return judged;
    });
    expect(judgeInput(judgements)).toEqual({ ...input, score: expect.closeTo(input.score, 6) });
  });
});
