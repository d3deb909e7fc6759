/** The part of the badge that unfolds: what stands behind the verdict. */

import type { Report } from '../../lib/messages';
import { chart } from './chart';
import { html } from './dom';
import { SCORE_MEANING, VERDICTS, count, examined, percent } from './words';

/** @param elapsedMs - from the click to the verdict. */
export function details(report: Report, elapsedMs: number): HTMLElement {
  const { tracks, model } = report.result;
  return html(
    'details',
    {},
    html('summary', {}, 'Details'),
    html('p', {}, SCORE_MEANING),
    chart(tracks, report.bands),
    ...(tracks.length > 1 ? [html('ul', {}, ...tracks.map(faceLine))] : []),
    facts([
      ['Examined', examined(report)],
      ['Found', count(tracks.length, 'face')],
      ['Time taken', `${(elapsedMs / 1000).toFixed(1)} s, on this device`],
      ['Detector', `${model.name} ${model.version}, ${model.runtime}`],
    ]),
    copyButton(report),
  );
}

function faceLine({ track, score, verdict }: Report['result']['tracks'][number]): HTMLElement {
  return html('li', {}, `Face ${track + 1}: ${VERDICTS[verdict].heading}, ${percent(score)}`);
}

function facts(entries: [term: string, fact: string][]): HTMLElement {
  return html('dl', {}, ...entries.flatMap(([term, fact]) => [html('dt', {}, term), html('dd', {}, fact)]));
}

/** Copies the result as JSON, the same fields that `unmask score --json` prints. */
function copyButton({ result, route }: Report): HTMLElement {
  const button = html('button', { type: 'button', class: 'copy' }, 'Copy result as JSON');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(JSON.stringify({ ...result, route }, null, 2));
    button.textContent = 'Copied';
  });
  return button;
}
