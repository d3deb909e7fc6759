/** Takes frames in the page: of a second player over the whole clip, of the page's own while it plays, of pictures. */

import { dataUrl } from '../../lib/data_url';
import { MediaError } from '../../lib/errors';
import { framePixels } from '../../lib/frame_pixels';
import { type RgbImage, toImageData } from '../../lib/image';
import { WholeClip, requireLength } from '../../lib/whole_clip';
import { capture } from './capture';

/** How long a playing video is watched: a few seconds, a user waits for them. */
const WATCH_MS = 6000;
/** The badge has to be out of the way meanwhile, so half as long; browsers grant two pictures of a tab a second. */
const CAPTURES = 5;
const CAPTURE_EVERY_MS = 600;

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
  for await (const { timeS, image } of clip.sample(total)) yield { timeS, png: await imagePng(image), total };
}

/** Frames of a playing video spread over a few seconds, each once; of a paused one what it shows. Touches neither. */
export async function* watch(video: HTMLVideoElement, frames: number): AsyncGenerator<LentFrame> {
  requireFrame(video);
  const total = isStill(video) ? 1 : frames;
  let takenS = -1;
  for (let k = 0; k < total; k++) {
    if (k > 0) await sleep(WATCH_MS / total);
    const timeS = video.currentTime;
    if (timeS === takenS) continue;
    takenS = timeS;
    yield { timeS, png: await framePng(video), total };
  }
}

/** As `watch`, of what the screen shows of a picture or video. */
export async function* shownOnScreen(media: HTMLVideoElement | HTMLImageElement): AsyncGenerator<LentFrame> {
  const video = media instanceof HTMLVideoElement ? media : null;
  const total = video && !isStill(video) ? CAPTURES : 1;
  for (let k = 0; k < total; k++) {
    if (k > 0) await sleep(CAPTURE_EVERY_MS);
    const timeS = video?.currentTime ?? 0;
    yield { timeS, png: await png(await capture(media)), total };
  }
}

/** A picture as the one frame that it is, upright; a `SecurityError` where it is another site's. */
export async function* picture(image: HTMLImageElement): AsyncGenerator<LentFrame> {
  yield { timeS: 0, png: await png(drawn(image, image.naturalWidth, image.naturalHeight)), total: 1 };
}

/** Whether the page may read a picture's pixels. */
export function isReadable(image: HTMLImageElement): boolean {
  try {
    drawn(image, 1, 1).getContext('2d')!.getImageData(0, 0, 1, 1);
    return true;
  } catch {
    return false;
  }
}

/** Throws `MediaError` where a player shows nothing. */
export function requireFrame(video: HTMLVideoElement): void {
  // Firefox calls a file ready that states the size of its pictures and holds none.
  const isEmpty = import.meta.env.FIREFOX && video.srcObject === null && video.buffered.length === 0;
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || isEmpty) {
    throw new MediaError('zero_frames', 'Expected a video that shows a frame. Received: one that has loaded none.');
  }
  if (video.videoWidth === 0) throw new MediaError('no_video_stream', 'Expected a video stream. Received: none.');
  requireLength(video);
}

function isStill(video: HTMLVideoElement): boolean {
  return video.paused || video.ended;
}

/** The frame that a player shows, in its own size; rejects with a `SecurityError` where it is another site's. */
export async function framePng(video: HTMLVideoElement): Promise<string> {
  return imagePng(await framePixels(video));
}

function imagePng(image: RgbImage): Promise<string> {
  const pixels = toImageData(image);
  const canvas = document.createElement('canvas');
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return png(canvas);
}

function drawn(source: HTMLImageElement, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.drawImage(source, 0, 0);
  return canvas;
}

async function png(canvas: HTMLCanvasElement): Promise<string> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new MediaError('zero_frames', 'Expected a picture. Received: an empty one.');
  return dataUrl(blob);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
