/** The badge over a video or picture: what is being done, then what was found. Lives in a shadow tree of its own. */

import { i18n } from '#i18n';
import type { MediaErrorReason } from '../../lib/errors';
import type { ListedVideo, Report, Target, ToBackground } from '../../lib/messages';
import { judgedWith } from '../../lib/sensitivity';
import { readSettings } from '../../lib/settings';
import { html } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { failureDetail, failureWords, percent, reasonWords, verdictWords } from '../../ui/words';
import css from './badge.css?inline';
import { companionOffer } from './companion';
import type { Display, Media } from './check';
import { moveHandle } from './move_handle';
import { panel } from './panel';
import { keepPlaced } from './placement';

// Page styles that name every element would reach the host otherwise.
const HOST_STYLE = 'all: initial !important; position: fixed !important; z-index: 2147483647 !important';

// What a companion could not change.
const CERTAIN: ReadonlySet<MediaErrorReason> = new Set(['no_video', 'protected', 'refused']);

/** One check's badge; a page has at most one a video or picture. */
export class Badge implements Display {
  private readonly startMs = performance.now();
  private readonly host = html('unmask-badge' as 'div', { popover: 'manual', style: HOST_STYLE });
  private readonly card = html('section', { 'aria-label': 'Unmask' });
  private readonly status = html('div', { role: 'status' });
  private readonly body = html('div', { class: 'body' });
  private readonly closing = new AbortController();
  /** Aborts when the badge is closed. */
  readonly signal = this.closing.signal;

  /** What it says. */
  state: Exclude<ListedVideo['state'], 'unchecked'> = 'working';
  score: number | null = null;

  constructor(
    private readonly media: Media | null,
    private readonly kind: Target['kind'],
    private readonly path = media?.currentSrc ?? '',
  ) {
    const shadow = this.host.attachShadow({ mode: 'open' });
    shadow.append(html('style', {}, css), this.card);
    const close = html('button', { type: 'button', class: 'close', 'aria-label': i18n.t('badge.close') }, icon('close'));
    close.addEventListener('click', () => this.close());
    this.card.addEventListener('keydown', (event) => event.key === 'Escape' && this.close());
    // Players take keys typed anywhere on the page for their own.
    for (const type of ['keydown', 'keypress', 'keyup']) this.card.addEventListener(type, (event) => event.stopPropagation());
    document.documentElement.append(this.host);
    const placement = keepPlaced(this.host, media, this.signal);
    this.card.append(this.status, moveHandle(placement), close, this.body);
    // The page has put another video or picture in its place, of which the badge would tell nothing.
    media?.addEventListener(kind === 'video' ? 'emptied' : 'load', () => this.close(), { signal: this.signal });
  }

  hide(hidden: boolean): void {
    this.host.style.setProperty('visibility', hidden ? 'hidden' : 'visible', 'important');
  }

  close(): void {
    this.closing.abort();
    this.host.remove();
  }

  /** Frames that were examined of those that will be; `total` is null before the first. */
  showProgress(done: number, total: number | null): void {
    if (this.card.dataset.state !== 'working') this.show('working', i18n.t(`badge.working_${this.kind}`));
    const text = total === null ? i18n.t('badge.getting_ready') : i18n.t('badge.progress', [done, total]);
    const bar = html('progress', { 'aria-label': i18n.t('badge.progress_name') });
    if (total !== null) Object.assign(bar, { max: total, value: done });
    this.body.replaceChildren(html('p', {}, text), bar);
  }

  /** Shows a verdict, or why there is none, by the words of the user's sensitivity. */
  async showReport(given: Report, startMs = this.startMs): Promise<void> {
    const { sensitivity } = await readSettings();
    const { score, verdict, reason, error } = judgedWith(given, sensitivity).result;
    if (error || verdict === null || score === null) {
      this.showFailure(error?.reason ?? 'internal', error?.message);
      return;
    }
    this.score = score;
    const { heading, caveat } = verdictWords(verdict);
    const finding = `${i18n.t('badge.score', [percent(score)])} ${reason ? reasonWords(reason) : ''}`;
    this.show(verdict, heading, finding, caveat);
    const elapsedMs = performance.now() - startMs;
    const video = this.media instanceof HTMLVideoElement ? this.media : null;
    this.body.replaceChildren(panel({ given, sensitivity, elapsedMs, video }));
    const { pictures: _, ...scores } = given;
    void browser.runtime.sendMessage({ type: 'checked', given: scores } satisfies ToBackground);
    if (given.route !== 'companion') await this.offerCompanion();
  }

  /** Says why there is no verdict. */
  showFailure(reason: MediaErrorReason, message?: string): void {
    this.show('failure', i18n.t('failure.heading'), failureWords(reason));
    this.body.replaceChildren();
    const detail = failureDetail(reason, message);
    if (detail) this.body.append(html('p', { class: 'small' }, detail));
    if (!CERTAIN.has(reason)) void this.offerCompanion();
  }

  /** Below what is shown; not there without a paired companion. */
  private async offerCompanion(): Promise<void> {
    if (!(this.media instanceof HTMLVideoElement)) return;
    const offer = await companionOffer(this.media, this.path, this.signal, (report, startMs) => void this.showReport(report, startMs));
    if (offer) this.body.append(offer);
  }

  private show(state: Badge['state'], heading: string, ...lines: string[]): void {
    this.state = state;
    this.card.dataset.state = state;
    this.status.replaceChildren(icon(state), html('strong', {}, heading));
    this.status.append(...lines.map((line) => html('p', {}, line)));
  }
}
