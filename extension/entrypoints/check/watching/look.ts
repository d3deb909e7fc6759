/** One look at a playing video that nobody waits for: a few frames, with rests between them. */

import type { MediaErrorReason } from '../../../lib/errors';
import type { Report, ToAnalyst } from '../../../lib/messages';
import { type Battery, LOOK_FRAMES, pauseMs, strainAfter } from '../../../lib/watch_policy';
import { type Display, converse } from '../check';
import { framePng, requireFrame } from '../frames';

const READY_LIMIT_MS = 2000;

/** What a look yields: a report, or why there is none. */
export type Seen = Report | MediaErrorReason;

/** How much the machine is strained; it outlasts a look. */
export interface Strain {
  level: number;
}

/**
 * Looks at a video. It reads the page's own player alone, and downloads nothing.
 *
 * @param goOn - whether the video is still worth it.
 */
export async function look(
  video: HTMLVideoElement,
  strain: Strain,
  battery: () => Battery,
  goOn: () => boolean,
  signal: AbortSignal,
): Promise<Seen> {
  let seen: Seen = 'interrupted';
  const display: Display = {
    signal,
    showProgress: () => undefined,
    showReport: (report) => void (seen = report),
    showFailure: (reason) => void (seen = reason),
    hide: () => undefined,
  };
  let scored: (busyMs: number) => void = () => undefined;
  const path = video.currentSrc || location.href;
  await converse(
    'watch',
    { type: 'check', kind: 'video', src: null, path },
    display,
    async (_wanted, say) => {
      let busyMs = await takeFrame(say);
      for (let taken = 1; taken < LOOK_FRAMES; taken++) {
        await rest(busyMs);
        if (!goOn() || signal.aborted) break;
        busyMs = await takeFrame(say);
      }
      if (!signal.aborted) say({ type: 'lent', durationS: finite(video.duration), route: 'moments_watched' });
    },
    (busyMs) => scored(busyMs),
  );
  return seen;

  /** Says one frame and waits until it is scored; returns how long that kept a core busy. */
  async function takeFrame(say: (message: ToAnalyst) => void): Promise<number> {
    await untilReady(video, signal);
    requireFrame(video);
    const startMs = performance.now();
    const png = await framePng(video);
    const grabMs = performance.now() - startMs;
    const done = new Promise<number>((resolve) => (scored = resolve));
    say({ type: 'frame', timeS: video.currentTime, png, total: LOOK_FRAMES });
    return grabMs + (await Promise.race([done, aborted(signal)]));
  }

  async function rest(busyMs: number): Promise<void> {
    const before = video.getVideoPlaybackQuality();
    await new Promise((resolve) => setTimeout(resolve, pauseMs(busyMs, strain.level, battery())));
    const after = video.getVideoPlaybackQuality();
    strain.level = strainAfter(strain.level, {
      busyMs,
      droppedFrames: after.droppedVideoFrames - before.droppedVideoFrames,
      playedFrames: after.totalVideoFrames - before.totalVideoFrames,
    });
  }
}

/** Resolves once a player that seeks has a frame again, or does not for long. */
function untilReady(video: HTMLVideoElement, signal: AbortSignal): Promise<unknown> {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return Promise.resolve();
  return new Promise((resolve) => {
    video.addEventListener('canplay', resolve, { once: true, signal });
    setTimeout(resolve, READY_LIMIT_MS);
  });
}

/** Resolves to 0 once nobody wants the look any longer. */
function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
}

function finite(durationS: number): number | null {
  return Number.isFinite(durationS) ? durationS : null;
}
