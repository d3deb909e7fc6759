/** What scoring a video yields: the fields of `unmask_edge/result.py`, by the same names. */

import type { Box } from './geometry';
import type { MediaErrorReason } from './errors';

export type Verdict = 'likely authentic' | 'inconclusive' | 'likely manipulated';
export type Flaw = 'face_too_small' | 'face_too_blurred';
export type Reason = Flaw | 'score_between_bands' | 'too_few_frames';

/** One face in one sampled frame. */
export interface FaceFrame {
  /** When the frame is shown. */
  time_s: number;
  /** Face box in px of the upright frame. */
  box: Box;
  /** The square `[x1, y1, x2, y2]` in whole px that was scored; the region map lies over it. */
  crop: Box;
  /** Calibrated P(fake) in [0, 1]. */
  score: number;
  /** Why the frame does not count, if it does not. */
  flaw: Flaw | null;
  /** P(changed) in [0, 1] of each cell of the crop, row by row. */
  region_map: number[][];
}

/** One face through the clip. */
export interface Track {
  track: number;
  score: number;
  verdict: Verdict;
  reason: Reason | null;
  frames: FaceFrame[];
}

/** Which detector said so. */
export interface ModelInfo {
  name: string;
  version: string;
  format: string;
  runtime: string;
}

/** The answer for one video; `score` and `verdict` are null exactly where `error` is set. */
export interface Result {
  /** The video's address. */
  path: string;
  score: number | null;
  verdict: Verdict | null;
  reason: Reason | null;
  error: { reason: MediaErrorReason; message: string } | null;
  width_px: number | null;
  height_px: number | null;
  /** Null where the video states none, as live streams do. */
  duration_s: number | null;
  /** Frames that were looked at. */
  frames_sampled: number;
  tracks: Track[];
  /** Time spent by stage: decode, find, crop, score, aggregate. */
  timings_ms: Record<string, number>;
  model: ModelInfo;
}
