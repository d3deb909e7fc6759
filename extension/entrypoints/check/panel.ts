/** The part of the badge that unfolds: what stands behind the verdict. */

import { i18n } from '#i18n';
import type { Report } from '../../lib/messages';
import type { Sensitivity } from '../../lib/sensitivity';
import { judgedWith } from '../../lib/sensitivity';
import { wrongVerdict } from '../../lib/wrong_verdict';
import { Chart } from '../../ui/chart';
import { html } from '../../ui/dom';
import { FrameView, thumbnail } from '../../ui/frame_view';
import { momentsOf, mostSuspicious } from '../../ui/moments';
import { saveJson } from '../../ui/save_file';
import { decimal, examined, moment, percent, reasonWords, verdictWords } from '../../ui/words';
import { wrongVerdictForm } from '../../ui/wrong_verdict_form';

/** A report, how it is shown, and the video that it is of. */
export interface Finding {
  /** As the detector gave it. */
  given: Report;
  sensitivity: Sensitivity;
  /** From the click to the verdict. */
  elapsedMs: number;
  video: HTMLVideoElement | null;
}

/** Built when it is first unfolded: most verdicts are read and closed. */
export function panel(finding: Finding): HTMLElement {
  const details = html('details', {}, html('summary', {}, i18n.t('badge.details')));
  details.addEventListener('toggle', () => details.append(...content(finding)), { once: true });
  return details;
}

function content({ given, sensitivity, elapsedMs, video }: Finding): Node[] {
  const shown = judgedWith(given, sensitivity);
  const { verdict, frames_sampled, tracks, model } = shown.result;
  return [
    html('p', {}, verdictWords(verdict!).meaning),
    ...moments(shown, video),
    html('ul', { class: 'faces' }, ...tracks.map((track) => faceLine(shown, track, frames_sampled))),
    ...(given.pictures.length > 0 ? [html('p', { class: 'quiet' }, i18n.t('panel.map_meaning'))] : []),
    html('p', { class: 'quiet' }, i18n.t('panel.score_meaning')),
    facts([
      [i18n.t('panel.examined'), examined(shown)],
      [i18n.t('panel.time_taken'), i18n.t('panel.seconds', [decimal(elapsedMs / 1000)])],
      [i18n.t('panel.detector'), `${model.name} ${model.version}, ${model.runtime}`],
      ...bounds(shown, sensitivity),
    ]),
    copyButton(given),
    wrongVerdictForm((statement) => saveJson('wrong-verdict', wrongVerdict(given, sensitivity, statement))),
  ];
}

/** The examined frame that is looked at, and, where there are several, the chart by which one is chosen. */
function moments(shown: Report, video: HTMLVideoElement | null): Node[] {
  const { tracks } = shown.result;
  const view = new FrameView(shown);
  view.element.hidden = shown.pictures.length === 0;
  const seek = html('button', { type: 'button' });
  let lookedAtS = mostSuspicious(tracks.flatMap((track) => track.frames)).time_s;
  const look = (timeS: number) => {
    lookedAtS = timeS;
    view.show(timeS);
    seek.textContent = i18n.t('panel.seek', [moment(timeS)]);
    seek.hidden = !canSeek(video, timeS);
  };
  seek.addEventListener('click', () => (video!.currentTime = lookedAtS));
  look(lookedAtS);
  if (momentsOf(tracks).length < 2) return [view.element];
  const chart = new Chart(tracks, shown.bands, look);
  chart.mark(lookedAtS);
  return [view.element, chart.element, html('p', { class: 'quiet' }, i18n.t('panel.chart_help')), seek];
}

/** Whether the page's player can go to a moment: live streams keep none. */
function canSeek(video: HTMLVideoElement | null, timeS: number): boolean {
  const seekable = video?.seekable;
  return Array.from({ length: seekable?.length ?? 0 }).some((_, k) => seekable!.start(k) <= timeS && timeS <= seekable!.end(k));
}

function faceLine(shown: Report, { track, score, verdict, reason, frames }: Report['result']['tracks'][number], sampled: number): HTMLElement {
  const name = i18n.t('panel.face', [track + 1]);
  return html(
    'li',
    {},
    ...(shown.pictures.length > 0 ? [thumbnail(shown, mostSuspicious(frames), name)] : []),
    html(
      'div',
      {},
      html('b', {}, `${name}: ${verdictWords(verdict).heading}, ${percent(score)}`),
      html('div', { class: 'quiet' }, i18n.t('panel.seen_in', [frames.length, sampled])),
      ...(reason ? [html('div', { class: 'quiet' }, reasonWords(reason))] : []),
    ),
  );
}

/** Said only where the user has moved them. */
function bounds({ bands }: Report, sensitivity: Sensitivity): [term: string, fact: string][] {
  if (sensitivity === 'balanced') return [];
  const limits = [percent(bands.likely_manipulated_from), percent(bands.likely_authentic_below)];
  return [[i18n.t('panel.bounds'), i18n.t('panel.bounds_moved', [i18n.t(`options.${sensitivity}`), limits[0]!, limits[1]!])]];
}

function facts(entries: [term: string, fact: string][]): HTMLElement {
  return html('dl', {}, ...entries.flatMap(([term, fact]) => [html('dt', {}, term), html('dd', {}, fact)]));
}

/** Copies the result as JSON, the same fields that `unmask score --json` prints. */
function copyButton({ result, route }: Report): HTMLElement {
  const button = html('button', { type: 'button' }, i18n.t('panel.copy'));
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(JSON.stringify({ ...result, route }, null, 2));
    button.textContent = i18n.t('panel.copied');
  });
  return button;
}
