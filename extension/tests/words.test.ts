/** What the badge may never say. */

import './english';
import { parseMessagesFile } from '@wxt-dev/i18n/build';
import { expect, it } from 'vitest';
import type { Verdict } from '../lib/result';
import { clock, percent, verdictWords } from '../ui/words';

const VERDICTS: Verdict[] = ['likely manipulated', 'likely authentic', 'inconclusive'];

it('never calls a video real, genuine or authentic', () => {
  const shown = VERDICTS.flatMap((verdict) => Object.values(verdictWords(verdict)));
  expect(shown.join(' ').replace('does not prove that it is real', '')).not.toMatch(/\b(real|genuine|authentic|true)\b/i);
});

it.each(['de', 'en', 'es', 'fr'])('calls no video real in a heading (%s)', async (language) => {
  const messages = await parseMessagesFile(`${import.meta.dirname}/../locales/${language}.yml`);
  const headings = messages.flatMap((message) => {
    return message.type === 'simple' && /^(verdict.*heading|popup.*|badge.*)$/.test(message.key.join('.')) ? [message.message] : [];
  });
  expect(headings.length).toBeGreaterThan(10);
  expect(headings.join(' ')).not.toMatch(/\b(real|genuine|authentic|true|echt|wahr\b|authentisch|auténtic|verdader|réel|authentique|vrai)/i);
});

it('attaches to every verdict what it does not prove', () => {
  expect(verdictWords('likely authentic').caveat).toBe('This does not prove that it is real.');
  expect(verdictWords('likely manipulated').caveat).toBe('This is evidence, not proof.');
});

it('writes scores and times for people', () => {
  expect([percent(0.874), percent(0), clock(59.6), clock(125)]).toEqual(['87\u00a0%', '0\u00a0%', '1:00', '2:05']);
});
