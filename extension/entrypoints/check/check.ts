/** One check as the page sees it: asks the offscreen document, lends it frames if it needs them, shows what it says. */

import { MediaError } from '../../lib/errors';
import { PORT, type ToAnalyst, type ToPage } from '../../lib/messages';
import type { Badge } from './badge';
import { type LentFrame, openBeside, sample, watch } from './frames';

/** Resolves when the badge shows the outcome, or was closed. */
export async function check(video: HTMLVideoElement, badge: Badge): Promise<void> {
  badge.showProgress(0, null);
  if (video.mediaKeys) {
    badge.showFailure('protected');
    return;
  }
  const port = browser.runtime.connect({ name: PORT });
  const say = (message: ToAnalyst) => port.postMessage(message);
  badge.signal.addEventListener('abort', () => port.disconnect());
  await new Promise<void>((resolve) => {
    const end = (show: () => void) => {
      show();
      port.disconnect();
      resolve();
    };
    port.onDisconnect.addListener(() => end(() => badge.showFailure('interrupted')));
    port.onMessage.addListener((message: ToPage) => {
      if (message.type === 'progress') badge.showProgress(message.done, message.total);
      else if (message.type === 'report') end(() => badge.showReport(message.report));
      else if (message.type === 'failed') end(() => badge.showFailure(message.reason, message.message));
      else lend(video, message.frames, say, badge.signal).catch((error) => end(() => showError(badge, error)));
    });
    const src = video.currentSrc;
    say({ type: 'check', src: /^https?:/.test(src) ? src : null, path: src || location.href });
  });
}

/** Says frames of the whole clip if the page may read it, else of the moments that the player shows. */
async function lend(
  video: HTMLVideoElement,
  frames: number,
  say: (message: ToAnalyst) => void,
  signal: AbortSignal,
): Promise<void> {
  const clip = await openBeside(video);
  const sayAll = async (lent: AsyncGenerator<LentFrame>) => {
    for await (const frame of lent) {
      if (signal.aborted) return;
      say({ type: 'frame', ...frame });
    }
  };
  await sayAll(clip ? sample(clip, frames) : watch(video, frames)).finally(() => clip?.close());
  if (signal.aborted) return;
  const durationS = Number.isFinite(video.duration) ? video.duration : null;
  say({ type: 'lent', durationS, route: clip ? 'whole_clip' : 'moments_watched' });
}

function showError(badge: Badge, error: unknown): void {
  if (error instanceof MediaError) badge.showFailure(error.reason, error.message);
  else if (error instanceof DOMException && error.name === 'SecurityError') badge.showFailure('no_access');
  else badge.showFailure('internal', String(error));
}
