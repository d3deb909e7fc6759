/**
 * How much evidence a verdict's words ask for. Moves the bounds between the words; scores stay as the detector gave them.
 *
 * The rule, on the odds `score / (1 - score)` of the bundle's two bounds:
 *
 *     cautious    upper bound x 4: fewer false alarms, more forgeries called inconclusive
 *     balanced    as in the bundle
 *     sensitive   both bounds / 4, the upper never below the bundle's lower: fewer forgeries missed, more false alarms
 *
 * No choice raises the lower bound: *no sign of forgery found* is never easier to get than the bundle says.
 */

import type { Bands } from '#manifest';
import type { Report } from './messages';
import type { Track } from './result';
import { inBands, judgeInput } from './scoring';

export const SENSITIVITIES = ['cautious', 'balanced', 'sensitive'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

const ODDS_FACTOR = 4;

export function isSensitivity(value: unknown): value is Sensitivity {
  return (SENSITIVITIES as readonly unknown[]).includes(value);
}

/** The bounds of a bundle, moved. */
export function movedBands(bands: Bands, sensitivity: Sensitivity): Bands {
  const { likely_authentic_below: low, likely_manipulated_from: high } = bands;
  if (sensitivity === 'cautious') return { ...bands, likely_manipulated_from: withOdds(high, ODDS_FACTOR) };
  if (sensitivity === 'balanced') return bands;
  return {
    likely_authentic_below: withOdds(low, 1 / ODDS_FACTOR),
    likely_manipulated_from: Math.max(low, withOdds(high, 1 / ODDS_FACTOR)),
  };
}

/** A report as it is shown: the same scores, verdicts by the moved bounds. */
export function judgedWith<R extends Pick<Report, 'result' | 'bands'>>(report: R, sensitivity: Sensitivity): R {
  const { result } = report;
  if (result.error !== null || sensitivity === 'balanced') return report;
  const bands = movedBands(report.bands, sensitivity);
  const tracks = result.tracks.map((track) => {
    if (!isReliable(track)) return track;
    const { verdict, reason } = inBands(track.score, bands);
    return { ...track, verdict, reason };
  });
  const { verdict, reason } = judgeInput(tracks.map((track) => ({ ...track, reliable: isReliable(track) })));
  return { ...report, bands, result: { ...result, tracks, verdict, reason } };
}

/** Whether the face was seen well enough to be judged by its score. */
function isReliable({ reason }: Track): boolean {
  return reason === null || reason === 'score_between_bands';
}

/** The score whose odds are `factor` times a score's; 0 and 1 stay what they are. */
function withOdds(score: number, factor: number): number {
  return (factor * score) / (1 - score + factor * score);
}
