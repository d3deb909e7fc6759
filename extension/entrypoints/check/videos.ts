/** Finds the video that the user means. */

import type { Target } from '../../lib/messages';

/** The video that plays the target's address, else the largest visible one; null if none is visible. */
export function bestVideo({ src }: Target): HTMLVideoElement | null {
  const visible = allVideos(document)
    .filter((video) => visibleAreaPx(video) > 0)
    .sort((a, b) => visibleAreaPx(b) - visibleAreaPx(a));
  return visible.find((video) => src !== undefined && video.currentSrc === src) ?? visible[0] ?? null;
}

/** How much of the window a video covers. */
export function visibleAreaPx(video: HTMLVideoElement): number {
  if (!video.checkVisibility({ visibilityProperty: true })) return 0;
  const { left, top, right, bottom } = video.getBoundingClientRect();
  const width = Math.min(right, innerWidth) - Math.max(left, 0);
  const height = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return Math.max(0, width) * Math.max(0, height);
}

/** Videos of the document and of every shadow tree in it: players are often custom elements. */
function allVideos(root: Document | ShadowRoot): HTMLVideoElement[] {
  const nested = [...root.querySelectorAll('*')].flatMap((element) => {
    const shadow = shadowOf(element);
    return shadow ? allVideos(shadow) : [];
  });
  return [...root.querySelectorAll('video'), ...nested];
}

/** Extensions may look into closed shadow trees too. */
function shadowOf(element: Element): ShadowRoot | null {
  if (!(element instanceof HTMLElement)) return null;
  if (import.meta.env.FIREFOX) return (element as { openOrClosedShadowRoot?: ShadowRoot }).openOrClosedShadowRoot ?? null;
  return browser.dom.openOrClosedShadowRoot(element);
}
