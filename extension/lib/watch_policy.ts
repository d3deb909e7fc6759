/** Which videos are looked at unasked, when, and how gently: decisions alone, apart from pages and clocks. */

import type { Verdict } from './result';

/** Share of one core that looking may take while a video is watched; nothing is done while none is. */
export const BUDGET = 0.04;
/** Frames of one look: few, yet one more than a verdict needs. */
export const LOOK_FRAMES = 4;
/** Videos shown smaller are previews: their faces are too small to judge. */
const MIN_AREA_PX = 200 * 112;
/** A long video is looked at again, since it may show other faces by then. */
const AGAIN_AFTER_MS = 120_000;
/** Where a look failed, as before the first frame is shown, another try soon costs little. */
const RETRY_AFTER_MS = 20_000;
const PAUSE_MS = { min: 500, max: 30_000 };
/** On battery every look takes half as much; below this level none is taken. */
const LOW_BATTERY = 0.2;
const MAX_STRAIN = 4;
/** A player that drops more of its frames than this between two looks is in need of the processor. */
const DROPPED_SHARE = 0.05;
/** A frame that takes longer to score meets a processor that is busy with other things. */
const SLOW_FRAME_MS = 1000;

/** How a look at a video ended; `unreadable` will not change as long as the video stays. */
export type Outcome = Verdict | 'no verdict' | 'unreadable';

/** A video of a page. */
export interface Candidate {
  /** How much of the window it covers. */
  areaPx: number;
  playing: boolean;
  protected: boolean;
  /** Of this very video, not of one that the player showed before; null if there was none. */
  lastLook: { endedMs: number; outcome: Outcome } | null;
}

/** State of the battery; null where there is none or the browser does not tell. */
export type Battery = { charging: boolean; level: number } | null;

/** What happened between two frames of a look. */
export interface Load {
  busyMs: number;
  droppedFrames: number;
  playedFrames: number;
}

/** Whether anything may be looked at. */
export function mayLook(pageHidden: boolean, battery: Battery): boolean {
  return !pageHidden && !(battery && !battery.charging && battery.level <= LOW_BATTERY);
}

/** The index of the video to look at: the largest whose time has come; null if there is none. */
export function chosen(candidates: Candidate[], nowMs: number): number | null {
  const due = [...candidates.keys()].filter((index) => dueMs(candidates[index]!) <= nowMs);
  return due.sort((a, b) => candidates[b]!.areaPx - candidates[a]!.areaPx)[0] ?? null;
}

/** When the next video's time comes, in ms; infinite if none will be looked at as things are. */
export function nextDueMs(candidates: Candidate[]): number {
  return Math.min(Infinity, ...candidates.map(dueMs));
}

/** Whether a look that has begun is still worth its time. */
export function isShown({ areaPx, playing }: Candidate): boolean {
  return playing && areaPx >= MIN_AREA_PX;
}

/** How long to rest after a frame, so that the budget is kept. */
export function pauseMs(busyMs: number, strain: number, battery: Battery): number {
  const share = battery && !battery.charging ? BUDGET / 2 : BUDGET;
  const pause = (busyMs * (1 - share)) / share;
  return Math.min(Math.max(pause * 2 ** strain, PAUSE_MS.min), PAUSE_MS.max);
}

/** How strained the machine is, from 0 to 4: each level doubles the rests. */
export function strainAfter(strain: number, { busyMs, droppedFrames, playedFrames }: Load): number {
  const lags = droppedFrames > DROPPED_SHARE * playedFrames || busyMs > SLOW_FRAME_MS;
  return Math.min(Math.max(strain + (lags ? 1 : -1), 0), MAX_STRAIN);
}

/** Whether a badge appears unasked: a page full of badges that say nothing would be closed unread. */
export function isWorthSaying(verdict: Verdict | null): boolean {
  return verdict === 'likely manipulated';
}

function dueMs(candidate: Candidate): number {
  if (!isShown(candidate) || candidate.protected) return Infinity;
  if (!candidate.lastLook) return 0;
  const { endedMs, outcome } = candidate.lastLook;
  if (outcome === 'unreadable' || outcome === 'likely manipulated') return Infinity;
  return endedMs + (outcome === 'no verdict' ? RETRY_AFTER_MS : AGAIN_AFTER_MS);
}
