/** The settings page. Each change holds at once, and a change made elsewhere is shown. */

import { i18n } from '#i18n';
import { forgetAll } from '../../lib/history';
import { readPairing } from '../../lib/pairing';
import { SENSITIVITIES } from '../../lib/sensitivity';
import { RUNTIMES, type Settings, changeSettings, onSettings, readSettings } from '../../lib/settings';
import { html } from '../../ui/dom';
import '../../ui/page.css';
import { askingButton, checkbox, choice, radios, startPage } from '../../ui/page';
import { companion, endPairing } from './companion';
import './options.css';
import { siteLists } from './site_lists';

/** Tells the page after it was opened anew that everything was erased. */
const ERASED = '#erased';

async function start(): Promise<void> {
  const settings = await readSettings();
  const sites = html('div');
  const followSites = async (changed: Settings) => sites.replaceChildren(...(await siteLists(changed)));
  startPage(
    `Unmask: ${i18n.t('options.title')}`,
    html(
      'main',
      {},
      html('h1', {}, i18n.t('options.title')),
      section(i18n.t('options.sensitivity'), help('sensitivity_help'), html('fieldset', {}, ...sensitivities(settings))),
      section(i18n.t('options.sites'), choice(pause(settings), i18n.t('options.pause')), sites),
      section(i18n.t('options.runtime'), help('runtime_help'), html('fieldset', {}, ...runtimes(settings))),
      section(i18n.t('options.history'), choice(history(settings), i18n.t('options.history_keep'), i18n.t('options.history_help')), historyLink()),
      section(i18n.t('companion.title'), ...companion(await readPairing())),
      section(i18n.t('options.data'), help('data_help'), ...eraser()),
      section(i18n.t('options.about'), about()),
    ),
  );
  await followSites(settings);
  onSettings((changed) => void followSites(changed));
}

function section(heading: string, ...content: Node[]): HTMLElement {
  return html('section', { class: 'card', 'aria-label': heading }, html('h2', {}, heading), ...content);
}

function help(key: 'sensitivity_help' | 'runtime_help' | 'data_help'): HTMLElement {
  return html('p', { class: 'quiet' }, i18n.t(`options.${key}`));
}

function sensitivities({ sensitivity }: Settings): HTMLElement[] {
  const words = (value: Settings['sensitivity']) => ({ label: i18n.t(`options.${value}`), help: i18n.t(`options.${value}_help`) });
  return radios('sensitivity', SENSITIVITIES, sensitivity, words, (value) => void changeSettings({ sensitivity: value }));
}

function runtimes({ runtime }: Settings): HTMLElement[] {
  const words = (value: Settings['runtime']) => ({ label: i18n.t(`options.runtime_${value}`) });
  return radios('runtime', RUNTIMES, runtime, words, (value) => void changeSettings({ runtime: value }));
}

function pause({ paused }: Settings): HTMLInputElement {
  return checkbox(paused, (value) => void changeSettings({ paused: value }));
}

function history(settings: Settings): HTMLInputElement {
  return checkbox(settings.history, (value) => void changeSettings({ history: value }));
}

function historyLink(): HTMLElement {
  return html('p', {}, html('a', { href: '/results.html' }, i18n.t('options.history_open')));
}

/** The button that erases all, and what says that it did. */
function eraser(): HTMLElement[] {
  const said = html('p', { class: 'quiet', role: 'status' });
  const erase = askingButton(i18n.t('options.erase'), i18n.t('options.erase_confirm'), async () => {
    await endPairing();
    await Promise.all([browser.storage.local.clear(), forgetAll(), giveUpAccess()]);
    location.hash = ERASED;
    location.reload();
  });
  if (location.hash === ERASED) said.textContent = i18n.t('options.erased');
  return [erase, said];
}

/** Sites that the user had given access to. */
async function giveUpAccess(): Promise<void> {
  const { origins } = await browser.permissions.getAll();
  await browser.permissions.remove({ origins }).catch(console.warn); // those of the manifest cannot be given up
}

function about(): HTMLElement {
  const { version } = browser.runtime.getManifest();
  return html(
    'p',
    { class: 'row' },
    i18n.t('options.version', [version]),
    html('a', { href: '/bundle/MODEL_CARD.md' }, i18n.t('options.card')),
    html('a', { href: '/licences/README.txt' }, i18n.t('options.licences')),
  );
}

void start();
