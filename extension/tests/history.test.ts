/** What is kept of checks, and what never is. */

import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { MOST_KEPT, type Scores, forget, forgetAll, keep, readHistory } from '../lib/history';
import { changeSettings } from '../lib/settings';

const TAB = { incognito: false, url: 'https://video.example/watch?v=1', title: 'News' } as Browser.tabs.Tab;

function scores(score: number | null): Scores {
  return { result: { path: 'clip', score }, route: 'whole_clip', bands: {} } as unknown as Scores;
}

beforeEach(async () => {
  fakeBrowser.reset();
  await forgetAll();
});

describe('history', () => {
  it('keeps nothing unless the user has switched it on', async () => {
    await keep(scores(0.5), TAB);
    expect(await readHistory()).toEqual([]);
  });

  it('keeps where and when a verdict was given, and by which words', async () => {
    await changeSettings({ history: true, sensitivity: 'cautious' });
    await keep(scores(0.5), TAB);
    const [kept] = await readHistory();
    expect(kept).toMatchObject({ page: { url: TAB.url, title: 'News' }, given: scores(0.5), sensitivity: 'cautious' });
    expect(Math.abs(Date.parse(kept!.checked_at) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    ['private windows', scores(0.5), { ...TAB, incognito: true }],
    ['checks without a score', scores(null), TAB],
  ])('keeps nothing of %s', async (_name, given, tab) => {
    await changeSettings({ history: true });
    await keep(given, tab);
    expect(await readHistory()).toEqual([]);
  });

  it('keeps the newest, gives them newest first, and forgets one or all', async () => {
    await changeSettings({ history: true });
    for (let k = 0; k <= MOST_KEPT; k++) await keep(scores(k), TAB);
    const kept = await readHistory();
    expect(kept).toHaveLength(MOST_KEPT);
    expect([kept[0]!.given.result.score, kept.at(-1)!.given.result.score]).toEqual([MOST_KEPT, 1]);
    await forget(kept[0]!.id);
    expect((await readHistory())[0]!.id).toBe(kept[1]!.id);
    await forgetAll();
    expect(await readHistory()).toEqual([]);
  });
});
