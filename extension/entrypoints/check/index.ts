/**
 * The page's side, injected at the user's click, or by itself on sites that the user allowed to watch: finds the video or
 * picture, shows the badge, lends frames.
 */

import type { ListedVideo, PageRequest, Report, Survey, Target } from '../../lib/messages';
import { Badge } from './badge';
import { type Media, check } from './check';
import { listedVideos, videoByNumber } from './listed_videos';
import { meant, shownAreaPx } from './videos';
import { watchWhereAllowed } from './watching';

declare global {
  // Set in the extension's own world of the page, which page scripts do not see.
  var unmaskListens: true | undefined;
}

const badges = new Map<Media | null, Badge>();

export default defineUnlistedScript(() => {
  if (globalThis.unmaskListens) return;
  globalThis.unmaskListens = true;
  browser.runtime.onMessage.addListener((request: PageRequest, _sender, answer: (answer: Survey | ListedVideo[]) => void) => {
    if (request.type === 'list') {
      answer(listedVideos(badges));
      return;
    }
    const media = videoByNumber(request.number) ?? meant(request);
    if (request.type === 'survey') answer({ areaPx: media ? shownAreaPx(media) : 0 });
    else void show(media, request.kind, request.type);
  });
  watchWhereAllowed(tell);
});

async function show(media: Media | null, kind: Target['kind'], what: 'check' | 'refuse'): Promise<void> {
  badges.get(media)?.close();
  const badge = new Badge(media, kind);
  badges.set(media, badge);
  if (what === 'refuse') badge.showFailure('refused');
  else if (media) await check(media, badge);
  else badge.showFailure('no_video');
}

/** Shows what was found unasked, unless the user has a badge there already. */
function tell(video: HTMLVideoElement, report: Report): void {
  const present = badges.get(video);
  if (present && !present.signal.aborted) return;
  const badge = new Badge(video, 'video');
  badges.set(video, badge);
  void badge.showReport(report);
}
