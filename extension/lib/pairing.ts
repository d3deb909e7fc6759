/**
 * The companion that the user has paired. Its address is a setting; its token lies apart from the settings, which the
 * extension's scripts in pages read too.
 */

import { changeSettings, readSettings } from './settings';

const KEY = 'companionPairing';

/** What it takes to talk to a companion. */
export interface Pairing {
  /** Such as `http://127.0.0.1:8427`. */
  address: string;
  /** Known to the companion as this browser's; sent to the address above and nowhere else. */
  token: string;
  /** What the companion calls this browser. */
  name: string;
}

/** The pairing; null without one. */
export async function readPairing(): Promise<Pairing | null> {
  const [{ companion: address }, kept] = await Promise.all([readSettings(), browser.storage.local.get(KEY)]);
  const { token, name } = (kept[KEY] ?? {}) as Partial<Pairing>;
  return address !== null && token !== undefined && name !== undefined ? { address, token, name } : null;
}

export async function keepPairing({ address, token, name }: Pairing): Promise<void> {
  await browser.storage.local.set({ [KEY]: { token, name } });
  await changeSettings({ companion: address });
}

export async function forgetPairing(): Promise<void> {
  await changeSettings({ companion: null });
  await browser.storage.local.remove(KEY);
}
