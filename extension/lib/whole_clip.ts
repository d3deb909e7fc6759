/** Opens a clip's address in a player of its own, out of sight, and steps through its whole length. */

import { MediaError } from './errors';
import { framePixels } from './frame_pixels';
import type { Frame } from './image';
import { sampleTimes } from './sampling';

const OPEN_LIMIT_MS = 15_000;
const SEEK_LIMIT_MS = 10_000;
const SETTLE_LIMIT_MS = 200;

/** An opened clip; closing it stops its download. */
export class WholeClip {
  private constructor(private readonly video: HTMLVideoElement) {}

  /**
   * Rejects with `MediaError` where the address cannot be read.
   *
   * @param crossOrigin - null sends the page's cookies, and lets the pixels of the page's own site alone be read.
   */
  static async open(src: string, crossOrigin: 'anonymous' | null): Promise<WholeClip> {
    const video = document.createElement('video');
    video.crossOrigin = crossOrigin;
    video.muted = true;
    video.preload = 'auto';
    try {
      const loaded = happened(video, 'loadeddata', OPEN_LIMIT_MS);
      video.src = src;
      await loaded;
      if (video.videoWidth === 0) throw new MediaError('no_video_stream', 'Expected a video stream. Received: none.');
      if (!Number.isFinite(video.duration)) {
        throw new MediaError('unreadable', 'Expected a clip with a stated length. Received: a live stream.');
      }
      requireLength(video);
      return new WholeClip(video);
    } catch (error) {
      release(video);
      throw error;
    }
  }

  get durationS(): number {
    return this.video.duration;
  }

  /** The frame that is shown at each sample time, each once. */
  async *sample(total: number): AsyncGenerator<Frame, void> {
    let yieldedS = -1;
    for (const wantedS of sampleTimes(this.durationS, total)) {
      const frame = await this.frameAt(wantedS);
      if (frame.timeS <= yieldedS) continue;
      yieldedS = frame.timeS;
      yield frame;
    }
  }

  /** The frame that is shown at a time. */
  async frameAt(wantedS: number): Promise<Frame> {
    const timeS = await this.seek(wantedS);
    return { timeS, image: await framePixels(this.video) };
  }

  close(): void {
    release(this.video);
  }

  /** Shows the frame of a time and returns when that frame begins. */
  private async seek(timeS: number): Promise<number> {
    const beforeS = presentationTimeS(this.video);
    const seeked = happened(this.video, 'seeked', SEEK_LIMIT_MS);
    this.video.currentTime = timeS;
    await seeked;
    // Chromium at times reports the seek done just before it shows the frame, and calls no video frame callback here.
    const startMs = performance.now();
    for (;;) {
      const shownS = presentationTimeS(this.video);
      const waitedMs = performance.now() - startMs;
      if (shownS !== null && (shownS !== beforeS || waitedMs > SETTLE_LIMIT_MS)) return shownS;
      if (waitedMs > SEEK_LIMIT_MS) throw unreadable(`no frame within ${SEEK_LIMIT_MS} ms of a seek`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Throws `MediaError` where a loaded video lasts no time: it states the size of its pictures and holds none. */
export function requireLength(video: HTMLVideoElement): void {
  if (video.duration > 0) return;
  throw new MediaError('zero_frames', 'Expected a video that lasts. Received: one of 0 s.');
}

/**
 * When the shown frame begins, which lies before the time that was seeked; Firefox tells only the latter. Null while no
 * frame is shown, as for a moment after a seek on a busy machine.
 */
function presentationTimeS(video: HTMLVideoElement): number | null {
  if (import.meta.env.FIREFOX) return video.currentTime;
  try {
    const frame = new VideoFrame(video);
    frame.close();
    return frame.timestamp / 1e6;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'InvalidStateError') return null;
    throw error;
  }
}

function unreadable(received: string): MediaError {
  return new MediaError('unreadable', `Expected a video that can be read. Received: ${received}.`);
}

/** Resolves at an event of the video, rejects with `MediaError` at its `error` or after the time limit. */
function happened(video: HTMLVideoElement, event: 'loadeddata' | 'seeked', limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unreadable(`no ${event} within ${limitMs} ms`)), limitMs);
    video.onerror = () => {
      clearTimeout(timer);
      reject(unreadable(video.error?.message || 'an error'));
    };
    video.addEventListener(event, () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function release(video: HTMLVideoElement): void {
  video.onerror = null;
  video.removeAttribute('src');
  video.load();
}
