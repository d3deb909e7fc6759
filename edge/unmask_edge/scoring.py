"""From frame scores to a verdict.

Mirrored by `extension/lib/scoring.ts`; `tests/golden/arithmetic.json` holds both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, log
from typing import Literal

from unmask_edge.manifest import AggregationSpec, Bands

Verdict = Literal["likely authentic", "inconclusive", "likely manipulated"]
Reason = Literal["score_between_bands", "face_too_small", "face_too_blurred", "too_few_frames"]
Flaw = Literal["face_too_small", "face_too_blurred"]

# Keeps the logit of a saturated score finite.
EPSILON = 1e-6


@dataclass(frozen=True)
class Judgement:
    """A track's or an input's verdict, and why it is inconclusive where it is."""

    score: float
    verdict: Verdict
    reason: Reason | None
    reliable: bool


def calibrate(raw_score: float, temperature: float) -> float:
    """Temperature scaling (Guo et al. 2017): the logit of P(fake) divided by the temperature, back in [0, 1]."""
    return 1 / (1 + exp(-_logit(raw_score) / temperature))


def averaged(raw_scores: Sequence[float]) -> float:
    """One P(fake) before temperature from one or more looks at the same face: their mean logit, back in [0, 1]."""
    if len(raw_scores) == 1:
        return raw_scores[0]  # whose last digit logit and back would round
    return 1 / (1 + exp(-fsum(map(_logit, raw_scores)) / len(raw_scores)))


def frame_flaw(face_px: float, sharpness: float, spec: AggregationSpec) -> Flaw | None:
    """What keeps a frame's face from counting, if anything does."""
    if face_px < spec.min_face_px:
        return "face_too_small"
    return "face_too_blurred" if sharpness < spec.min_sharpness else None


def judge_track(
    scores: Sequence[float], flaws: Sequence[Flaw | None], frames_sampled: int, spec: AggregationSpec, bands: Bands
) -> Judgement:
    """Judge one face over its frames.

    Args:
        scores: its calibrated score in each frame it was found in; at least one.
        flaws: the flaw of each of these frames, or None.
        frames_sampled: frames of the whole input that were looked at.
        spec: aggregation rule of the bundle.
        bands: verdict bands of the bundle.
    """
    usable = [score for score, flaw in zip(scores, flaws, strict=True) if flaw is None]
    # `sum` rounds differently from Python 3.12 on.
    score = fsum(usable or scores) / len(usable or scores)
    if len(usable) >= min(spec.min_frames, frames_sampled):
        return _in_bands(score, bands)
    counts = {flaw: flaws.count(flaw) for flaw in ("face_too_small", "face_too_blurred")}
    worst: Flaw = "face_too_small" if counts["face_too_small"] >= counts["face_too_blurred"] else "face_too_blurred"
    reason: Reason = worst if counts[worst] > len(usable) else "too_few_frames"
    return Judgement(score, "inconclusive", reason, reliable=False)


def judge_input(tracks: Sequence[Judgement]) -> Judgement:
    """Judge an image or clip by its most suspicious reliable track, or say why there is none; at least one track."""
    reliable = [track for track in tracks if track.reliable]
    return max(reliable or tracks, key=lambda track: track.score)


def _logit(raw_score: float) -> float:
    clipped = min(max(raw_score, EPSILON), 1 - EPSILON)
    return log(clipped / (1 - clipped))


def _in_bands(score: float, bands: Bands) -> Judgement:
    if score >= bands.likely_manipulated_from:
        return Judgement(score, "likely manipulated", None, reliable=True)
    if score < bands.likely_authentic_below:
        return Judgement(score, "likely authentic", None, reliable=True)
    return Judgement(score, "inconclusive", "score_between_bands", reliable=True)
