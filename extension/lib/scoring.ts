/** From frame scores to a verdict, as in `unmask_edge/scoring.py`. */

import type { AggregationSpec, Bands } from '#manifest';
import type { Flaw, Reason, Verdict } from './result';

/** A track's or an input's verdict, and why it is inconclusive where it is. */
export interface Judgement {
  score: number;
  verdict: Verdict;
  reason: Reason | null;
  reliable: boolean;
}

// Keeps the logit of a saturated score finite.
const EPSILON = 1e-6;

/** Temperature scaling (Guo et al. 2017): the logit of P(fake) divided by the temperature, back in [0, 1]. */
export function calibrate(rawScore: number, temperature: number): number {
  return 1 / (1 + Math.exp(-logit(rawScore) / temperature));
}

/** One P(fake) before temperature from one or more looks at the same face: their mean logit, back in [0, 1]. */
export function averaged(rawScores: number[]): number {
  if (rawScores.length === 1) return rawScores[0]!; // whose last digit logit and back would round
  return 1 / (1 + Math.exp(-mean(rawScores.map(logit))));
}

function logit(rawScore: number): number {
  const clipped = Math.min(Math.max(rawScore, EPSILON), 1 - EPSILON);
  return Math.log(clipped / (1 - clipped));
}

/** What keeps a frame's face from counting, if anything does. */
export function frameFlaw(facePx: number, sharpness: number, spec: AggregationSpec): Flaw | null {
  if (facePx < spec.min_face_px) return 'face_too_small';
  return sharpness < spec.min_sharpness ? 'face_too_blurred' : null;
}

/**
 * Judges one face over its frames.
 *
 * @param faces - its calibrated score and flaw in each frame it was found in; at least one.
 * @param framesSampled - frames of the whole input that were looked at.
 */
export function judgeTrack(
  faces: { score: number; flaw: Flaw | null }[],
  framesSampled: number,
  spec: AggregationSpec,
  bands: Bands,
): Judgement {
  const usable = faces.filter(({ flaw }) => flaw === null);
  const score = mean((usable.length > 0 ? usable : faces).map((face) => face.score));
  if (usable.length >= Math.min(spec.min_frames, framesSampled)) return inBands(score, bands);
  const small = faces.filter(({ flaw }) => flaw === 'face_too_small').length;
  const blurred = faces.filter(({ flaw }) => flaw === 'face_too_blurred').length;
  const worst: Flaw = small >= blurred ? 'face_too_small' : 'face_too_blurred';
  const reason: Reason = Math.max(small, blurred) > usable.length ? worst : 'too_few_frames';
  return { score, verdict: 'inconclusive', reason, reliable: false };
}

/** Judges a clip by its most suspicious reliable track, or says why there is none; at least one track. */
export function judgeInput(tracks: Judgement[]): Judgement {
  const reliable = tracks.filter((track) => track.reliable);
  return (reliable.length > 0 ? reliable : tracks).reduce((most, track) => (track.score > most.score ? track : most));
}

/** The verdict on a score that can be trusted as far as face and frames go. */
export function inBands(score: number, bands: Bands): Judgement {
  if (score >= bands.likely_manipulated_from) return { score, verdict: 'likely manipulated', reason: null, reliable: true };
  if (score < bands.likely_authentic_below) return { score, verdict: 'likely authentic', reason: null, reliable: true };
  return { score, verdict: 'inconclusive', reason: 'score_between_bands', reliable: true };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
