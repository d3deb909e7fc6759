"""Arithmetic on face boxes. Mirrored by `extension/lib/geometry.ts`; `tests/golden/arithmetic.json` holds both."""

import numpy as np
from numpy.typing import NDArray


def longer_side(box_xyxy: NDArray[np.float32]) -> float:
    """Longer side in px of a `(4,)` box `[x1, y1, x2, y2]`."""
    return float(max(box_xyxy[2] - box_xyxy[0], box_xyxy[3] - box_xyxy[1]))


def centre(box_xyxy: NDArray[np.float32]) -> tuple[float, float]:
    """Centre `(x, y)` in px of a `(4,)` box `[x1, y1, x2, y2]`."""
    return float(box_xyxy[0] + box_xyxy[2]) / 2, float(box_xyxy[1] + box_xyxy[3]) / 2


def iou(box_xyxy: NDArray[np.float32], others_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union in [0, 1] of a `(4,)` box with `(n, 4)` others; returns `(n,)`."""
    top_left = np.maximum(box_xyxy[:2], others_xyxy[:, :2])
    bottom_right = np.minimum(box_xyxy[2:], others_xyxy[:, 2:])
    intersection = np.prod(np.clip(bottom_right - top_left, 0, None), axis=1)
    area = np.prod(box_xyxy[2:] - box_xyxy[:2])
    areas = np.prod(others_xyxy[:, 2:] - others_xyxy[:, :2], axis=1)
    result: NDArray[np.float32] = intersection / np.maximum(area + areas - intersection, 1e-9)
    return result


def round_half_up(value: float) -> int:
    """Nearest whole number, halves up: JavaScript's `Math.round`, unlike Python's `round`."""
    return int(np.floor(value + 0.5))
