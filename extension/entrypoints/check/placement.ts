/** Keeps an element inside a video or picture, at its upper left corner at first: clear of the player's controls at its lower edge. */

const GAP_PX = 8;

/** Where an element is kept. */
export interface Placement {
  /** Moves it within the window; it stays at that place of the video. */
  moveBy(xPx: number, yPx: number): void;
}

/** Follows the video until the signal aborts; without one the element keeps to the window's corner. */
export function keepPlaced(element: HTMLElement, video: HTMLElement | null, signal: AbortSignal): Placement {
  const shift = { x: GAP_PX, y: GAP_PX };
  const corner = () => video?.getBoundingClientRect() ?? { left: 0, top: 0 };
  const rightmost = () => innerWidth - element.offsetWidth - GAP_PX;
  const lowest = () => Math.max(innerHeight - element.offsetHeight - GAP_PX, GAP_PX);
  const place = () => {
    const { left, top } = corner();
    const x = clamp(left + shift.x, GAP_PX, rightmost());
    // All of it can be reached as long as the video is in the window; it leaves the window with the video.
    const y = top < innerHeight ? Math.min(top + shift.y, lowest()) : top + shift.y;
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
  return {
    moveBy: (xPx, yPx) => {
      const { left, top } = corner();
      const shown = element.getBoundingClientRect();
      shift.x = clamp(shown.left + xPx, GAP_PX, rightmost()) - left;
      shift.y = clamp(shown.top + yPx, GAP_PX, lowest()) - top;
      place();
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** Lifts the element above everything, a player in full screen too: the latest in the browser's top layer is on top. */
function raise(element: HTMLElement): void {
  if (!element.isConnected) return; // some pages replace all they hold
  if (element.matches(':popover-open')) element.hidePopover();
  element.showPopover();
}
