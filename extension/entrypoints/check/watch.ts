/** Takes frames from the page's own player without touching it: no seek, no pause, no attribute. */

import { MediaError } from '../../lib/errors';

/** How long a playing video is watched: a few seconds, a user waits for them. */
const WATCH_MS = 6000;

/** One frame that was shown. */
export interface WatchedFrame {
  timeS: number;
  /** Lossless, as a `data:image/png` address: the port between page and extension carries text only. */
  png: string;
  /** Frames that will be taken if the video plays on. */
  total: number;
}

/** Frames of a playing video spread over a few seconds, each once; the one frame that a paused video shows. */
export async function* watch(video: HTMLVideoElement, frames: number): AsyncGenerator<WatchedFrame> {
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

async function framePng(video: HTMLVideoElement): Promise<string> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve, reject) => {
    try {
      canvas.toBlob(resolve, 'image/png');
    } catch (error) {
      reject(new MediaError('no_access', `Expected a video whose pixels may be read. Received: ${error}`));
    }
  });
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
