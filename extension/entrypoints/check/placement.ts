/** Keeps an element at the upper left corner inside a video, clear of the player's controls at its lower edge. */

const GAP_PX = 8;

/** Follows the video until the signal aborts; without a video the element keeps to the window's corner. */
export function keepPlaced(element: HTMLElement, video: HTMLVideoElement | null, signal: AbortSignal): void {
  const place = () => {
    const { left, top } = video?.getBoundingClientRect() ?? { left: 0, top: 0 };
    const rightmost = innerWidth - element.offsetWidth - GAP_PX;
    const lowest = Math.max(innerHeight - element.offsetHeight - GAP_PX, GAP_PX);
    const x = Math.max(GAP_PX, Math.min(left + GAP_PX, rightmost));
    // All of it can be reached as long as the video is in the window; it leaves the window with the video.
    const y = top < innerHeight ? Math.min(top + GAP_PX, lowest) : top + GAP_PX;
    element.style.setProperty('left', `${x}px`, 'important');
    element.style.setProperty('top', `${y}px`, 'important');
  };
  addEventListener('scroll', place, { capture: true, passive: true, signal });
  addEventListener('resize', place, { signal });
  document.addEventListener('fullscreenchange', () => (raise(element), place()), { signal });
  const observer = new ResizeObserver(place);
  for (const watched of [element, video]) if (watched) observer.observe(watched);
  signal.addEventListener('abort', () => observer.disconnect());
  raise(element);
  place();
}

/** Lifts the element above everything, a player in full screen too: the latest in the browser's top layer is on top. */
function raise(element: HTMLElement): void {
  if (!element.isConnected) return; // some pages replace all they hold
  if (element.matches(':popover-open')) element.hidePopover();
  element.showPopover();
}
