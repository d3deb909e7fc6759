/** Watches the videos of a page on a site where the user allowed it: one at a time, and only what is in sight. */

import type { Report, ToBackground } from '../../../lib/messages';
import { judgedWith } from '../../../lib/sensitivity';
import { type Settings, onSettings, readSettings } from '../../../lib/settings';
import { siteOf } from '../../../lib/sites';
import { type Battery, type Candidate, type Outcome, chosen, isShown, isWorthSaying, mayLook, nextDueMs } from '../../../lib/watch_policy';
import { shownAreaPx } from '../videos';
import { Finder } from './finder';
import { type Seen, type Strain, look } from './look';

/** Shows a report that the user did not ask for. */
export type Tell = (video: HTMLVideoElement, report: Report) => void;

/** Begins and ends watching as the user's settings say. */
export function watchWhereAllowed(tell: Tell): void {
  let watching: AbortController | null = null;
  const apply = ({ watchSites, neverSites, paused }: Settings) => {
    const site = siteOf(location.href) ?? '';
    const allowed = !paused && watchSites.includes(site) && !neverSites.includes(site);
    if (allowed === (watching !== null)) return;
    watching?.abort();
    watching = allowed ? new AbortController() : null;
    if (watching) new Watcher(tell, watching.signal);
  };
  onSettings(apply);
  void readSettings().then(apply);
}

/** Looks at one video after the other. */
class Watcher {
  private readonly finder: Finder;
  private readonly looks = new WeakMap<HTMLVideoElement, { src: string; endedMs: number; outcome: Outcome }>();
  private readonly strain: Strain = { level: 0 };
  private battery: Battery = null;
  private looking = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly tell: Tell,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => clearTimeout(this.timer));
    document.addEventListener('visibilitychange', () => this.consider(), { signal });
    void batteryManager().then((manager) => (this.battery = manager));
    this.finder = new Finder(() => this.consider(), signal);
  }

  /** Looks at whichever video's time has come, or waits for the next one's; no video, no timer. */
  private consider(): void {
    clearTimeout(this.timer);
    if (!browser.runtime?.id) return; // an update of the extension has left this script behind
    if (this.looking || this.signal.aborted || !mayLook(document.hidden, this.battery)) return;
    const videos = this.finder.videos();
    const candidates = videos.map((video) => this.candidate(video));
    const index = chosen(candidates, performance.now());
    if (index !== null) void this.lookAt(videos[index]!);
    else {
      const dueMs = nextDueMs(candidates) - performance.now();
      if (Number.isFinite(dueMs)) this.timer = setTimeout(() => this.consider(), Math.max(dueMs, 0));
    }
  }

  private async lookAt(video: HTMLVideoElement): Promise<void> {
    const src = video.currentSrc;
    const left = new AbortController();
    const signal = AbortSignal.any([this.signal, left.signal]);
    video.addEventListener('emptied', () => left.abort(), { signal });
    // A player that seeks, as a loop does at its end, has no frame for a moment.
    const goOn = () => mayLook(document.hidden, this.battery) && isShown({ ...this.candidate(video), playing: plays(video) });
    this.looking = true;
    try {
      await browser.runtime.sendMessage({ type: 'analyst' } satisfies ToBackground);
      this.learn(video, src, await look(video, this.strain, () => this.battery, goOn, signal));
    } catch (error) {
      console.warn(error);
      this.learn(video, src, 'internal');
    } finally {
      this.looking = false;
      left.abort();
      this.consider();
    }
  }

  private learn(video: HTMLVideoElement, src: string, seen: Seen): void {
    this.looks.set(video, { src, endedMs: performance.now(), outcome: outcomeOf(seen) });
    if (typeof seen === 'string' || video.currentSrc !== src || this.signal.aborted) return;
    void readSettings().then(({ sensitivity }) => {
      if (isWorthSaying(judgedWith(seen, sensitivity).result.verdict)) this.tell(video, seen);
    });
  }

  private candidate(video: HTMLVideoElement): Candidate {
    const look = this.looks.get(video);
    return {
      areaPx: video.isConnected ? shownAreaPx(video) : 0,
      playing: plays(video) && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA,
      protected: Boolean(video.mediaKeys),
      lastLook: look && look.src === video.currentSrc ? look : null,
    };
  }
}

function plays(video: HTMLVideoElement): boolean {
  return !video.paused && !video.ended;
}

/** Another site's pixels, sound and damaged files stay what they are; all else may be better next time. */
function outcomeOf(seen: Seen): Outcome {
  if (typeof seen !== 'string') return seen.result.reason === 'too_few_frames' ? 'no verdict' : (seen.result.verdict ?? 'no verdict');
  return ['no_access', 'protected', 'no_video_stream', 'unreadable', 'damaged'].includes(seen) ? 'unreadable' : 'no verdict';
}

/** Chromium's, on secure pages. */
async function batteryManager(): Promise<Battery> {
  const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<NonNullable<Battery>> };
  return getBattery ? getBattery.call(navigator).catch(() => null) : null;
}
