/** Keeps track of a page's videos, and costs nothing while none is added, started, stopped or scrolled. */

import { trees } from '../videos';

// Pages add elements in bursts.
const SETTLE_MS = 500;
const EVENTS = ['playing', 'pause', 'emptied', 'loadeddata'];

/** Calls back whenever another video may be worth a look. */
export class Finder {
  private readonly roots = new Set<Document | ShadowRoot>();
  private readonly known = new Set<HTMLVideoElement>();
  private readonly added = new MutationObserver(() => this.searchSoon());
  // A quarter more or less in sight may make another video the largest.
  private readonly inSight = new IntersectionObserver(() => this.changed(), { threshold: [0, 0.25, 0.5, 0.75, 1] });
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param signal - ends it. */
  constructor(
    private readonly changed: () => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => {
      clearTimeout(this.timer);
      this.added.disconnect();
      this.inSight.disconnect();
    });
    this.search();
  }

  /** The videos of the page, wherever in it they are. */
  videos(): HTMLVideoElement[] {
    return [...this.known];
  }

  private searchSoon(): void {
    this.timer ??= setTimeout(() => this.search(), SETTLE_MS);
  }

  private search(): void {
    this.timer = undefined;
    const roots = new Set(trees());
    for (const root of roots) this.observe(root);
    for (const root of this.roots) if (!roots.has(root)) this.roots.delete(root);
    const present = new Set([...this.roots].flatMap((root) => [...root.querySelectorAll('video')]));
    for (const video of this.known) {
      if (present.has(video)) continue;
      this.known.delete(video);
      this.inSight.unobserve(video);
    }
    for (const video of present) {
      if (this.known.has(video)) continue;
      this.known.add(video);
      this.inSight.observe(video); // calls back once at first
    }
  }

  /** Events of players do not leave the shadow tree that they are in. */
  private observe(root: Document | ShadowRoot): void {
    if (this.roots.has(root)) return;
    this.roots.add(root);
    this.added.observe(root, { childList: true, subtree: true });
    for (const event of EVENTS) root.addEventListener(event, () => this.changed(), { capture: true, signal: this.signal });
  }
}
