"""Keeps sharpness from telling a forgery from its twin.

What a net has drawn is softer than what a camera saw. A detector that learns only this fails on every soft clip, and on
every forgery that was sharpened; so forgeries made by nets come as soft as, and as sharp as, their twins.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import face_crop
from unmask_edge.opencv import cv2
from unmask_edge.quality import sharpness
from unmask_training.synthesis.forgery import RGB

# Where the detector looks, and at what size.
CROP_SCALE, CROP_PX = 1.25, 128
_HALVINGS = 5

Twins = tuple[RGB, RGB]


def face_sharpness(image: RGB, box: NDArray[np.float32]) -> float:
    """Sharpness of the face in a `(4,)` box `[x1, y1, x2, y2]` in px, cropped and sized as a detector gets it."""
    return sharpness(face_crop(image, box, CROP_SCALE, CROP_PX))


def even(twins: Callable[[float], Twins], landmarks: NDArray[np.float32], rng: np.random.Generator) -> Twins:
    """The twins at the strength that makes them about equally sharp.

    Args:
        twins: gives `(real, fake)` at a strength in [0, 1]; the stronger, the sharper the fake is beside the real.
        landmarks: `(468, 2)` float32 `[x, y]` in px.
        rng: draws how far from equal they may stay, to either side.
    """
    box = np.concatenate([landmarks.min(axis=0), landmarks.max(axis=0)])
    wanted, weak, strong = np.exp(rng.normal(0.1, 0.2)), 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (weak + strong) / 2
        real, fake = (face_sharpness(image, box) for image in twins(middle))
        weak, strong = (weak, middle) if fake > wanted * real else (middle, strong)
    return twins(weak)


def softener(rng: np.random.Generator) -> Callable[[RGB, float], RGB]:
    """One of two ways to soften a picture by a strength in [0, 1]: out of focus, or from a low resolution."""
    return _defocus if rng.random() < 0.5 else _enlarge


def _defocus(image: RGB, strength: float) -> RGB:
    sigma = 3 * strength
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False) if sigma > 0.1 else image


def _enlarge(image: RGB, strength: float) -> RGB:
    height, width = image.shape[:2]
    factor = 1 / (1 + 4 * strength)
    size = max(8, round(width * factor)), max(8, round(height * factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def sharpen(image: RGB, strength: float, radius_px: float = 1.0) -> RGB:
    """Unsharp masking by a strength in [0, 1]."""
    amount = 4 * strength
    blurred = cv2.GaussianBlur(image, (0, 0), radius_px)
    return cv2.addWeighted(image, 1 + amount, blurred, -amount, 0).astype(np.uint8, copy=False)
