/** Pairs the companion, says how that stands, and ends it. */

import { i18n } from '#i18n';
import { pair, requirePaired, unpair } from '../../lib/companion';
import { DEFAULT_ADDRESS, companionAddress, companionPattern } from '../../lib/companion_address';
import { MediaError } from '../../lib/errors';
import { type Pairing, forgetPairing, keepPairing, readPairing } from '../../lib/pairing';
import { readSettings } from '../../lib/settings';
import { html } from '../../ui/dom';
import { button } from '../../ui/page';
import { failureDetail, failureWords } from '../../ui/words';

/** The section's content. */
export function companion(pairing: Pairing | null): HTMLElement[] {
  const content = html('div', { class: 'stack' });
  const show = (now: Pairing | null) => content.replaceChildren(...(now ? paired(now, show) : unpaired(show)));
  show(pairing);
  return [html('p', { class: 'quiet' }, i18n.t('companion.help')), content];
}

/** Ends the pairing on both sides, on this one also where the companion does not answer. */
export async function endPairing(): Promise<void> {
  const pairing = await readPairing();
  if (!pairing) return;
  await unpair(pairing).catch(console.warn);
  await forgetPairing();
  await giveUpAccess(pairing.address);
}

function paired(pairing: Pairing, show: (now: null) => void): HTMLElement[] {
  const state = html('p', { role: 'status' }, i18n.t('companion.asking'));
  requirePaired(pairing).then(
    () => (state.textContent = i18n.t('companion.ready')),
    (error) => (state.textContent = wordsOf(error)),
  );
  const end = button(i18n.t('companion.unpair'), async () => {
    end.disabled = true;
    await endPairing();
    show(null);
  });
  const about = i18n.t('companion.paired', [pairing.address, pairing.name]);
  return [html('p', {}, about), state, html('p', { class: 'quiet' }, i18n.t('companion.kept')), end];
}

function unpaired(show: (now: Pairing) => void): HTMLElement[] {
  const address = html('input', { type: 'text', value: DEFAULT_ADDRESS, required: '', autocomplete: 'off', spellcheck: 'false' });
  const code = html('input', { type: 'text', inputmode: 'numeric', required: '', autocomplete: 'off' });
  const submit = html('button', { type: 'submit' }, i18n.t('companion.pair'));
  const said = html('p', { role: 'status' });
  const form = html(
    'form',
    {},
    html('label', {}, i18n.t('companion.address'), address),
    html('label', {}, i18n.t('companion.code'), code),
    submit,
    said,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    said.textContent = i18n.t('companion.pairing');
    const outcome = await tryToPair(address.value, code.value);
    if (typeof outcome !== 'string') show(outcome);
    else said.textContent = outcome;
    submit.disabled = false;
  });
  return [form];
}

/** Yields the pairing, which is then kept, or why there is none. */
async function tryToPair(typed: string, code: string): Promise<Pairing | string> {
  const address = companionAddress(typed);
  if (!address) return i18n.t('companion.wrong_address', [DEFAULT_ADDRESS]);
  const asked = browser.permissions.request({ origins: [companionPattern(address)] }); // before anything is awaited, or it is refused
  if (!(await asked.catch((error) => (console.warn(error), false)))) return i18n.t('companion.no_access');
  try {
    const pairing = await pair(address, code);
    await keepPairing(pairing);
    return pairing;
  } catch (error) {
    await giveUpAccess(address);
    return error instanceof MediaError && error.reason === 'companion_refused' ? i18n.t('companion.wrong_code') : wordsOf(error);
  }
}

/** Unless the user has the browser watch that site. */
async function giveUpAccess(address: string): Promise<void> {
  const { watchSites } = await readSettings();
  if (watchSites.includes(new URL(address).hostname)) return;
  await browser.permissions.remove({ origins: [companionPattern(address)] }).catch(console.warn);
}

function wordsOf(error: unknown): string {
  const { reason, message } = error instanceof MediaError ? error : { reason: 'internal' as const, message: String(error) };
  return `${failureWords(reason)} ${failureDetail(reason, message)}`;
}
