"""Follows the faces of an endless source and says when a verdict on one is given, changed or withdrawn.

A face's verdict rests on the last frames it was seen in, as many as are sampled of a clip, by the rule that judges
clips: thresholds that hold there hold here. What was said stands until the score has left its band by half the way to
the other one's, so that a score near a threshold does not make it flicker.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from unmask_edge.manifest import Bands, Manifest
from unmask_edge.result import FaceFrame
from unmask_edge.scoring import Judgement, Verdict, judge_track
from unmask_edge.tracks import Tracker

# A face that is not found for so long is gone; a new one there is another.
GONE_AFTER_S = 3.0

Change = Literal["verdict_given", "verdict_changed", "verdict_withdrawn", "face_gone"]


@dataclass(eq=False)
class Face:
    """One face that is in sight.

    Attributes:
        number: of its track; never given twice.
        since_s, last_s: when it was first and last seen.
        frames: the last ones it was seen in, oldest first.
        seen: in how many frames it was seen in all.
        verdict: what was last said of it; None where nothing was, or it was withdrawn.
        score: over its usable frames, None before it was judged.
    """

    number: int
    since_s: float
    frames: deque[FaceFrame]
    last_s: float = 0.0
    seen: int = 0
    verdict: Verdict | None = None
    score: float | None = None


@dataclass(frozen=True, eq=False)
class News:
    """What is to be told of a face."""

    change: Change
    face: Face
    before: Verdict | None


@dataclass(eq=False)
class Faces:
    """The faces in sight of one source."""

    manifest: Manifest
    in_sight: dict[int, Face] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tracker = Tracker(self.manifest.tracking)

    def update(self, now_s: float, found: list[FaceFrame]) -> list[News]:
        """Take the scored faces of the next frame.

        Args:
            now_s: by a clock that never jumps.
            found: all faces of the frame; none where nobody is in sight.

        Returns:
            What is new, of each face at most one thing.
        """
        boxes = np.array([frame.box for frame in found], np.float32).reshape(-1, 4)
        news = []
        for number, frame in zip(self._tracker.update(boxes), found, strict=True):
            face = self.in_sight.setdefault(number, self._new(number, now_s))
            face.frames.append(frame)
            face.last_s, face.seen = now_s, face.seen + 1
            news.append(self._judged(face))
        return [*filter(None, news), *self._let_go(now_s)]

    def _new(self, number: int, now_s: float) -> Face:
        return Face(number, now_s, deque(maxlen=self.manifest.sampling.frames))

    def _judged(self, face: Face) -> News | None:
        manifest = self.manifest
        scores, flaws = [frame.score for frame in face.frames], [frame.flaw for frame in face.frames]
        judgement = judge_track(scores, flaws, manifest.sampling.frames, manifest.aggregation, manifest.bands)
        face.score, before = judgement.score, face.verdict
        face.verdict = held(before, judgement, manifest.bands)
        if face.verdict == before:
            return None
        if before is None:
            return News("verdict_given", face, before)
        return News("verdict_withdrawn" if face.verdict is None else "verdict_changed", face, before)

    def _let_go(self, now_s: float) -> list[News]:
        gone = [face for face in self.in_sight.values() if now_s - face.last_s > GONE_AFTER_S]
        for face in gone:
            del self.in_sight[face.number]
            self._tracker.forget(face.number)
        return [News("face_gone", face, face.verdict) for face in gone if face.verdict is not None]


def held(before: Verdict | None, judgement: Judgement, bands: Bands) -> Verdict | None:
    """The verdict to stand: none without enough good frames, and the one before as long as the score is near its band.

    Args:
        before: what was last said.
        judgement: of the last frames.
        bands: of the bundle.
    """
    if not judgement.reliable:
        return None
    middle = (bands.likely_authentic_below + bands.likely_manipulated_from) / 2
    if before == "likely manipulated" and judgement.score >= middle:
        return before
    if before == "likely authentic" and judgement.score < middle:
        return before
    return judgement.verdict
