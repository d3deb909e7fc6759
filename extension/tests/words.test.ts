/** What the badge may never say. */

import { expect, it } from 'vitest';
import { VERDICTS, clock, percent } from '../entrypoints/check/words';

it('never calls a video real, genuine or authentic', () => {
  const shown = Object.values(VERDICTS).flatMap(({ heading, caveat }) => [heading, caveat]);
  expect(shown.join(' ').replace('does not prove that the video is real', '')).not.toMatch(/\b(real|genuine|authentic|true)\b/i);
});

it('attaches to every verdict what it does not prove', () => {
  expect(VERDICTS['likely authentic'].caveat).toBe('This does not prove that the video is real.');
  expect(VERDICTS['likely manipulated'].caveat).toBe('This is evidence, not proof.');
});

it('writes scores and times for people', () => {
  expect([percent(0.874), percent(0), clock(59.6), clock(125)]).toEqual(['87 %', '0 %', '1:00', '2:05']);
});
