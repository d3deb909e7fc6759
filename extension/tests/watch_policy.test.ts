/** When videos are looked at unasked. */

import { describe, expect, it } from 'vitest';
import {
  BUDGET,
  type Candidate,
  chosen,
  isShown,
  isWorthSaying,
  mayLook,
  nextDueMs,
  pauseMs,
  strainAfter,
} from '../lib/watch_policy';

const NEW: Candidate = { areaPx: 640 * 360, playing: true, protected: false, lastLook: null };

function looked(outcome: NonNullable<Candidate['lastLook']>['outcome'], endedMs = 0): Candidate {
  return { ...NEW, lastLook: { endedMs, outcome } };
}

describe('which video', () => {
  it('is the largest that plays', () => {
    const candidates = [NEW, { ...NEW, areaPx: 2 * NEW.areaPx }, { ...NEW, areaPx: 3 * NEW.areaPx, playing: false }];
    expect(chosen(candidates, 0)).toBe(1);
  });

  it.each([
    ['paused', { ...NEW, playing: false }],
    ['out of sight', { ...NEW, areaPx: 0 }],
    ['a preview', { ...NEW, areaPx: 160 * 90 }],
    ['protected', { ...NEW, protected: true }],
    ['unreadable', looked('unreadable')],
    ['told already', looked('likely manipulated')],
  ])('is none that is %s', (_name, candidate) => {
    expect(chosen([candidate], 1e9)).toBeNull();
    expect(nextDueMs([candidate])).toBe(Infinity);
  });

  it('is one again after a while, sooner where there was no verdict', () => {
    expect(chosen([looked('likely authentic', 1000)], 100_000)).toBeNull();
    expect(nextDueMs([looked('likely authentic', 1000), looked('no verdict', 1000)])).toBe(21_000);
    expect(chosen([looked('inconclusive', 1000)], 121_000)).toBe(0);
  });

  it('leaves a look when the video is paused or scrolled away', () => {
    expect(isShown(NEW)).toBe(true);
    expect(isShown({ ...NEW, playing: false })).toBe(false);
    expect(isShown({ ...NEW, areaPx: 100 })).toBe(false);
  });
});

describe('whether', () => {
  it('is never in a hidden tab or with a low battery', () => {
    expect(mayLook(false, null)).toBe(true);
    expect(mayLook(true, null)).toBe(false);
    expect(mayLook(false, { charging: false, level: 0.15 })).toBe(false);
    expect(mayLook(false, { charging: true, level: 0.15 })).toBe(true);
  });

  it('a badge appears, is told by the verdict', () => {
    expect(isWorthSaying('likely manipulated')).toBe(true);
    for (const verdict of ['likely authentic', 'inconclusive', null] as const) expect(isWorthSaying(verdict)).toBe(false);
  });
});

describe('how gently', () => {
  it('keeps the budget whatever a frame costs', () => {
    for (const busyMs of [50, 100, 500]) expect(busyMs / (busyMs + pauseMs(busyMs, 0, null))).toBeCloseTo(BUDGET, 6);
  });

  it('halves it on battery and at each level of strain', () => {
    const atEase = 100 / BUDGET;
    expect(100 + pauseMs(100, 0, { charging: false, level: 0.9 })).toBeCloseTo(2 * atEase, 6);
    expect(pauseMs(100, 2, null)).toBeCloseTo(4 * pauseMs(100, 0, null), 6);
  });

  it('rests at least a little and never for good', () => {
    expect(pauseMs(0, 0, null)).toBe(500);
    expect(pauseMs(1e6, 4, null)).toBe(30_000);
  });

  it('backs off when the player drops frames or scoring is slow, and recovers', () => {
    const calm = { busyMs: 100, droppedFrames: 0, playedFrames: 60 };
    expect(strainAfter(1, { ...calm, droppedFrames: 10 })).toBe(2);
    expect(strainAfter(1, { ...calm, busyMs: 2000 })).toBe(2);
    expect(strainAfter(4, { ...calm, busyMs: 2000 })).toBe(4);
    expect(strainAfter(2, calm)).toBe(1);
    expect(strainAfter(0, calm)).toBe(0);
  });
});
