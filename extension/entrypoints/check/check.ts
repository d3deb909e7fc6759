/** One check as the page sees it: asks the offscreen document, lends it pixels if it needs them, shows what it says. */

import { MediaError, type MediaErrorReason } from '../../lib/errors';
import type { Port, Report, Route, ToAnalyst, ToPage } from '../../lib/messages';
import { type LentFrame, isReadable, openBeside, picture, sample, shownOnScreen, watch } from './frames';

/** A picture or a video of the page. */
export type Media = HTMLVideoElement | HTMLImageElement;

/** Where a check tells what it does. */
export interface Display {
  /** Aborts when nobody wants to know any longer. */
  signal: AbortSignal;
  /** Frames that were examined of those that will be; `total` is null before the first. */
  showProgress(done: number, total: number | null): void;
  showReport(report: Report): void;
  /** Says why there is no verdict. */
  showFailure(reason: MediaErrorReason, message?: string): void;
  /** Keeps out of the way while the screen is looked at. */
  hide(hidden: boolean): void;
}

type Say = (message: ToAnalyst) => void;

/** Addresses that the offscreen document may be able to read by itself; the extension's own pages make such of files. */
const OPEN_ADDRESS = /^(https?|blob:(chrome|moz)-extension):/;

/** Resolves when the outcome is shown, or nobody wants it any longer. @param path - what the result calls the video. */
export async function check(media: Media, display: Display, path = media.currentSrc || location.href): Promise<void> {
  display.showProgress(0, null);
  if (media instanceof HTMLVideoElement && media.mediaKeys) {
    display.showFailure('protected');
    return;
  }
  const kind = media instanceof HTMLVideoElement ? 'video' : 'picture';
  const address = media.currentSrc;
  // A picture is there already; of a video the page holds one frame.
  const lent = !OPEN_ADDRESS.test(address) || (media instanceof HTMLImageElement && isReadable(media));
  const start: ToAnalyst = { type: 'check', kind, src: lent ? null : address, path };
  await converse('check', start, display, async (wanted, say) => {
    if (wanted.type === 'lend') await lend(media, wanted.frames, say, display);
  });
}

/**
 * One conversation with the offscreen document; resolves at its end.
 *
 * @param supply - says what it asks for; what it rejects with is shown.
 * @param onProgress - told how long each frame was worked on.
 */
export async function converse(
  name: Port,
  start: ToAnalyst,
  display: Display,
  supply: (wanted: Extract<ToPage, { type: 'lend' | 'lend_piece' }>, say: Say) => Promise<void>,
  onProgress: (busyMs: number) => void = () => undefined,
): Promise<void> {
  const port = browser.runtime.connect({ name });
  const say: Say = (message) => port.postMessage(message);
  await new Promise<void>((resolve) => {
    const end = (show: () => void) => {
      show();
      port.disconnect();
      resolve();
    };
    display.signal.addEventListener('abort', () => end(() => undefined));
    port.onDisconnect.addListener(() => end(() => display.showFailure('interrupted')));
    port.onMessage.addListener((message: ToPage) => {
      if (message.type === 'progress') {
        display.showProgress(message.done, message.total);
        onProgress(message.busyMs);
      } else if (message.type === 'report') end(() => display.showReport(message.report));
      else if (message.type === 'failed') end(() => display.showFailure(message.reason, message.message));
      else supply(message, say).catch((error) => end(() => showError(display, error)));
    });
    say(start);
  });
}

/** Says the pixels that the page may read; what the screen shows where they are another site's. */
async function lend(media: Media, frames: number, say: Say, display: Display): Promise<void> {
  const sayAll = async (lent: AsyncGenerator<LentFrame>, route: Route) => {
    for await (const frame of lent) {
      if (display.signal.aborted) return;
      say({ type: 'frame', ...frame });
    }
    say({ type: 'lent', durationS: durationS(media), route });
  };
  try {
    await lendOwn(media, frames, sayAll);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'SecurityError')) throw error;
    display.hide(true);
    await sayAll(shownOnScreen(media), 'screen_captured').finally(() => display.hide(false));
  }
}

/** Says frames of the whole clip if the page may read it, else of the moments that the player shows. */
async function lendOwn(
  media: Media,
  frames: number,
  sayAll: (lent: AsyncGenerator<LentFrame>, route: Route) => Promise<void>,
): Promise<void> {
  if (media instanceof HTMLImageElement) return sayAll(picture(media), 'picture');
  const clip = await openBeside(media);
  if (!clip) return sayAll(watch(media, frames), 'moments_watched');
  return sayAll(sample(clip, frames), 'whole_clip').finally(() => clip.close());
}

/** Null where none is stated, as in a live stream. */
function durationS(media: Media): number | null {
  return media instanceof HTMLVideoElement && Number.isFinite(media.duration) ? media.duration : null;
}

function showError(display: Display, error: unknown): void {
  if (error instanceof MediaError) display.showFailure(error.reason, error.message);
  else display.showFailure('internal', String(error));
}
