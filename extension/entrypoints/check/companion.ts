/** Offers to have the companion check the whole video, below what the extension itself found; that stays as it is. */

import { i18n } from '#i18n';
import { dataUrl } from '../../lib/data_url';
import { MediaError } from '../../lib/errors';
import type { Report, ToAnalyst, ToBackground } from '../../lib/messages';
import { readSettings } from '../../lib/settings';
import { html } from '../../ui/dom';
import { failureDetail, failureWords } from '../../ui/words';
import { type Display, converse } from './check';

/**
 * The offer; null without a paired companion, or where the video is no file.
 *
 * @param path - what the result calls the video.
 * @param closed - aborts when nobody wants to know any longer.
 * @param show - takes the companion's verdict, and when the user asked for it.
 */
export async function companionOffer(
  video: HTMLVideoElement,
  path: string,
  closed: AbortSignal,
  show: (report: Report, startMs: number) => void,
): Promise<HTMLElement | null> {
  const { companion } = await readSettings();
  if (companion === null || !(await isFile(video))) return null;
  const src = video.currentSrc;
  const said = html('p', { class: 'small', role: 'status' });
  const bar = html('progress', { 'aria-label': i18n.t('badge.progress_name'), hidden: '' });
  const start = html('button', { type: 'button' }, i18n.t('companion.check'));
  const cancel = html('button', { type: 'button', hidden: '' }, i18n.t('companion.cancel'));
  const setWorking = (working: boolean) => {
    start.hidden = working;
    bar.hidden = cancel.hidden = !working;
  };
  const showFailure: Display['showFailure'] = (reason, message) => {
    said.replaceChildren(failureWords(reason), ' ', failureDetail(reason, message));
  };
  const display = (signal: AbortSignal, startMs: number): Display => ({
    signal,
    showFailure,
    showProgress: (done, total) => {
      said.textContent = total === null ? i18n.t('companion.handing_over') : i18n.t('badge.progress', [done, total]);
      bar.removeAttribute('value');
      if (total !== null) Object.assign(bar, { max: total, value: done });
    },
    showReport: (report) => {
      const { error } = report.result;
      if (error) showFailure(error.reason, error.message);
      else show(report, startMs);
    },
    hide: () => undefined,
  });
  start.addEventListener('click', async () => {
    const cancelled = new AbortController();
    cancel.addEventListener('click', () => cancelled.abort(), { once: true });
    const shown = display(AbortSignal.any([closed, cancelled.signal]), performance.now());
    setWorking(true);
    shown.showProgress(0, null);
    await browser.runtime.sendMessage({ type: 'analyst' } satisfies ToBackground);
    const request: ToAnalyst = { type: 'hand_over', src, path };
    const piece = pieces(src);
    await converse('companion', request, shown, async (_wanted, say) => say({ type: 'piece', content: await piece() }));
    if (cancelled.signal.aborted) said.textContent = i18n.t('companion.cancelled');
    setWorking(false);
    start.focus();
  });
  return html('div', { class: 'companion' }, said, bar, start, cancel);
}

/** Whether a video has one file: live streams, and those that a page puts together from pieces, have none. */
async function isFile({ currentSrc, duration, mediaKeys }: HTMLVideoElement): Promise<boolean> {
  if (duration === Infinity || mediaKeys) return false;
  if (!currentSrc.startsWith('blob:')) return currentSrc !== '';
  return fetch(currentSrc).then(({ body }) => (void body?.cancel(), true), () => false);
}

/** Gives the file's next piece as a `data:` address, in the page's name; null at its end. */
function pieces(src: string): () => Promise<string | null> {
  let opened: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null;
  return async () => {
    opened ??= await open(src);
    const { value, done } = await opened.read();
    return done ? null : dataUrl(new Blob([value]));
  };
}

async function open(src: string): Promise<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>> {
  const file = await fetch(src).catch((error) => {
    throw new MediaError('no_file', `Expected a file. Received: ${error}`);
  });
  if (!file.ok) throw new MediaError('no_file', `Expected a file. Received: HTTP status ${file.status}.`);
  return file.body!.getReader();
}
