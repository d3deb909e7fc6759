/** Waits for the user's click, then brings the page's script and the offscreen document together. */

import { i18n } from '#i18n';
import { keep } from '../../lib/history';
import type { PageRequest, Survey, Target, ToBackground } from '../../lib/messages';
import { type Pairing, readPairing } from '../../lib/pairing';
import { readSettings } from '../../lib/settings';
import { siteOf } from '../../lib/sites';
import { requestAccess } from './access';
import { captured } from './captured';
import { closeOffscreen, ensureOffscreen } from './offscreen';
import { followWatchedSites } from './watching';

/** Entries of the context menu by their ids. */
const MENU = {
  'check-video': { kind: 'video', words: 'menu.check_video', contexts: 'video' },
  'check-picture': { kind: 'picture', words: 'menu.check_picture', contexts: 'image' },
} as const satisfies Record<string, { kind: Target['kind']; words: string; contexts: string }>;

export default defineBackground(() => {
  browser.runtime.onInstalled.addListener(() => {
    for (const [id, { words, contexts }] of Object.entries(MENU)) {
      browser.contextMenus.create({ id, title: i18n.t(words), contexts: [contexts] });
    }
  });

  followWatchedSites();

  browser.commands.onCommand.addListener((_command, tab) => {
    if (tab?.id !== undefined) void checkOrSay({ tabId: tab.id, allFrames: true }, { kind: 'video' });
  });

  browser.contextMenus.onClicked.addListener((info, tab) => {
    if (tab?.id === undefined) return;
    const target = { tabId: tab.id, frameIds: [info.frameId ?? 0] };
    // Asked before anything is awaited: a browser shows the question only while the click is being handled.
    const asked = requestAccess(info, tab);
    const { kind } = MENU[info.menuItemId as keyof typeof MENU];
    void asked.then(() => checkOrSay(target, { kind, ...(info.srcUrl !== undefined && { src: info.srcUrl }) }));
  });

  browser.runtime.onMessage.addListener((message: ToBackground, sender, answer: (value: unknown) => void) => {
    if (message.type === 'analyst') void ensureOffscreen().then(() => answer(null));
    else if (message.type === 'capture') void captured(sender.tab).then(answer);
    else if (message.type === 'check_tab') void checkTab(message);
    else if (message.type === 'pairing') void pairingFor(sender).then(answer);
    else if (message.type === 'checked') void (sender.tab && keep(message.given, sender.tab));
    else void closeOffscreen();
    return message.type === 'analyst' || message.type === 'capture' || message.type === 'pairing'; // whether an answer comes later
  });
});

/** The companion's token is for the extension's own documents: scripts in pages are nearer to the pages. */
async function pairingFor({ url }: Browser.runtime.MessageSender): Promise<Pairing | null> {
  return url?.startsWith(browser.runtime.getURL('/')) ? readPairing() : null;
}

/** What the popup asks for. */
function checkTab({ tabId, frameId, number }: Extract<ToBackground, { type: 'check_tab' }>): Promise<void> {
  if (frameId === undefined || number === undefined) return checkOrSay({ tabId, allFrames: true }, { kind: 'video' });
  return checkOrSay({ tabId, frameIds: [frameId] }, { kind: 'video', number });
}

/** Checks the video; where the extension has no access to the page, the toolbar button says so. */
async function checkOrSay(injection: Browser.scripting.InjectionTarget, target: Target): Promise<void> {
  const { tabId } = injection;
  try {
    await checkVideo(injection, target);
    await browser.action.setBadgeText({ tabId, text: '' });
  } catch (error) {
    console.warn(error);
    await browser.action.setBadgeText({ tabId, text: '!' });
    await browser.action.setTitle({ tabId, title: i18n.t('toolbar.no_access') });
  }
}

async function checkVideo(injection: Browser.scripting.InjectionTarget, target: Target): Promise<void> {
  const frames = await browser.scripting.executeScript({ target: injection, files: ['/check.js'] });
  const frameId = await bestFrame(injection.tabId, frames.map((frame) => frame.frameId), target);
  const type = (await isRefused(injection.tabId)) ? 'refuse' : 'check';
  if (type === 'check') await ensureOffscreen();
  await browser.tabs.sendMessage(injection.tabId, { type, ...target } satisfies PageRequest, { frameId });
}

/** Whether the user wants nothing checked on the tab's site. */
async function isRefused(tabId: number): Promise<boolean> {
  const [{ url }, { neverSites }] = await Promise.all([browser.tabs.get(tabId), readSettings()]);
  return neverSites.includes(siteOf(url) ?? '');
}

/** The frame that shows most of a video, the outermost if none shows any; frames of other sites do not answer. */
async function bestFrame(tabId: number, frameIds: number[], target: Target): Promise<number> {
  const surveys = await Promise.all(
    frameIds.map(async (frameId) => {
      const request = { type: 'survey', ...target } satisfies PageRequest;
      const answer: Promise<Survey> = browser.tabs.sendMessage(tabId, request, { frameId });
      return { frameId, ...(await answer.catch(() => ({ areaPx: 0 }))) };
    }),
  );
  return surveys.sort((a, b) => b.areaPx - a.areaPx || a.frameId - b.frameId)[0]!.frameId;
}
