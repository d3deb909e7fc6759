"""Joins the faces of sampled frames into tracks, one a person as far as position tells.

Mirrored by `extension/lib/tracks.ts`, but for what endless sources need; `tests/golden/arithmetic.json` holds both.
"""

from math import hypot

import numpy as np
from numpy.typing import NDArray

from unmask_edge.geometry import centre, longer_side
from unmask_edge.manifest import TrackingSpec


class Tracker:
    """Gives each face of each frame the number of its track, closest pairs first."""

    def __init__(self, spec: TrackingSpec) -> None:
        self._spec = spec
        self._last_boxes: dict[int, NDArray[np.float32]] = {}
        self._opened = 0

    def update(self, boxes_xyxy: NDArray[np.float32]) -> list[int]:
        """Track numbers, from 0, of the `(n, 4)` boxes of the next frame; a face that fits no track opens one."""
        pairs = [
            (shift, track, face)
            for track, last in self._last_boxes.items()
            for face, box in enumerate(boxes_xyxy)
            if (shift := self._shift(last, box)) is not None
        ]
        numbers: dict[int, int] = {}
        for _, track, face in sorted(pairs):
            if face not in numbers and track not in numbers.values():
                numbers[face] = track
        for face, box in enumerate(boxes_xyxy):
            if face not in numbers:
                numbers[face] = self._opened
                self._opened += 1
            self._last_boxes[numbers[face]] = box
        return [numbers[face] for face in range(len(boxes_xyxy))]

    def forget(self, track: int) -> None:
        """Close a track; no face joins it any more, and its number is not given again."""
        del self._last_boxes[track]

    def _shift(self, last: NDArray[np.float32], box: NDArray[np.float32]) -> float | None:
        """Distance of the centres over the mean side, or None where the boxes cannot be one face."""
        sides = sorted((longer_side(last), longer_side(box)))
        (last_x, last_y), (x, y) = centre(last), centre(box)
        shift = hypot(x - last_x, y - last_y) / max(sum(sides) / 2, 1e-9)
        fits = shift <= self._spec.max_centre_shift and sides[1] <= self._spec.max_size_ratio * sides[0]
        return shift if fits else None
