/** Opens and closes the document that decodes and scores: offscreen in Chromium, a frame of Firefox's event page. */

const PATH = '/offscreen.html';

let opening: Promise<void> | null = null;

/** Resolves once the document listens. */
export function ensureOffscreen(): Promise<void> {
  opening ??= (import.meta.env.FIREFOX ? openFrame() : openOffscreen()).finally(() => (opening = null));
  return opening;
}

/** Frees the nets' memory. */
export async function closeOffscreen(): Promise<void> {
  if (import.meta.env.FIREFOX) document.querySelector('iframe')?.remove();
  else if (await browser.offscreen.hasDocument()) await browser.offscreen.closeDocument();
}

async function openOffscreen(): Promise<void> {
  if (await browser.offscreen.hasDocument()) return;
  await browser.offscreen.createDocument({
    url: PATH,
    reasons: ['DOM_SCRAPING'],
    justification: 'Reads the frames of the video that the user asked to check and scores the faces in them.',
  });
}

async function openFrame(): Promise<void> {
  if (document.querySelector('iframe')) return;
  const frame = document.createElement('iframe');
  frame.src = browser.runtime.getURL(PATH);
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  document.body.append(frame);
  await loaded;
}
