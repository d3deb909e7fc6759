/**
 * Every message between the extension's parts.
 *
 *     background --PageRequest--> page        asks which video a frame shows, or tells it to check one
 *     page --ToBackground--> background       asks for what a page cannot do
 *     popup --ToBackground--> background      asks for a check
 *     page <--port--> offscreen document      ToAnalyst one way, ToPage the other, for the length of one check or hand-over
 *     offscreen document --ToBackground--> background
 */

import type { Bands } from '#manifest';
import type { MediaErrorReason } from './errors';
import type { Result, Verdict } from './result';

/** What the user meant: the listed video of a number, the picture or video at an address, or the video that shows most. */
export interface Target {
  kind: 'video' | 'picture';
  number?: number;
  src?: string;
}

/**
 * background or popup to page: `survey` is answered by a `Survey`, `list` by a `ListedVideo[]`, the others by nothing.
 * `refuse` says over the video that nothing is checked on this site.
 */
export type PageRequest = ({ type: 'survey' | 'check' | 'refuse' } & Target) | { type: 'list' };

/** A video of a frame, as the popup lists it. */
export interface ListedVideo {
  /** Stays the same as long as the page does. */
  number: number;
  /** How much of the window it covers. */
  areaPx: number;
  widthPx: number;
  heightPx: number;
  /** What its badge says. */
  state: 'unchecked' | 'working' | 'failure' | Verdict;
  score: number | null;
}

/** How much of the window a frame's best video covers, 0 if the frame shows none. */
export interface Survey {
  areaPx: number;
}

export type ToBackground =
  /** Answered once the offscreen document listens. */
  | { type: 'analyst' }
  /** Answered by a `Captured`. */
  | { type: 'capture' }
  /** The offscreen document has had nothing to do for a while. */
  | { type: 'idle' }
  /** Answered by the `Pairing`, or null; to the extension's own documents alone. */
  | { type: 'pairing' }
  /** The popup's wish: a check of a listed video, or, without a frame, of the one in sight. */
  | { type: 'check_tab'; tabId: number; frameId?: number; number?: number }
  /** What a check found, for the history. */
  | { type: 'checked'; given: Omit<Report, 'pictures'> };

/** What the visible part of the tab looks like, as a `data:image/png` address; null where that may not be seen. */
export type Captured = string | null;

/**
 * Whence the frames came: the whole clip's file, what the page's player showed meanwhile, what the screen showed of it,
 * a picture's own pixels, or the whole clip's file by way of the companion.
 */
export type Route = 'whole_clip' | 'moments_watched' | 'screen_captured' | 'picture' | 'companion';

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
  /** Starts a check; `src` is null where the page itself is to lend the pixels. */
  | { type: 'check'; kind: Target['kind']; src: string | null; path: string }
  /** One of `total` frames, as a lossless `data:image/png` address. */
  | { type: 'frame'; timeS: number; png: string; total: number }
  /** No more frames will come. */
  | { type: 'lent'; durationS: number | null; route: Route }
  /** Starts a hand-over to the companion. */
  | { type: 'hand_over'; src: string; path: string }
  /** The file's next piece as a `data:` address; null at its end. */
  | { type: 'piece'; content: string | null };

/** offscreen document to page. */
export type ToPage =
  /** `total` is null until it is known; `busyMs`: how long the last frame was worked on. */
  | { type: 'progress'; done: number; total: number | null; busyMs: number }
  /** Asks the page for frames, since the clip's address cannot be read from outside it. */
  | { type: 'lend'; frames: number }
  /** Asks the page for the file's next piece, since nobody else may read it. */
  | { type: 'lend_piece' }
  | { type: 'report'; report: Report }
  | { type: 'failed'; reason: MediaErrorReason; message: string };

/**
 * Name of the port between page and offscreen document: checks that the user waits for, those that nobody does, and videos
 * for the companion.
 */
export type Port = 'check' | 'watch' | 'companion';
