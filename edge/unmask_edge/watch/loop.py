"""The loop of `unmask watch`: take the newest frame, find and score its faces, tell what is new, wait."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from math import inf
from threading import Event
from time import monotonic, process_time

import numpy as np
from numpy.typing import NDArray

from unmask_edge.detector import Detector
from unmask_edge.result import FaceFrame
from unmask_edge.stopwatch import Stopwatch
from unmask_edge.watch.events import FaceEvent, SourceEvent, face_event, source_event
from unmask_edge.watch.faces import Faces
from unmask_edge.watch.pace import Pace
from unmask_edge.watch.source import Address, Source

# How long a frame is waited for before faces are looked at again that may have gone.
PATIENCE_S = 1.0

Tell = Callable[[SourceEvent | FaceEvent], None]
Show = Callable[[NDArray[np.uint8], list[FaceFrame], Faces], None]


@dataclass(frozen=True)
class Limits:
    """How much to do.

    Attributes:
        frames_per_s: how often to look at most.
        max_cpu: share of one core to use at most on average, 1 for all of it.
        seconds: when to stop; None for never.
    """

    frames_per_s: float
    max_cpu: float
    seconds: float | None

    def until_s(self) -> float:
        """When to stop if the work begins now, by a clock that never jumps."""
        return inf if self.seconds is None else monotonic() + self.seconds


class Watch:
    """Watches one source."""

    def __init__(self, address: Address, detector: Detector, limits: Limits) -> None:
        """Prepare.

        Args:
            address: of the source.
            detector: scores; not to be used elsewhere meanwhile.
            limits: how much to do.
        """
        self._address = address
        self._detector = detector
        self._limits = limits
        self._faces = Faces(detector.bundle.manifest)
        self._stopwatch = Stopwatch()

    def run(self, tell: Tell, stop: Event, show: Show | None = None) -> None:
        """Watch until the source has ended, time is up or `stop` is set.

        Args:
            tell: takes each event; those of the source come from another thread.
            stop: ends the loop.
            show: takes each frame with its scored faces and all faces in sight.
        """
        name, limits = self._address.name, self._limits
        pace = Pace(limits.frames_per_s, limits.max_cpu)
        until_s = limits.until_s()
        with closing(Source(self._address, lambda state, reason: tell(source_event(state, name, reason)))) as source:
            while not (stop.is_set() or source.ended or monotonic() >= until_s):
                frame = source.newest(PATIENCE_S)
                now_s = monotonic()
                found = [] if frame is None else self._scored(frame, now_s)
                for news in self._faces.update(now_s, found):
                    tell(face_event(news, name, now_s, self._detector.model))
                if show is not None and frame is not None:
                    show(frame, found, self._faces)
                stop.wait(pace.wait_s(monotonic(), process_time()))

    def _scored(self, frame: NDArray[np.uint8], now_s: float) -> list[FaceFrame]:
        boxes = self._detector.find_faces(frame)
        return [self._detector.score_face(now_s, frame, box, self._stopwatch) for box in boxes]
