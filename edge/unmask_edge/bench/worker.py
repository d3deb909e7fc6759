"""Measures one format on one number of threads, in a process of its own, so that its memory is its own too."""

import sys
from contextlib import closing
from pathlib import Path

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.stopwatch import Stopwatch
from unmask_edge.video import Clip, Frame

FRAMES = 8

Stages = dict[str, float]

_detector: Detector
_clip: Path


def start(clip: Path, bundle: Path, format_: TFLiteFormat, threads: int, delegate: str | None) -> None:
    """Prepare this process."""
    global _detector, _clip
    _detector, _clip = Detector(Bundle(bundle), format_, threads, delegate=delegate), clip


def measure() -> list[Stages]:
    """Milliseconds of each stage for each of some frames of the clip; one without a face has no crop and score."""
    frames = []
    with closing(Clip(_clip)) as clip:
        decoded, sampled = Stopwatch(), clip.sample(FRAMES)
        for frame in decoded.each("decode", sampled):
            frames.append(_measured(frame))
    each_ms = decoded.milliseconds()["decode"] / len(frames)
    return [{"decode": each_ms, **stages} for stages in frames]


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in 10^6 bytes."""
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _measured(frame: Frame) -> Stages:
    time_s, image = frame
    stopwatch = Stopwatch()
    with stopwatch.stage("find"):
        boxes = _detector.find_faces(image)
    for box in boxes[:1]:
        _detector.score_face(time_s, image, box, 0, stopwatch)
    return stopwatch.milliseconds()
