"""From the raw scores of a file's faces to its score and verdict, by the edge runtime's own arithmetic."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.geometry import longer_side
from unmask_edge.quality import sharpness
from unmask_edge.scoring import Judgement, Verdict, averaged, calibrate, frame_flaw, judge_input, judge_track
from unmask_edge.tracks import Tracker
from unmask_training.evaluation.crops import FaceCrops, FileCrops
from unmask_training.evaluation.scorers import Rules


@dataclass(frozen=True)
class Judged:
    """A file's outcome.

    Attributes:
        is_clip: whether the file is one, by its content.
        score: calibrated P(fake) in [0, 1].
        frame_scores: of the track that gave the score, calibrated, in order.
        sharpness: mean over that track's crops.
        face_px: mean over that track of the longer side of the face box, in px of the frame.
    """

    is_clip: bool
    score: float
    verdict: Verdict
    frame_scores: tuple[float, ...]
    sharpness: float
    face_px: float

    def to_json(self) -> dict[str, Any]:
        """As `from_json` takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Judged":
        """The outcome that an entry describes."""
        return cls(**{**entry, "frame_scores": tuple(entry["frame_scores"])})


def judge(file: FileCrops, raw_scores: NDArray[np.float64], rules: Rules) -> Judged | None:
    """Judge a file; None if it has no face.

    Args:
        file: its faces.
        raw_scores: `(looks,)` P(fake) before temperature, in the order of its looks.
        rules: of the net that gave the scores.
    """
    if not file.faces:
        return None
    sharpnesses = [sharpness(face.crops[rules.quality]) for face in file.faces]
    of_faces = raw_scores.reshape(-1, len(file.faces)).T
    scores = [calibrate(averaged(of_face.tolist()), rules.temperature) for of_face in of_faces]
    tracks = _tracks(file.faces, rules)
    judgements = [_judge_track(file, track, scores, sharpnesses, rules) for track in tracks]
    overall = judge_input(judgements)
    deciding = tracks[judgements.index(overall)]
    return Judged(
        is_clip=file.is_clip,
        score=overall.score,
        verdict=overall.verdict,
        frame_scores=tuple(scores[face] for face in deciding),
        sharpness=fmean(sharpnesses[face] for face in deciding),
        face_px=fmean(float(longer_side(file.faces[face].box)) for face in deciding),
    )


def _tracks(faces: Sequence[FaceCrops], rules: Rules) -> list[list[int]]:
    """Indices of the faces of each track, tracks in the order of their numbers."""
    tracker = Tracker(rules.tracking)
    tracks: dict[int, list[int]] = defaultdict(list)
    for _, group in groupby(enumerate(faces), key=lambda indexed: indexed[1].frame):
        indices, frame_faces = zip(*group, strict=True)
        for number, index in zip(tracker.update(np.stack([face.box for face in frame_faces])), indices, strict=True):
            tracks[number].append(index)
    return [tracks[number] for number in sorted(tracks)]


def _judge_track(
    file: FileCrops,
    track: Sequence[int],
    scores: Sequence[float],
    sharpnesses: Sequence[float],
    rules: Rules,
) -> Judgement:
    flaws = [frame_flaw(longer_side(file.faces[face].box), sharpnesses[face], rules.aggregation) for face in track]
    return judge_track([scores[face] for face in track], flaws, file.frames_sampled, rules.aggregation, rules.bands)
