/** The kept results: searched, saved, erased. */

import { i18n } from '#i18n';
import { type Kept, forget, forgetAll, readHistory } from '../../lib/history';
import { judgedWith } from '../../lib/sensitivity';
import { readSettings } from '../../lib/settings';
import { siteOf } from '../../lib/sites';
import { wrongVerdict } from '../../lib/wrong_verdict';
import { html } from '../../ui/dom';
import { icon } from '../../ui/icons';
import '../../ui/page.css';
import { askingButton, button, startPage } from '../../ui/page';
import { saveJson } from '../../ui/save_file';
import { date, examined, percent, reasonWords, verdictWords } from '../../ui/words';
import { wrongVerdictForm } from '../../ui/wrong_verdict_form';
import './results.css';

const search = html('input', { type: 'search', 'aria-label': i18n.t('history.search'), placeholder: i18n.t('history.search') });
const count = html('p', { class: 'quiet', role: 'status' });
const results = html('ul', { class: 'plain results' });
const actions = html('div', { class: 'row' });

async function start(): Promise<void> {
  const { history } = await readSettings();
  const off = html('p', { class: 'card' }, i18n.t('history.off'));
  off.hidden = history;
  startPage(
    `Unmask: ${i18n.t('history.title')}`,
    html('main', {}, html('h1', {}, i18n.t('history.title')), off, search, html('div', { class: 'row' }, count, actions), results),
  );
  actions.append(
    button(i18n.t('history.export'), async () => saveJson('history', await readHistory())),
    askingButton(i18n.t('history.delete_all'), i18n.t('history.delete_all_confirm'), async () => {
      await forgetAll();
      await show();
    }),
  );
  search.addEventListener('input', () => void show());
  await show();
}

async function show(): Promise<void> {
  const kept = await readHistory();
  const wanted = search.value.trim().toLowerCase();
  const found = kept.filter((entry) => textOf(entry).toLowerCase().includes(wanted));
  results.replaceChildren(...found.map(item));
  actions.hidden = search.hidden = kept.length === 0;
  if (found.length > 0) count.textContent = i18n.t('history.shown', found.length);
  else count.textContent = i18n.t(kept.length > 0 ? 'history.nothing_found' : 'history.empty');
}

/** What is searched. */
function textOf({ page, given, sensitivity }: Kept): string {
  const { verdict } = judgedWith(given, sensitivity).result;
  return [page.title, page.url, given.result.path, verdictWords(verdict!).heading].join('\n');
}

function item(kept: Kept): HTMLElement {
  const { id, checked_at, page, given, sensitivity } = kept;
  const shown = judgedWith(given, sensitivity);
  const { score, verdict, reason } = shown.result;
  const { heading, caveat } = verdictWords(verdict!);
  const name = page.title || page.url;
  const remove = button(i18n.t('history.delete'), async () => {
    await forget(id);
    await show();
  });
  remove.setAttribute('aria-label', i18n.t('history.delete_one', [name]));
  const address = siteOf(page.url) ? html('a', { href: page.url, rel: 'noreferrer' }, page.url) : page.url;
  return html(
    'li',
    { class: 'card', 'data-state': verdict! },
    icon(verdict!),
    html('strong', {}, `${heading}, ${percent(score!)}`),
    html('p', {}, `${reason ? `${reasonWords(reason)} ` : ''}${caveat}`),
    html('p', {}, name),
    html('p', { class: 'quiet' }, address),
    html('p', { class: 'quiet' }, `${date(checked_at)}. ${examined(shown)}.`),
    html('div', { class: 'row' }, remove),
    wrongVerdictForm((statement) => saveJson('wrong-verdict', wrongVerdict(given, sensitivity, statement))),
  );
}

void start();
