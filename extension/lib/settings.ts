/** What the user has chosen, kept in this browser: `storage.local`, one key a setting, so that two changes never meet. */

import { isCompanionAddress } from './companion_address';
import { type Sensitivity, isSensitivity } from './sensitivity';
import { isSite } from './sites';

/** Which program runs the detector; `auto` takes the one that measured faster. */
export const RUNTIMES = ['auto', 'tfjs', 'litert'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** Every setting. */
export interface Settings {
  runtime: Runtime;
  sensitivity: Sensitivity;
  /** Host names whose videos are looked at unasked. */
  watchSites: string[];
  /** Host names on which nothing is checked. */
  neverSites: string[];
  /** Nothing is looked at unasked, on any site. */
  paused: boolean;
  /** Whether results are kept on this machine. */
  history: boolean;
  /** Address of the paired companion; null without one. */
  companion: string | null;
}

/** Nothing happens and nothing is kept unless the user says so. */
export const DEFAULTS: Readonly<Settings> = {
  runtime: 'auto',
  sensitivity: 'balanced',
  watchSites: [],
  neverSites: [],
  paused: false,
  history: false,
  companion: null,
};

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isSiteList = (value: unknown) => Array.isArray(value) && value.every(isSite);

const IS_VALID: Record<keyof Settings, (value: unknown) => boolean> = {
  runtime: (value) => (RUNTIMES as readonly unknown[]).includes(value),
  sensitivity: isSensitivity,
  watchSites: isSiteList,
  neverSites: isSiteList,
  paused: isBoolean,
  history: isBoolean,
  companion: (value) => value === null || isCompanionAddress(value),
};

const KEYS = Object.keys(DEFAULTS) as (keyof Settings)[];

/** The settings; one that was never set, or is not what it may be, has its default. */
export async function readSettings(): Promise<Settings> {
  const kept = await browser.storage.local.get(KEYS);
  const valid = KEYS.filter((key) => IS_VALID[key](kept[key])).map((key) => [key, kept[key]]);
  return { ...structuredClone(DEFAULTS), ...Object.fromEntries(valid) };
}

/** Changes some settings and leaves the others; rejects, and changes none, where a value is not what it may be. */
export async function changeSettings(part: Partial<Settings>): Promise<void> {
  for (const [key, value] of Object.entries(part)) {
    if (IS_VALID[key as keyof Settings]?.(value)) continue;
    throw new TypeError(`Expected a value that the setting ${key} may have. Received: ${JSON.stringify(value)}.`);
  }
  await browser.storage.local.set(part);
}

/** Calls back with all settings after each change, whichever part of the extension made it; returns how to stop that. */
export function onSettings(callback: (settings: Settings) => void): () => void {
  const listener = (changes: object) => {
    if (KEYS.some((key) => key in changes)) void readSettings().then(callback);
  };
  browser.storage.local.onChanged.addListener(listener);
  return () => browser.storage.local.onChanged.removeListener(listener);
}
