"""From a face box to the pixels that the detector sees.

Mirrored by `extension/lib/crop.ts`; `tests/golden/arithmetic.json` holds both to the same pixels.
"""

from collections.abc import Sequence
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from unmask_edge.geometry import centre, longer_side, round_half_up
from unmask_edge.opencv import cv2

Pixel = TypeVar("Pixel", np.uint8, np.float32)


def crop_scale(frame: int | None, picture_scale: float, clip_scales: Sequence[float]) -> float:
    """Side of the square over the longer side of the face box.

    Args:
        frame: number of the face's frame, from 0, among those of its clip that are looked at; None for a picture.
        picture_scale: of pictures.
        clip_scales: of a clip's frames, in turn; at least one.
    """
    return picture_scale if frame is None else clip_scales[frame % len(clip_scales)]


def crop_square(box_xyxy: NDArray[np.float32], scale: float) -> tuple[int, int, int]:
    """Left, top and side in whole px of the square around a face box; it may reach outside the picture."""
    centre_x, centre_y = centre(box_xyxy)
    side = max(1, round_half_up(longer_side(box_xyxy) * scale))
    return round_half_up(centre_x - side / 2), round_half_up(centre_y - side / 2), side


def face_crop(image: NDArray[np.uint8], box_xyxy: NDArray[np.float32], scale: float, size_px: int) -> NDArray[np.uint8]:
    """Cut out and resize the square around a face.

    Args:
        image: `(H, W, 3)` uint8 RGB.
        box_xyxy: `(4,)` face box in px.
        scale: side of the square over the longer side of the box.
        size_px: side of the result.

    Returns:
        `(size_px, size_px, 3)` uint8 RGB.
    """
    left, top, side = crop_square(box_xyxy, scale)
    return resize(cut(image, left, top, side), size_px, size_px)


def cut(image: NDArray[Pixel], left: int, top: int, side: int) -> NDArray[Pixel]:
    """The `(side, side, ...)` square at `(left, top)`; outside the picture its nearest pixel is repeated."""
    height, width = image.shape[:2]
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return image[top : top + side, left : left + side]
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    square: NDArray[Pixel] = image[rows[:, None], columns]
    return square


def resize(image: NDArray[Pixel], width_px: int, height_px: int) -> NDArray[Pixel]:
    """Resize by area averaging if the picture shrinks, else bilinearly with half-pixel centres (OpenCV's rules)."""
    shrinks = width_px < image.shape[1]
    resized = cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return cast("NDArray[Pixel]", resized)
