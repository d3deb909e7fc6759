/** The sensitivity moves words, and nothing else. */

import { describe, expect, it } from 'vitest';
import type { Report } from '../lib/messages';
import type { Reason, Track, Verdict } from '../lib/result';
import { SENSITIVITIES, judgedWith, movedBands } from '../lib/sensitivity';

const BANDS = { likely_authentic_below: 0.2, likely_manipulated_from: 0.8 };

function track(score: number, verdict: Verdict, reason: Reason | null = null): Track {
  return { track: 0, score, verdict, reason, frames: [] };
}

function report(...tracks: Track[]): Report {
  const { score, verdict, reason } = tracks[0]!;
  const model = { name: 'net', version: '1', format: 'tfjs', runtime: 'tfjs-wasm' };
  const result = { path: 'clip', score, verdict, reason, error: null, width_px: 1, height_px: 1, duration_s: 1 };
  return { result: { ...result, frames_sampled: 1, tracks, timings_ms: {}, model }, route: 'whole_clip', bands: BANDS, pictures: [] };
}

describe('bounds', () => {
  it('move by a factor of four on the odds', () => {
    expect(movedBands(BANDS, 'balanced')).toEqual(BANDS);
    expect(movedBands(BANDS, 'cautious')).toEqual({ likely_authentic_below: 0.2, likely_manipulated_from: 16 / 17 });
    const sensitive = movedBands(BANDS, 'sensitive');
    expect(sensitive.likely_authentic_below).toBeCloseTo(1 / 17);
    expect(sensitive.likely_manipulated_from).toBeCloseTo(0.5);
  });

  it.each([0, 0.1, 0.5, 0.94, 1])('stay in order and in [0, 1], and never make a clean bill easier (%d)', (low) => {
    for (const high of [low, 1]) {
      for (const sensitivity of SENSITIVITIES) {
        const moved = movedBands({ likely_authentic_below: low, likely_manipulated_from: high }, sensitivity);
        expect(moved.likely_authentic_below).toBeLessThanOrEqual(low);
        expect(moved.likely_manipulated_from).toBeGreaterThanOrEqual(moved.likely_authentic_below);
        expect(moved.likely_manipulated_from).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('a report', () => {
  it.each([
    ['cautious', 0.9, 'inconclusive'],
    ['cautious', 0.95, 'likely manipulated'],
    ['balanced', 0.9, 'likely manipulated'],
    ['sensitive', 0.6, 'likely manipulated'],
    ['sensitive', 0.1, 'inconclusive'],
    ['sensitive', 0.05, 'likely authentic'],
  ] as const)('is shown %s at %d as %s, with the same scores', (sensitivity, score, verdict) => {
    const given = report(track(score, score >= 0.8 ? 'likely manipulated' : 'inconclusive', null));
    const { result, bands } = judgedWith(given, sensitivity);
    expect(result).toMatchObject({ score, verdict, tracks: [{ score, verdict }] });
    expect(result.reason).toBe(verdict === 'inconclusive' ? 'score_between_bands' : null);
    expect(Object.keys(result.tracks[0]!)).toEqual(Object.keys(given.result.tracks[0]!));
    expect(bands).toEqual(movedBands(BANDS, sensitivity));
  });

  it('stays inconclusive where the face could not be seen', () => {
    const given = report(track(0.99, 'inconclusive', 'face_too_small'));
    expect(judgedWith(given, 'sensitive').result).toEqual(given.result);
  });

  it('is judged by its most suspicious face that could be seen', () => {
    const given = report(track(0.6, 'inconclusive', 'score_between_bands'), track(0.99, 'inconclusive', 'face_too_blurred'));
    expect(judgedWith(given, 'sensitive').result).toMatchObject({ score: 0.6, verdict: 'likely manipulated' });
  });
});
