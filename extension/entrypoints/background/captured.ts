/** Looks at a tab by the right that the user's click gave. */

import type { Captured } from '../../lib/messages';

/** The visible part of a tab; null where it is not in front, or the click's right has ended with its page. */
export async function captured(tab: Browser.tabs.Tab | undefined): Promise<Captured> {
  if (tab?.id === undefined || !(await browser.tabs.get(tab.id)).active) return null;
  try {
    return await browser.tabs.captureVisibleTab(tab.windowId, { format: 'png' });
  } catch (error) {
    console.warn(error);
    return null;
  }
}
