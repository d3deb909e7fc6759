/**
 * Results of checks, kept in this browser's IndexedDB where the user has switched that on: what was said of which page, and
 * the scores. No pictures; nothing of private windows.
 */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Report } from './messages';
import type { Sensitivity } from './sensitivity';
import { readSettings } from './settings';

/** The newest are kept. */
export const MOST_KEPT = 500;

/** A report without its pictures. */
export type Scores = Omit<Report, 'pictures'>;

/** One kept result. */
export interface Kept {
  id: number;
  /** ISO 8601, UTC. */
  checked_at: string;
  page: { url: string; title: string };
  given: Scores;
  /** By which the verdict was put in words. */
  sensitivity: Sensitivity;
}

interface Schema extends DBSchema {
  results: { key: number; value: Omit<Kept, 'id'> };
}

/** Keeps what a tab's check found, if the user wants that and the tab is not private; where there is no score, nothing. */
export async function keep(given: Scores, { incognito, url, title }: Browser.tabs.Tab): Promise<void> {
  const { history, sensitivity } = await readSettings();
  if (!history || incognito || given.result.score === null) return;
  const checked_at = new Date().toISOString();
  await withHistory(async (database) => {
    const { store, done } = database.transaction('results', 'readwrite');
    await store.add({ checked_at, page: { url: url ?? given.result.path, title: title ?? '' }, given, sensitivity });
    const ids = await store.getAllKeys();
    await Promise.all(ids.slice(0, -MOST_KEPT).map((id) => store.delete(id)));
    await done;
  });
}

/** All that is kept, the newest first. */
export function readHistory(): Promise<Kept[]> {
  return withHistory(async (database) => {
    const { store } = database.transaction('results');
    const [ids, kept] = await Promise.all([store.getAllKeys(), store.getAll()]);
    return kept.map((entry, k) => ({ ...entry, id: ids[k]! })).reverse();
  });
}

export function forget(id: number): Promise<void> {
  return withHistory((database) => database.delete('results', id));
}

export function forgetAll(): Promise<void> {
  return withHistory((database) => database.clear('results'));
}

/** Opened for each use: a connection that stays open keeps other pages from changing the database's version. */
async function withHistory<T>(use: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  const database = await openDB<Schema>('history', 1, {
    upgrade: (created) => void created.createObjectStore('results', { autoIncrement: true }),
  });
  try {
    return await use(database);
  } finally {
    database.close();
  }
}
