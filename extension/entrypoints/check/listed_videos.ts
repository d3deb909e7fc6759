/** The frame's videos, as the popup lists them. */

import type { ListedVideo } from '../../lib/messages';
import type { Badge } from './badge';
import { allOf, isDecoration, shownAreaPx } from './videos';

const numbers = new WeakMap<HTMLVideoElement, number>();
let highest = 0;

/** Videos of some size, in sight or not. */
export function listedVideos(badges: ReadonlyMap<unknown, Badge>): ListedVideo[] {
  return allOf('video')
    .filter((video) => !isDecoration(video))
    .map((video) => {
      const badge = badges.get(video);
      const { state, score } = badge && !badge.signal.aborted ? badge : { state: 'unchecked' as const, score: null };
      const [widthPx, heightPx] = [video.clientWidth, video.clientHeight];
      return { number: numberOf(video), areaPx: shownAreaPx(video), widthPx, heightPx, state, score };
    });
}

export function videoByNumber(number: number | undefined): HTMLVideoElement | null {
  return allOf('video').find((video) => numbers.get(video) === number && number !== undefined) ?? null;
}

function numberOf(video: HTMLVideoElement): number {
  const number = numbers.get(video) ?? ++highest;
  numbers.set(video, number);
  return number;
}
