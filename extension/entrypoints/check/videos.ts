/** Finds the picture or video that the user means. */

import type { Target } from '../../lib/messages';

declare global {
  interface Window {
    /** Chromium's, on secure pages. */
    documentPictureInPicture?: { window: Window | null };
  }
}

/** Videos shown smaller than this are decoration, such as moving icons. */
const MIN_SIDE_PX = 64;

/** The picture or video that a target names; null if none is shown. */
export function meant(target: Target): HTMLVideoElement | HTMLImageElement | null {
  return target.kind === 'picture' ? pictureAt(target.src) : bestVideo(target.src);
}

/** The largest picture from an address. */
function pictureAt(src: string | undefined): HTMLImageElement | null {
  const pictures = allOf('img').filter((image) => image.currentSrc === src && shownAreaPx(image) > 0);
  return pictures.sort((a, b) => shownAreaPx(b) - shownAreaPx(a))[0] ?? null;
}

/** The video that plays an address, else the one that shows most; null if none is shown. */
function bestVideo(src: string | undefined): HTMLVideoElement | null {
  const shown = allOf('video')
    .filter((video) => shownAreaPx(video) > 0)
    .sort((a, b) => shownAreaPx(b) - shownAreaPx(a));
  const named = shown.find((video) => src !== undefined && video.currentSrc === src);
  return named ?? shown.find((video) => !isDecoration(video)) ?? null;
}

/** How much of its window an element covers; 1 where it is shown in a window of its own alone, 0 where not at all. */
export function shownAreaPx(element: HTMLElement): number {
  const own = isInPictureInPicture(element) ? 1 : 0;
  if (!element.checkVisibility({ visibilityProperty: true })) return own;
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const { innerWidth, innerHeight } = element.ownerDocument.defaultView ?? window;
  const width = Math.min(right, innerWidth) - Math.max(left, 0);
  const height = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return Math.max(own, Math.max(0, width) * Math.max(0, height));
}

/** Elements of the page, wherever in it they are. */
export function allOf<Tag extends 'img' | 'video'>(tag: Tag): HTMLElementTagNameMap[Tag][] {
  return trees().flatMap((tree) => [...tree.querySelectorAll(tag)]);
}

/**
 * The page's document, that of the small window into which it may have moved its player by document picture in picture, and
 * every shadow tree in them: players are often custom elements.
 */
export function trees(): (Document | ShadowRoot)[] {
  const small = window.documentPictureInPicture?.window?.document;
  return [document, ...(small ? [small] : [])].flatMap((root) => [root, ...shadowRoots(root)]);
}

/** Shadow trees below a root, and those in them. */
function shadowRoots(root: ParentNode): ShadowRoot[] {
  return [...root.querySelectorAll('*')].flatMap((element) => {
    const shadow = shadowOf(element);
    return shadow ? [shadow, ...shadowRoots(shadow)] : [];
  });
}

export function isDecoration(video: HTMLVideoElement): boolean {
  return Math.min(video.offsetWidth, video.offsetHeight) < MIN_SIDE_PX && !isInPictureInPicture(video);
}

/** In a shadow tree, the document names the tree's host instead. */
function isInPictureInPicture(element: HTMLElement): boolean {
  return (element.getRootNode() as Document | ShadowRoot).pictureInPictureElement === element;
}

/** Extensions may look into closed shadow trees too. */
function shadowOf(element: Element): ShadowRoot | null {
  if (!(element instanceof HTMLElement)) return null;
  if (import.meta.env.FIREFOX) return (element as { openOrClosedShadowRoot?: ShadowRoot }).openOrClosedShadowRoot ?? null;
  return browser.dom.openOrClosedShadowRoot(element);
}
