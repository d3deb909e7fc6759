"""The loop of `unmask watch`: take the newest frame, find and score its faces, tell what is new, wait."""

from collections.abc import Callable, Sequence
from contextlib import closing
from threading import Event
from time import monotonic, process_time

import numpy as np
from numpy.typing import NDArray

from unmask_edge.detector import Detector
from unmask_edge.result import FaceFrame
from unmask_edge.watch.events import FaceEvent, SourceEvent, face_event, source_event
from unmask_edge.watch.faces import Faces
from unmask_edge.watch.pace import Pace
from unmask_edge.watch.source import HANGS_S, Address, Source
from unmask_edge.watch.stats import Stats

# How long a frame is waited for before faces are looked at again that may have gone.
PATIENCE_S = 1.0

Tell = Callable[[SourceEvent | FaceEvent], None]
OnFrame = Callable[[NDArray[np.uint8], list[FaceFrame], Faces], None]


class Watch:
    """Watches one source."""

    def __init__(self, address: Address, detector: Detector, pace: Pace, stats: Stats | None = None) -> None:
        """Prepare.

        Args:
            address: of the source.
            detector: scores; not to be used elsewhere meanwhile.
            pace: how often to look.
            stats: where to count.
        """
        self._address = address
        self._detector = detector
        self._pace = pace
        self._stats = stats or Stats(address.name)
        self._faces = Faces(detector.bundle.manifest)

    def run(self, tell: Tell, stop: Event, on_frame: Sequence[OnFrame] = ()) -> None:
        """Watch until the source has ended or `stop` is set.

        Args:
            tell: takes each event; those of the source come from another thread.
            stop: ends the loop.
            on_frame: each takes every frame that was looked at, its scored faces and all faces in sight, before what
                is new of them is told.
        """
        name, stats = self._address.name, self._stats
        with closing(
            Source(self._address, lambda state, reason: tell(source_event(state, name, reason)), stats)
        ) as source:
            while not (stop.is_set() or source.ended):
                stats.looking.beat(HANGS_S)
                frame = source.newest(PATIENCE_S)
                now_s = monotonic()
                found = [] if frame is None else self._scored(frame, now_s)
                news = self._faces.update(now_s, found)
                if frame is not None:
                    for take in on_frame:
                        take(frame, found, self._faces)
                for one in news:
                    tell(face_event(one, name, now_s, self._detector.model))
                wait_s = self._pace.wait_s(monotonic(), process_time())
                stats.looking.beat(wait_s + HANGS_S)
                stop.wait(wait_s)
        stats.looking.end()

    def _scored(self, frame: NDArray[np.uint8], now_s: float) -> list[FaceFrame]:
        """The faces of a frame that came at `now_s`."""
        boxes = self._detector.find_faces(frame)
        found = [self._detector.score_face(now_s, frame, box, self._stats.looked_at) for box in boxes]
        self._stats.looked_at += 1
        self._stats.faces += len(found)
        self._stats.lag_s = monotonic() - now_s
        return found
