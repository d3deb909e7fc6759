/** A detector gives the result of `unmask_edge/detector.py`: here with nets that answer by rule instead of by weights. */

import { describe, expect, it } from 'vitest';
import packaged from '../../edge/unmask_edge/bundle/manifest.json';
import { parseManifest } from '../lib/bundle';
import { cropScale } from '../lib/crop';
import { Detector, Scoring } from '../lib/detector';
import { formulaImage } from '../lib/golden';
import type { RgbImage } from '../lib/image';
import type { DetectorNet, Net, Output } from '../lib/net';

const manifest = parseManifest({ ...packaged, temperature: 1 });
const SHARP: RgbImage = formulaImage(192, 192, { a: 37, b: 91, c: 5, d: 1 });

/** A face finder that sees a face of `sidePx` at the middle of every picture, or none for 0. */
function finderNet(sidePx: number): Net {
  const boxes = new Float32Array(2304 * 16);
  const logits = new Float32Array(2304).fill(-9);
  if (sidePx > 0) {
    boxes.set([0, 0, sidePx, sidePx], (24 * 48 + 24) * 16);
    logits[24 * 48 + 24] = 5;
  }
  return answering([
    { shape: [1, 2304, 1], values: logits },
    { shape: [1, 2304, 16], values: boxes },
  ]);
}

function detectorNet(score: number): DetectorNet {
  const [, rows, columns] = manifest.outputs.region_map_shape;
  const outputs = [
    { shape: manifest.outputs.region_map_shape, values: new Float32Array(rows * columns).fill(0.25) },
    { shape: [1, 1], values: Float32Array.of(score) },
  ];
  return { format: 'tfjs', ...answering(outputs) };
}

/** A net that says how light the crop's left edge is, and there alone. */
function leftEdgeNet(): DetectorNet {
  const [, rows, columns] = manifest.outputs.region_map_shape;
  const run: Net['run'] = async (input) => {
    const light = input[0]! / 255;
    const cells = new Float32Array(rows * columns).map((_, cell) => (cell % columns === 0 ? light : 0));
    return [
      { shape: manifest.outputs.region_map_shape, values: cells },
      { shape: [1, 1], values: Float32Array.of(light) },
    ];
  };
  return { format: 'tfjs', runtime: 'rule', run };
}

function answering(outputs: Output[]): Net {
  return { runtime: 'rule', run: async () => outputs };
}

async function scored(facePx: number, score: number, frames: number) {
  const scoring = new Scoring(new Detector(manifest, finderNet(facePx), detectorNet(score)), 'clip');
  for (let k = 0; k < frames; k++) await scoring.add({ timeS: k / 3, image: SHARP });
  return scoring.finish();
}

describe('scoring', () => {
  it('judges the face of a clip by the bands of the bundle', async () => {
    const result = await scored(96, 0.95, 4);
    expect(result).toMatchObject({ verdict: 'likely manipulated', reason: null, error: null, frames_sampled: 4 });
    expect(result.score).toBeCloseTo(0.95);
    expect(result.tracks).toHaveLength(1);
    expect(result.tracks[0]!.frames.map((frame) => frame.time_s)).toEqual([0, 0.333, 0.667, 1]);
    expect(result.tracks[0]!.frames[0]).toMatchObject({ box: [50, 50, 146, 146], flaw: null });
    const sides = result.tracks[0]!.frames.map(({ crop: [left, , right] }) => right - left);
    expect(sides).toEqual([0, 1, 2, 3].map((frame) => Math.round(96 * cropScale(frame, 1, manifest.sampling.crop_scales))));
    expect(result.tracks[0]!.frames[0]!.region_map[0]![0]).toBe(0.25);
    expect(Object.keys(result.timings_ms).sort()).toEqual(['aggregate', 'crop', 'find', 'score']);
  });

  it('looks at the face of a picture in the mirror too, and turns that map back', async () => {
    const detector = new Detector(manifest, finderNet(96), leftEdgeNet());
    const crop = { width: 2, height: 1, pixels: Uint8ClampedArray.of(51, 51, 51, 204, 204, 204) };
    const { rawScore, regionMap } = await detector.scoreBoth(crop);
    expect(rawScore).toBeCloseTo(0.5);
    expect([regionMap[0]![0], regionMap[0]!.at(-1)]).toEqual([0.1, 0.4]);
  });

  it('says nothing of a face that is too small', async () => {
    expect(await scored(20, 0.95, 4)).toMatchObject({ verdict: 'inconclusive', reason: 'face_too_small' });
  });

  it('gives no verdict where there is no face', async () => {
    const result = await scored(0, 0.95, 4);
    expect(result).toMatchObject({ verdict: null, score: null, tracks: [], error: { reason: 'no_face' } });
  });

  it('refuses nets whose outputs have other shapes than the manifest says', async () => {
    const scoring = new Scoring(new Detector(manifest, detectorNet(0), detectorNet(0)), 'clip');
    await expect(scoring.add({ timeS: 0, image: SHARP })).rejects.toThrow(/Expected one output of shape/);
  });
});
