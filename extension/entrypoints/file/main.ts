/** Checks a video file of the user's, as a video of a page is checked. */

import { i18n } from '#i18n';
import type { ToBackground } from '../../lib/messages';
import { html } from '../../ui/dom';
import '../../ui/page.css';
import { startPage } from '../../ui/page';
import { Badge } from '../check/badge';
import { check } from '../check/check';
import './file.css';

const input = html('input', { type: 'file', accept: 'video/*,.mkv,.avi,.mov' });
const video = html('video', { controls: '', hidden: '' });
video.muted = true;

/** Each file's badge closes when the next takes the player. */
async function checkFile(file: File): Promise<void> {
  document.title = file.name; // by which the history names it
  if (video.src) URL.revokeObjectURL(video.src);
  video.hidden = false;
  const loaded = new Promise((resolve) => {
    for (const event of ['loadeddata', 'error']) video.addEventListener(event, resolve, { once: true });
  });
  video.src = URL.createObjectURL(file);
  await loaded;
  const badge = new Badge(video, 'video', file.name);
  await browser.runtime.sendMessage({ type: 'analyst' } satisfies ToBackground);
  await check(video, badge, file.name);
}

startPage(
  `Unmask: ${i18n.t('file.title')}`,
  html(
    'main',
    {},
    html('h1', {}, i18n.t('file.title')),
    html('section', { class: 'card' }, html('label', {}, i18n.t('file.choose'), input), html('p', { class: 'quiet' }, i18n.t('file.help'))),
    video,
  ),
);
input.addEventListener('change', () => input.files?.[0] && void checkFile(input.files[0]));
