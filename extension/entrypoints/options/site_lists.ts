/** The sites that are watched and those that are never checked, each to be taken off its list. */

import { i18n } from '#i18n';
import { withChoice } from '../../lib/site_choice';
import { type Settings, changeSettings, readSettings } from '../../lib/settings';
import { sitePatterns } from '../../lib/sites';
import { html } from '../../ui/dom';
import { button } from '../../ui/page';

export async function siteLists({ watchSites, neverSites }: Settings): Promise<Node[]> {
  const accessible = await Promise.all(watchSites.map(isAccessible));
  const watched = watchSites.map((site, k) => item(site, accessible[k]! ? '' : i18n.t('options.no_access')));
  return [list(i18n.t('options.watched'), watched), list(i18n.t('options.never'), neverSites.map((site) => item(site, '')))];
}

/** Whether the browser lets the extension read a site by itself. */
async function isAccessible(site: string): Promise<boolean> {
  const held = await Promise.all(sitePatterns(site).map((origin) => browser.permissions.contains({ origins: [origin] })));
  return held.includes(true);
}

function list(heading: string, items: Node[]): HTMLElement {
  const content = items.length > 0 ? html('ul', { class: 'plain' }, ...items) : html('p', { class: 'quiet' }, i18n.t('options.no_sites'));
  return html('div', { role: 'group', 'aria-label': heading }, html('h3', {}, heading), content);
}

function item(site: string, note: string): HTMLElement {
  const remove = button(i18n.t('options.remove'), async () => {
    await changeSettings(withChoice(site, 'on_request', await readSettings()));
    await browser.permissions.remove({ origins: sitePatterns(site) }).catch(console.warn);
  });
  remove.setAttribute('aria-label', i18n.t('options.remove_site', [site]));
  return html('li', {}, site, remove, ...(note ? [html('span', { class: 'quiet' }, note)] : []));
}
