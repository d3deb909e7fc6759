/** Takes frames in the page: of a second player over the whole clip, or of the page's own while it plays. */

import { MediaError } from '../../lib/errors';
import { WholeClip } from '../../lib/whole_clip';

/** How long a playing video is watched: a few seconds, a user waits for them. */
const WATCH_MS = 6000;

/** One frame that was shown. */
export interface LentFrame {
  timeS: number;
  /** Lossless, as a `data:image/png` address: the port between page and extension carries text only. */
  png: string;
  /** Frames that will be taken if the video plays on. */
  total: number;
}

/**
 * Opens the clip of a player beside it, in the page's name, where that is of the page's own site: Firefox lets the
 * extension's own pages read a site's media only by a lasting permission. Null where it cannot be.
 */
export async function openBeside({ currentSrc }: HTMLVideoElement): Promise<WholeClip | null> {
  const readable = /^https?:/.test(currentSrc) && new URL(currentSrc).origin === location.origin;
  if (!readable || !isSecureContext) return null; // an insecure page has no VideoFrame
  return WholeClip.open(currentSrc, null).catch(() => null);
}

/** Frames spread over the whole clip. */
export async function* sample(clip: WholeClip, total: number): AsyncGenerator<LentFrame> {
  for await (const timeS of clip.sample(total)) yield { timeS, png: await framePng(clip.video), total };
}

/** Frames of a playing video spread over a few seconds, each once; of a paused one what it shows. Touches neither. */
export async function* watch(video: HTMLVideoElement, frames: number): AsyncGenerator<LentFrame> {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    throw new MediaError('zero_frames', 'Expected a video that shows a frame. Received: one that has loaded none.');
  }
  const total = video.paused || video.ended ? 1 : frames;
  let takenS = -1;
  for (let k = 0; k < total; k++) {
    if (k > 0) await new Promise((resolve) => setTimeout(resolve, WATCH_MS / total));
    const timeS = video.currentTime;
    if (timeS === takenS) continue;
    takenS = timeS;
    yield { timeS, png: await framePng(video), total };
  }
}

/** Rejects with a `SecurityError` where the pixels are those of another site. */
async function framePng(video: HTMLVideoElement): Promise<string> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new MediaError('zero_frames', 'Expected a frame of the video. Received: an empty picture.');
  return dataUrl(blob);
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
