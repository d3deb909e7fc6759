/** The part of the badge that unfolds: what stands behind the verdict. */

import { i18n } from '#i18n';
import type { Report } from '../../lib/messages';
import { chart } from './chart';
import { html } from '../../ui/dom';
import { examined, percent, verdictWords } from '../../ui/words';

/** @param elapsedMs - from the click to the verdict. */
export function details(report: Report, elapsedMs: number): HTMLElement {
  const { tracks, model } = report.result;
  return html(
    'details',
    {},
    html('summary', {}, i18n.t('badge.details')),
    html('p', {}, i18n.t('panel.score_meaning')),
    chart(tracks, report.bands),
    ...(tracks.length > 1 ? [html('ul', {}, ...tracks.map(faceLine))] : []),
    facts([
      [i18n.t('panel.examined'), examined(report)],
      [i18n.t('panel.found'), i18n.t('count.faces', tracks.length)],
      [i18n.t('panel.time_taken'), i18n.t('panel.seconds', [(elapsedMs / 1000).toFixed(1)])],
      [i18n.t('panel.detector'), `${model.name} ${model.version}, ${model.runtime}`],
    ]),
    copyButton(report),
  );
}

function faceLine({ track, score, verdict }: Report['result']['tracks'][number]): HTMLElement {
  return html('li', {}, `${i18n.t('panel.face', [track + 1])}: ${verdictWords(verdict).heading}, ${percent(score)}`);
}

function facts(entries: [term: string, fact: string][]): HTMLElement {
  return html('dl', {}, ...entries.flatMap(([term, fact]) => [html('dt', {}, term), html('dd', {}, fact)]));
}

/** Copies the result as JSON, the same fields that `unmask score --json` prints. */
function copyButton({ result, route }: Report): HTMLElement {
  const button = html('button', { type: 'button', class: 'copy' }, i18n.t('panel.copy'));
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(JSON.stringify({ ...result, route }, null, 2));
    button.textContent = i18n.t('panel.copied');
  });
  return button;
}
