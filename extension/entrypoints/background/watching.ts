/** Puts the page's script on the sites that the user allowed to watch, and on no other. */

import { type Settings, onSettings, readSettings } from '../../lib/settings';
import { sitePatterns } from '../../lib/sites';

const ID = 'watch';

let last: Promise<void> = Promise.resolve();

/** Follows settings and permissions; each change waits for the one before. */
export function followWatchedSites(): void {
  const follow = (settings: Settings) => (last = last.then(() => register(settings)).catch(console.warn));
  const again = () => void readSettings().then(follow);
  onSettings((settings) => void follow(settings));
  browser.permissions.onAdded.addListener(again);
  browser.permissions.onRemoved.addListener(again);
  browser.runtime.onInstalled.addListener(again); // an update removes registered scripts
}

async function register({ watchSites, neverSites, paused }: Settings): Promise<void> {
  const wanted: string[] = paused ? [] : watchSites.filter((site) => !neverSites.includes(site)).flatMap(sitePatterns);
  const granted = await Promise.all(wanted.map((origin) => browser.permissions.contains({ origins: [origin] })));
  const matches = wanted.filter((_, index) => granted[index]);
  const registered = await browser.scripting.getRegisteredContentScripts({ ids: [ID] });
  if (String(registered[0]?.matches?.toSorted() ?? []) === String(matches.toSorted())) return;
  if (registered.length > 0) await browser.scripting.unregisterContentScripts({ ids: [ID] });
  if (matches.length === 0) return;
  await browser.scripting.registerContentScripts([{ id: ID, js: ['/check.js'], matches, allFrames: true }]);
  await injectInto(await browser.tabs.query({ url: matches }));
}

/** Pages that are open already; those that refuse, such as a browser's error page, are left. */
async function injectInto(tabs: Browser.tabs.Tab[]): Promise<void> {
  const injected = tabs.map(({ id }) => {
    return browser.scripting.executeScript({ target: { tabId: id!, allFrames: true }, files: ['/check.js'] });
  });
  for (const { reason } of (await Promise.allSettled(injected)).filter((result) => result.status === 'rejected')) {
    console.warn(reason);
  }
}
