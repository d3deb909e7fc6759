/** A site is watched, refused, or neither. */

import { expect, it } from 'vitest';
import { SITE_CHOICES, choiceOn, withChoice } from '../lib/site_choice';

const LISTS = { watchSites: ['a.example', 'b.example'], neverSites: ['c.example'] };

it.each(SITE_CHOICES.flatMap((choice) => ['a.example', 'c.example', 'd.example'].map((site) => [choice, site] as const)))(
  'is as the user chose: %s on %s, and leaves others',
  (choice, site) => {
    const lists = withChoice(site, choice, LISTS);
    expect(choiceOn(site, lists)).toBe(choice);
    expect([...lists.watchSites, ...lists.neverSites].filter((listed) => listed === site).length).toBeLessThan(2);
    expect(choiceOn('b.example', lists)).toBe('watch');
  },
);
