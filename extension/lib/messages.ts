/**
 * Every message between the extension's parts.
 *
 *     background --PageRequest--> page        asks which video a frame shows, or tells it to check one
 *     page <--port--> offscreen document      ToAnalyst one way, ToPage the other, for the length of one check
 *     offscreen document --'idle'--> background
 */

import type { Bands } from '#manifest';
import type { Result } from './result';

/** Which video the user meant: the one that plays this address, or the largest visible one. */
export interface Target {
  src?: string;
}

/** background to page: `survey` is answered by a `Survey`, `check` by nothing. */
export interface PageRequest extends Target {
  type: 'survey' | 'check';
}

/** How much of the window a frame's best video covers, 0 if the frame shows none. */
export interface Survey {
  areaPx: number;
}

/** Whence the frames came: the whole clip's file, or what the page's player showed meanwhile. */
export type Route = 'whole_clip' | 'moments_watched';

/** A small picture of one examined frame: the page has not decoded it and could not show it. */
export interface Picture {
  /** When the frame is shown, as the result says it. */
  time_s: number;
  /** A `data:image/jpeg` address. */
  jpeg: string;
}

/** A finished check, with what the badge needs to explain it. */
export interface Report {
  result: Result;
  route: Route;
  bands: Bands;
  /** Of the frames in which a face was found. */
  pictures: Picture[];
}

/** page to offscreen document. */
export type ToAnalyst =
  /** Starts a check; `src` is null where the address is one that only the page itself can read. */
  | { type: 'check'; src: string | null; path: string }
  /** One of `total` frames, as a lossless `data:image/png` address. */
  | { type: 'frame'; timeS: number; png: string; total: number }
  /** No more frames will come. */
  | { type: 'lent'; durationS: number | null; route: Route };

/** offscreen document to page. */
export type ToPage =
  | { type: 'progress'; done: number; total: number }
  /** Asks the page for frames, since the clip's address cannot be read from outside it. */
  | { type: 'lend'; frames: number }
  | { type: 'report'; report: Report }
  /** `damaged`: the packed detector cannot be trusted. */
  | { type: 'failed'; reason: 'damaged' | 'internal'; message: string };

/** Name of the port between page and offscreen document. */
export const PORT = 'check';

/** offscreen document to background: nothing to do for a while. */
export const IDLE = 'idle';
