/** Opens and closes the document that decodes and scores: offscreen in Chromium, a frame of Firefox's event page. */

import { readSettings } from '../../lib/settings';

const PATH = '/offscreen.html';
/** Firefox ends an event page that calls nothing of the browser's for 30 s, whatever its frame still has to do. */
const AWAKE_EVERY_MS = 20_000;

let awake: ReturnType<typeof setInterval> | undefined;
let opening: Promise<void> | null = null;

/** Resolves once the document listens, with the runtime that the user chose. */
export function ensureOffscreen(): Promise<void> {
  opening ??= open().finally(() => (opening = null));
  return opening;
}

/** The document cannot read settings itself, so its address tells them. */
async function open(): Promise<void> {
  const { runtime } = await readSettings();
  const url = browser.runtime.getURL(`${PATH}?runtime=${runtime}`);
  const opened = await openedUrl();
  if (opened === url) return;
  if (opened) await closeOffscreen();
  await (import.meta.env.FIREFOX ? openFrame(url) : openOffscreen(url));
}

async function openedUrl(): Promise<string | undefined> {
  if (import.meta.env.FIREFOX) return document.querySelector('iframe')?.src;
  const [context] = await browser.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
  return context?.documentUrl;
}

/** Frees the nets' memory. */
export async function closeOffscreen(): Promise<void> {
  clearInterval(awake);
  if (import.meta.env.FIREFOX) document.querySelector('iframe')?.remove();
  else if (await browser.offscreen.hasDocument()) await browser.offscreen.closeDocument();
}

async function openOffscreen(url: string): Promise<void> {
  await browser.offscreen.createDocument({
    url,
    reasons: ['DOM_SCRAPING'],
    justification: 'Reads the frames of the video that the user asked to check and scores the faces in them.',
  });
}

async function openFrame(url: string): Promise<void> {
  const frame = document.createElement('iframe');
  frame.src = url;
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  awake = setInterval(() => void browser.runtime.getPlatformInfo(), AWAKE_EVERY_MS);
  await loaded;
}
