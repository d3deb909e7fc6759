/** Which moments a clip's chart offers, and what a report of a wrong verdict holds. */

import { describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { Scores } from '../lib/history';
import type { FaceFrame, Flaw, Track } from '../lib/result';
import { wrongVerdict } from '../lib/wrong_verdict';
import { facesAt, momentsOf, mostSuspicious } from '../ui/moments';

function face(time_s: number, score: number, flaw: Flaw | null = null): FaceFrame {
  return { time_s, score, flaw, box: [0, 0, 1, 1], crop: [0, 0, 1, 1], region_map: [[0]] };
}

function track(number: number, ...frames: FaceFrame[]): Track {
  return { track: number, score: 0.5, verdict: 'inconclusive', reason: 'score_between_bands', frames };
}

describe('moments', () => {
  const tracks = [track(0, face(2, 0.1), face(0, 0.2)), track(1, face(2, 0.9))];

  it('are those of all faces, in order', () => {
    expect(momentsOf(tracks)).toEqual([0, 2]);
  });

  it('have the faces that were found then, numbered from 1', () => {
    expect(facesAt(tracks, 2).map(({ number, face: { score } }) => [number, score])).toEqual([[1, 0.1], [2, 0.9]]);
    expect(facesAt(tracks, 1)).toEqual([]);
  });

  it('speak most for a forgery where the score of a frame that counts is highest', () => {
    expect(mostSuspicious([face(0, 0.3), face(1, 0.99, 'face_too_blurred'), face(2, 0.4)]).time_s).toBe(2);
    expect(mostSuspicious([face(0, 0.3, 'face_too_small'), face(1, 0.9, 'face_too_small')]).time_s).toBe(1);
  });
});

describe('a report of a wrong verdict', () => {
  const bands = { likely_authentic_below: 0.2, likely_manipulated_from: 0.4 };
  const result = { path: 'https://video.example/clip', score: 0.5, verdict: 'likely manipulated', reason: null, error: null };
  const given = { result: { ...result, tracks: [track(0, face(0, 0.5))] }, route: 'whole_clip', bands } as unknown as Scores;

  it.each([
    [true, 'https://video.example/clip'],
    [false, null],
  ])('names the address where the user wants that: %s', (withAddress, path) => {
    vi.spyOn(fakeBrowser.runtime, 'getManifest').mockReturnValue({ version: '1.2.3' } as never);
    const report = wrongVerdict(given, 'cautious', { opinion: 'not_forged', note: 'I filmed it.', withAddress });
    expect(report).toMatchObject({ extension_version: '1.2.3', user: { opinion: 'not_forged', note: 'I filmed it.' }, bands });
    expect(report.shown).toEqual({ verdict: 'inconclusive', reason: 'score_between_bands', sensitivity: 'cautious' });
    expect(report.result).toMatchObject({ path, score: 0.5, verdict: 'likely manipulated' });
  });
});
