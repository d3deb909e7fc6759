/** The page's side, injected at the user's click: finds the video or picture, shows the badge, lends frames. */

import type { PageRequest, Survey, Target } from '../../lib/messages';
import { Badge } from './badge';
import { type Media, check } from './check';
import { meant, shownAreaPx } from './videos';

declare global {
  // Set in the extension's own world of the page, which page scripts do not see.
  var unmaskListens: true | undefined;
}

const badges = new Map<Media | null, Badge>();

export default defineUnlistedScript(() => {
  if (globalThis.unmaskListens) return;
  globalThis.unmaskListens = true;
  browser.runtime.onMessage.addListener((request: PageRequest, _sender, answer: (survey: Survey) => void) => {
    const media = meant(request);
    if (request.type === 'survey') answer({ areaPx: media ? shownAreaPx(media) : 0 });
    else void show(media, request.kind);
  });
});

async function show(media: Media | null, kind: Target['kind']): Promise<void> {
  badges.get(media)?.close();
  const badge = new Badge(media, kind);
  badges.set(media, badge);
  if (media) await check(media, badge);
  else badge.showFailure('no_video');
}
