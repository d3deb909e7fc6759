"""From scores to verdicts: what is said, and that too little evidence is called inconclusive with the reason."""

from itertools import pairwise

import pytest

from unmask_edge.manifest import AggregationSpec, Bands
from unmask_edge.scoring import Flaw, calibrate, judge_input, judge_track

SPEC = AggregationSpec(
    track="mean_of_usable_frames", clip="highest_reliable_track", min_face_px=40, min_sharpness=10, min_frames=3
)
BANDS = Bands(likely_authentic_below=0.3, likely_manipulated_from=0.7)
SMALL: Flaw = "face_too_small"
BLURRED: Flaw = "face_too_blurred"


@pytest.mark.parametrize(
    ("score", "verdict", "reason"),
    [
        (0.0, "likely authentic", None),
        (0.299, "likely authentic", None),
        (0.3, "inconclusive", "score_between_bands"),
        (0.699, "inconclusive", "score_between_bands"),
        (0.7, "likely manipulated", None),
        (1.0, "likely manipulated", None),
    ],
)
def test_bands(score: float, verdict: str, reason: str | None) -> None:
    """A reliable track's verdict is that of the band its score lies in; inconclusive says why."""
    judged = judge_track([score], [None], 1, SPEC, BANDS)
    assert (judged.score, judged.verdict, judged.reason, judged.reliable) == (score, verdict, reason, True)


@pytest.mark.parametrize("score", [0.01, 0.5, 0.99])
@pytest.mark.parametrize(
    ("flaws", "reason"),
    [
        ([SMALL] * 5, "face_too_small"),
        ([BLURRED] * 5, "face_too_blurred"),
        ([SMALL, BLURRED, BLURRED, None], "face_too_blurred"),
        ([None, None], "too_few_frames"),
        ([None, None, SMALL], "too_few_frames"),
    ],
)
def test_too_little_evidence(flaws: list[Flaw | None], reason: str, score: float) -> None:
    """Small, blurred or rare faces are inconclusive for that reason, whatever their score."""
    judged = judge_track([score] * len(flaws), flaws, 16, SPEC, BANDS)
    assert (judged.verdict, judged.reason, judged.reliable) == ("inconclusive", reason, False)


@pytest.mark.parametrize("frames_sampled", [1, 2])
def test_short_inputs_need_all_frames(frames_sampled: int) -> None:
    """Where fewer frames exist than are asked for, all of them suffice."""
    assert judge_track([0.9] * frames_sampled, [None] * frames_sampled, frames_sampled, SPEC, BANDS).reliable


def test_flawed_frames_do_not_count() -> None:
    """A track's score is the mean of its usable frames alone."""
    assert judge_track([0.1, 0.2, 0.3, 0.9], [None, None, None, BLURRED], 16, SPEC, BANDS).score == pytest.approx(0.2)


def test_most_suspicious_reliable_track_decides() -> None:
    """One forged face makes the clip suspicious; an unreliable track cannot, unless there is no other."""
    genuine = judge_track([0.1] * 3, [None] * 3, 16, SPEC, BANDS)
    forged = judge_track([0.8] * 3, [None] * 3, 16, SPEC, BANDS)
    rare = judge_track([0.99], [None], 16, SPEC, BANDS)
    assert judge_input([genuine, forged, rare]) is forged
    assert judge_input([rare, genuine]) is genuine
    assert judge_input([rare]) is rare


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_calibration_keeps_order_and_sides(temperature: float) -> None:
    """Temperature changes how sure a score is, neither its side of one half nor the order of scores."""
    scores = [calibrate(raw, temperature) for raw in (0.0, 0.1, 0.5, 0.8, 1.0)]
    assert all(low < high for low, high in pairwise(scores))
    assert scores[2] == pytest.approx(0.5)
    assert 0 < scores[0] < scores[-1] < 1


@pytest.mark.parametrize("raw", [0.1, 0.9])
def test_temperature_above_one_moves_to_the_middle(raw: float) -> None:
    """A temperature above one makes scores less extreme, one leaves them."""
    assert abs(calibrate(raw, 2) - 0.5) < abs(raw - 0.5)
    assert calibrate(raw, 1) == pytest.approx(raw)
