/** The page's side, injected at the user's click: finds the video, shows the badge, lends frames. */

import type { PageRequest, Survey } from '../../lib/messages';
import { Badge } from './badge';
import { check } from './check';
import { bestVideo, visibleAreaPx } from './videos';

declare global {
  // Set in the extension's own world of the page, which page scripts do not see.
  var unmaskListens: true | undefined;
}

const badges = new Map<HTMLVideoElement | null, Badge>();

export default defineUnlistedScript(() => {
  if (globalThis.unmaskListens) return;
  globalThis.unmaskListens = true;
  browser.runtime.onMessage.addListener((request: PageRequest, _sender, answer: (survey: Survey) => void) => {
    const video = bestVideo(request);
    if (request.type === 'survey') answer({ areaPx: video ? visibleAreaPx(video) : 0 });
    else void show(video);
  });
});

async function show(video: HTMLVideoElement | null): Promise<void> {
  badges.get(video)?.close();
  const badge = new Badge(video);
  badges.set(video, badge);
  if (video) await check(video, badge);
  else badge.showFailure('no_video');
}
