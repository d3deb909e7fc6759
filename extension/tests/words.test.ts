/** What the badge may never say. */

import './english';
import { expect, it } from 'vitest';
import type { Verdict } from '../lib/result';
import { clock, percent, verdictWords } from '../ui/words';

const VERDICTS: Verdict[] = ['likely manipulated', 'likely authentic', 'inconclusive'];

it('never calls a video real, genuine or authentic', () => {
  const shown = VERDICTS.flatMap((verdict) => Object.values(verdictWords(verdict)));
  expect(shown.join(' ').replace('does not prove that the video is real', '')).not.toMatch(/\b(real|genuine|authentic|true)\b/i);
});

it('attaches to every verdict what it does not prove', () => {
  expect(verdictWords('likely authentic').caveat).toBe('This does not prove that the video is real.');
  expect(verdictWords('likely manipulated').caveat).toBe('This is evidence, not proof.');
});

it('writes scores and times for people', () => {
  expect([percent(0.874), percent(0), clock(59.6), clock(125)]).toEqual(['87\u00a0%', '0\u00a0%', '1:00', '2:05']);
});
