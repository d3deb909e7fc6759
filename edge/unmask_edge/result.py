"""What scoring an input yields: the same fields in Python, `--json`, the companion's answers and the extension."""

from pydantic import BaseModel, ConfigDict

from unmask_edge.errors import MediaErrorReason
from unmask_edge.scoring import Flaw, Reason, Verdict


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FaceFrame(_Strict):
    """One face in one sampled frame.

    Attributes:
        time_s: when the frame is shown; 0 for images.
        box: face box `[x1, y1, x2, y2]` in px of the upright frame.
        crop: the square `[x1, y1, x2, y2]` in px that was scored; the region map lies over it.
        score: calibrated P(fake) in [0, 1].
        flaw: why the frame does not count, if it does not.
        region_map: P(changed) in [0, 1] of each cell of the crop, row by row.
    """

    time_s: float
    box: tuple[float, float, float, float]
    crop: tuple[int, int, int, int]
    score: float
    flaw: Flaw | None
    region_map: list[list[float]]


class Track(_Strict):
    """One face through the clip."""

    track: int
    score: float
    verdict: Verdict
    reason: Reason | None
    frames: list[FaceFrame]


class ModelInfo(_Strict):
    """Which detector said so."""

    name: str
    version: str
    format: str
    runtime: str


class InputError(_Strict):
    """Why an input could not be scored."""

    reason: MediaErrorReason
    message: str


class Result(_Strict):
    """The answer for one input; `score` and `verdict` are None exactly where `error` is set.

    Attributes:
        path: the input as it was given.
        width_px, height_px: of the upright picture, None if it was not decoded.
        duration_s: of a clip, None for images.
        frames_sampled: frames that were looked at.
        timings_ms: time spent by stage: decode, find, crop, score, aggregate.
    """

    path: str
    score: float | None
    verdict: Verdict | None
    reason: Reason | None
    error: InputError | None
    width_px: int | None
    height_px: int | None
    duration_s: float | None
    frames_sampled: int
    tracks: list[Track]
    timings_ms: dict[str, float]
    model: ModelInfo
