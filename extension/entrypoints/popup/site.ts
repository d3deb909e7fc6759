/** What the user wants on the page's site; watching it needs the browser's permission, which is asked for here. */

import { i18n } from '#i18n';
import { SITE_CHOICES, type SiteChoice, choiceOn, withChoice } from '../../lib/site_choice';
import { type Settings, changeSettings, readSettings } from '../../lib/settings';
import { sitePatterns } from '../../lib/sites';
import { html } from '../../ui/dom';
import { radios } from '../../ui/page';

export function siteChoice(site: string, settings: Settings): HTMLElement {
  const refused = html('p', { class: 'quiet', role: 'alert', hidden: '' }, i18n.t('popup.refused'));
  const words = (choice: SiteChoice) => ({
    label: i18n.t(`popup.${choice}`),
    ...(choice === 'watch' && { help: i18n.t('popup.watch_help') }),
  });
  const choices = radios('site', SITE_CHOICES, choiceOn(site, settings), words, async (choice) => {
    refused.hidden = true;
    if (choice !== 'watch' || (await mayWatch(site))) return choose(site, choice);
    await choose(site, 'on_request');
    choices[0]!.querySelector('input')!.checked = true;
    refused.hidden = false;
  });
  return html('section', { class: 'card' }, html('fieldset', {}, html('legend', {}, i18n.t('popup.site', [site])), ...choices), refused);
}

async function choose(site: string, choice: SiteChoice): Promise<void> {
  await changeSettings(withChoice(site, choice, await readSettings()));
  if (choice !== 'watch') await browser.permissions.remove({ origins: sitePatterns(site) }).catch(console.warn);
}

/** Asks the browser. The wish is kept meanwhile, since some browsers close the popup with their question. */
async function mayWatch(site: string): Promise<boolean> {
  const asked = browser.permissions.request({ origins: sitePatterns(site) }); // before anything is awaited, or it is refused
  await choose(site, 'watch');
  return asked.catch((error) => (console.warn(error), false));
}
