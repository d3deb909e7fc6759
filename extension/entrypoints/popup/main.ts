/** What the toolbar button opens: check the video in sight, this page's videos and verdicts, what to do on this site. */

import { i18n } from '#i18n';
import type { ToBackground } from '../../lib/messages';
import { choiceOn } from '../../lib/site_choice';
import { changeSettings, onSettings, readSettings } from '../../lib/settings';
import { siteOf } from '../../lib/sites';
import '../../ui/page.css';
import { html } from '../../ui/dom';
import { button, checkbox, choice, startPage } from '../../ui/page';
import './popup.css';
import { siteChoice } from './site';
import { keepListed } from './videos';

async function start(): Promise<void> {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const tabId = tab!.id!;
  const site = siteOf(tab!.url);
  const check = button(i18n.t('popup.check'), () => void checkInSight(tabId), 'primary');
  const videos = html('section', { class: 'card', 'aria-label': i18n.t('popup.videos') });
  const settings = await readSettings();
  const pause = checkbox(settings.paused, (paused) => void changeSettings({ paused }));
  startPage(
    i18n.t('extension.button'),
    html(
      'main',
      {},
      html('h1', {}, 'Unmask'),
      check,
      videos,
      ...(site ? [siteChoice(site, settings)] : []),
      html('section', { class: 'card' }, choice(pause, i18n.t('popup.pause'))),
    ),
    html(
      'footer',
      {},
      button(i18n.t('popup.file'), () => openTab('/file.html')),
      button(i18n.t('popup.history'), () => openTab('/results.html')),
      button(i18n.t('popup.options'), openOptions),
    ),
  );
  check.focus();
  const follow = ({ watchSites, neverSites }: typeof settings) => {
    const refused = site !== null && choiceOn(site, { watchSites, neverSites }) === 'never';
    check.disabled = refused;
    videos.hidden = refused;
  };
  follow(settings);
  onSettings(follow);
  await keepListed(videos, tabId);
}

/** The badge then lies over the video; the popup would hide it. */
async function checkInSight(tabId: number): Promise<void> {
  await browser.runtime.sendMessage({ type: 'check_tab', tabId } satisfies ToBackground);
  close();
}

function openTab(path: '/results.html' | '/file.html'): void {
  void browser.tabs.create({ url: browser.runtime.getURL(path) }).then(() => close());
}

function openOptions(): void {
  void browser.runtime.openOptionsPage().then(() => close());
}

void start();
