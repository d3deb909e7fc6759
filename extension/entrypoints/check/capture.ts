/** What the screen shows of an element, where its own pixels are another site's. */

import { MediaError } from '../../lib/errors';
import type { Captured, ToBackground } from '../../lib/messages';

// A badge that was hidden is on the screen until the next frame is drawn.
const REDRAWN_MS = 60;

/** A rectangle in CSS px of the window. */
interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * Draws the part of the tab that an element covers. Rejects with `MediaError` `no_access` where the tab may not be seen,
 * where the element stands in a frame of another site, which nobody tells its place, or in another window.
 */
export async function capture(element: HTMLElement): Promise<HTMLCanvasElement> {
  await new Promise((resolve) => setTimeout(resolve, REDRAWN_MS));
  const { left, top, right, bottom } = placeInTab(element);
  const answer: Captured = await browser.runtime.sendMessage({ type: 'capture' } satisfies ToBackground);
  if (answer === null) throw new MediaError('no_access', 'Expected to see the tab. Received: a refusal.');
  const tab = await createImageBitmap(blobOf(answer));
  const scale = tab.width / window.top!.innerWidth;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round((right - left) * scale);
  canvas.height = Math.round((bottom - top) * scale);
  canvas.getContext('2d')!.drawImage(tab, -Math.round(left * scale), -Math.round(top * scale));
  tab.close();
  return canvas;
}

/** The content of a base64 `data:` address; the page's content policy may forbid to fetch it. */
function blobOf(dataUrl: string): Blob {
  const binary = atob(dataUrl.slice(dataUrl.indexOf(',') + 1));
  return new Blob([Uint8Array.from(binary, (character) => character.charCodeAt(0))]);
}

/** The visible part of an element's place, in the outermost window. */
function placeInTab(element: HTMLElement): Rectangle {
  let place: Rectangle = element.getBoundingClientRect();
  for (let view: Window = element.ownerDocument.defaultView ?? window; ; view = view.parent) {
    place = clipped(place, view);
    if (view === window.top) return place;
    const frame = view.frameElement;
    if (!frame) throw new MediaError('no_access', 'Expected a page of the tab\'s own site. Received: a frame of another, or another window.');
    const { left, top } = frame.getBoundingClientRect();
    place = moved(place, left + frame.clientLeft, top + frame.clientTop);
  }
}

function clipped({ left, top, right, bottom }: Rectangle, view: Window): Rectangle {
  const inside = {
    left: Math.max(left, 0),
    top: Math.max(top, 0),
    right: Math.min(right, view.innerWidth),
    bottom: Math.min(bottom, view.innerHeight),
  };
  if (inside.right - inside.left >= 1 && inside.bottom - inside.top >= 1) return inside;
  throw new MediaError('no_access', 'Expected a video in sight. Received: one that has been scrolled away.');
}

function moved({ left, top, right, bottom }: Rectangle, x: number, y: number): Rectangle {
  return { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
}
