/** The videos of a tab and what was found in them, as long as the popup is open. */

import { i18n } from '#i18n';
import type { ListedVideo, PageRequest, ToBackground } from '../../lib/messages';
import { html } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { button } from '../../ui/page';
import { percent, verdictWords } from '../../ui/words';

const REFRESH_MS = 700;

interface VideoOfFrame extends ListedVideo {
  frameId: number;
}

/** Keeps the section as the page is; says so where the page cannot be read. */
export async function keepListed(section: HTMLElement, tabId: number): Promise<void> {
  const heading = html('h2', {}, i18n.t('popup.videos'));
  let shown = '';
  const refresh = async (frameIds: number[]) => {
    const videos = await listVideos(tabId, frameIds);
    if (JSON.stringify(videos) === shown) return; // what has focus keeps it
    shown = JSON.stringify(videos);
    const items = videos.map((video, index) => item(video, index + 1, tabId));
    section.replaceChildren(heading, items.length > 0 ? html('ul', { class: 'plain videos' }, ...items) : note('none'));
  };
  try {
    const frames = await browser.scripting.executeScript({ target: { tabId, allFrames: true }, files: ['/check.js'] });
    const frameIds = frames.map((frame) => frame.frameId);
    await refresh(frameIds);
    setInterval(() => void refresh(frameIds).catch(console.warn), REFRESH_MS);
  } catch (error) {
    console.warn(error);
    section.replaceChildren(heading, note('no_access'));
  }
}

function note(key: 'none' | 'no_access'): HTMLElement {
  return html('p', { class: 'quiet' }, i18n.t(`popup.${key}`));
}

/** Videos of frames that have the page's script, those that show most first. */
async function listVideos(tabId: number, frameIds: number[]): Promise<VideoOfFrame[]> {
  const lists = await Promise.all(
    frameIds.map(async (frameId) => {
      const answer: Promise<ListedVideo[]> = browser.tabs.sendMessage(tabId, { type: 'list' } satisfies PageRequest, { frameId });
      return (await answer.catch(() => [])).map((video) => ({ ...video, frameId }));
    }),
  );
  return lists.flat().sort((a, b) => b.areaPx - a.areaPx);
}

function item(video: VideoOfFrame, position: number, tabId: number): HTMLElement {
  const { state, score, areaPx, widthPx, heightPx, frameId, number } = video;
  const name = i18n.t('popup.video', [position]);
  const place = areaPx > 0 ? i18n.t('popup.size', [widthPx, heightPx]) : i18n.t('popup.out_of_sight');
  const again = state === 'unchecked' || state === 'working' ? 'check_one' : 'check_again';
  const check = button(i18n.t(`popup.${again}`), () => {
    void browser.runtime.sendMessage({ type: 'check_tab', tabId, frameId, number } satisfies ToBackground);
  });
  check.setAttribute('aria-label', `${check.textContent}: ${name}`);
  check.disabled = state === 'working';
  return html(
    'li',
    { 'data-state': state },
    icon(state === 'unchecked' ? 'video' : state),
    html('strong', {}, `${name}: ${stateWords(state)}`),
    html('span', { class: 'quiet' }, score === null ? place : `${i18n.t('badge.score', [percent(score)])} ${caveat(state)}`),
    check,
  );
}

function stateWords(state: ListedVideo['state']): string {
  if (state === 'unchecked' || state === 'working') return i18n.t(`popup.${state}`);
  return state === 'failure' ? i18n.t('failure.heading') : verdictWords(state).heading;
}

/** What a verdict does not prove goes with it everywhere. */
function caveat(state: ListedVideo['state']): string {
  const isVerdict = state !== 'unchecked' && state !== 'working' && state !== 'failure';
  return isVerdict ? verdictWords(state).caveat : '';
}
