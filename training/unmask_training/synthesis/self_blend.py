"""Self-blended images (Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022).

A face is blended into a slightly changed copy of itself: nothing but the blend tells the result from the original, so
a net that learns to see it learns no tool's own traces. Masks range from one part of the face to the whole head.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2

RGB = NDArray[np.uint8]
Mask = NDArray[np.float32]

# Face Mesh's point numbers (canonical_face_model, MediaPipe, Apache-2.0).
_FACE_OVAL: tuple[int, ...] = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
_FACE_OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
_LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91)
_EYES_AND_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 446, 340, 449, 230, 111, 226)
_NOSE = (168, 122, 174, 198, 49, 48, 64, 98, 97, 2, 326, 327, 294, 278, 279, 420, 399, 351)
_LOWER_FACE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 4)
_BELOW_FOREHEAD = (*_LOWER_FACE[:-1], 334, 105)


@dataclass(frozen=True)
class Twin:
    """A real picture and its forgery, alike but for the blend.

    Attributes:
        real: `(H, W, 3)` uint8 RGB.
        fake: `(H, W, 3)` uint8 RGB.
        mask: `(H, W)` float32 in [0, 1], how far each pixel of `fake` was replaced.
    """

    real: RGB
    fake: RGB
    mask: Mask


def self_blend(image: RGB, landmarks: NDArray[np.float32], rng: np.random.Generator) -> Twin:
    """Forge a face from itself.

    Args:
        image: `(H, W, 3)` uint8 RGB with one face.
        landmarks: `(468, 2)` float32 Face Mesh points in px.
        rng: source of every random choice.
    """
    face_px = float(np.ptp(landmarks[:, 0]))
    mask = soften(_deform(region(image.shape[:2], landmarks, rng), face_px, rng), face_px, rng)
    mask = mask * np.float32(rng.choice([0.25, 0.5, 0.75, 1.0, 1.0, 1.0]))
    source, target = image, image
    if rng.random() < 0.5:
        source = mismatch(image, rng)
    else:
        target = mismatch(image, rng)
    source, mask = _shift(source, mask, landmarks, rng)
    return Twin(target, blend(source, target, mask), mask)


def region(shape: tuple[int, int], landmarks: NDArray[np.float32], rng: np.random.Generator) -> Mask:
    """A binary `(H, W)` mask of one of: face, face without forehead, whole head, lower face, or some parts of it."""
    kind = rng.choice(["face", "no_forehead", "head", "lower", "parts"], p=[0.3, 0.2, 0.2, 0.1, 0.2])
    if kind == "head":
        return _head(shape, landmarks, rng)
    if kind == "parts":
        parts = [_LIPS, _EYES_AND_BROWS, _NOSE]
        chosen = [part for part in parts if rng.random() < 0.5] or [parts[rng.integers(3)]]
        union: Mask = np.stack([_hull(shape, landmarks[list(part)]) for part in chosen]).max(axis=0)
        return union
    points = {"face": _FACE_OVAL, "no_forehead": _BELOW_FOREHEAD, "lower": _LOWER_FACE}[str(kind)]
    return _hull(shape, landmarks[list(points)])


def soften(mask: Mask, face_px: float, rng: np.random.Generator) -> Mask:
    """Feather a mask's edge by one of many widths, in proportion to the face, its inside staying whole."""
    first, second = rng.uniform(0.01, 0.08, 2) * face_px
    blurred = cv2.GaussianBlur(mask, (0, 0), max(first, 0.5))
    core = (blurred > rng.uniform(0.3, 0.9)).astype(np.float32)
    # The filter's weights sum to a rounding error above one.
    return np.minimum(cv2.GaussianBlur(core, (0, 0), max(second, 0.5)), 1).astype(np.float32, copy=False)


def mismatch(image: RGB, rng: np.random.Generator) -> RGB:
    """What tells a pasted face from its surroundings: a change of colour, and of sharpness or resolution."""
    changed = image.astype(np.float32)
    if rng.random() < 0.3:
        changed += rng.uniform(-20, 20, 3).astype(np.float32)
    hsv = cv2.cvtColor(np.clip(changed, 0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-6, 6)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.7, 1.3), 0, 255)
    changed = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    changed = (changed - 128) * rng.uniform(0.9, 1.1) + 128 + 255 * rng.uniform(-0.1, 0.1)
    return _resharpen(np.clip(changed, 0, 255).astype(np.uint8), rng)


def blend(source: RGB, target: RGB, mask: Mask) -> RGB:
    """`mask * source + (1 - mask) * target`, rounded, uint8."""
    weight = mask[..., None]
    blended: RGB = np.rint(weight * source + (1 - weight) * target.astype(np.float32)).astype(np.uint8)
    return blended


def _resharpen(image: RGB, rng: np.random.Generator) -> RGB:
    height, width = image.shape[:2]
    choice = rng.random()
    if choice < 0.5:
        factor = rng.uniform(1.5, 4)
        small = cv2.resize(
            image, (max(8, int(width / factor)), max(8, int(height / factor))), interpolation=cv2.INTER_AREA
        )
        filters = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]
        return cv2.resize(small, (width, height), interpolation=filters[rng.integers(3)]).astype(np.uint8, copy=False)
    if choice < 0.75:
        blurred = cv2.GaussianBlur(image, (0, 0), 1.5)
        amount = rng.uniform(0.3, 1.2)
        return cv2.addWeighted(image, 1 + amount, blurred, -amount, 0).astype(np.uint8, copy=False)
    return image


def _hull(shape: tuple[int, int], points: NDArray[np.float32]) -> Mask:
    mask = np.zeros(shape, np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.round().astype(np.int32)), 1.0)
    return mask


def _head(shape: tuple[int, int], landmarks: NDArray[np.float32], rng: np.random.Generator) -> Mask:
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    centre, size = (low + high) / 2, high - low
    mask = np.zeros(shape, np.float32)
    # Hair and forehead lie above the landmarks, so the ellipse is higher than the face and its centre further up.
    axes = size * rng.uniform(0.55, 0.8, 2)
    middle = (int(centre[0]), int(centre[1] - 0.1 * size[1]))
    cv2.ellipse(mask, middle, (int(axes[0]), int(axes[1])), 0, 0, 360, 1.0, -1)
    return mask


def _deform(mask: Mask, face_px: float, rng: np.random.Generator) -> Mask:
    """Elastic deformation (Simard et al. 2003) on a coarse grid, as smooth as a Gaussian field and much cheaper."""
    height, width = mask.shape
    grid = rng.uniform(-1, 1, (2, 8, 8)).astype(np.float32) * np.float32(0.07 * face_px)
    shift_x, shift_y = (cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) for field in grid)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(mask, x + shift_x, y + shift_y, cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _shift(source: RGB, mask: Mask, landmarks: NDArray[np.float32], rng: np.random.Generator) -> tuple[RGB, Mask]:
    """Move source and mask by a little of the face's width, and turn and scale them about its centre."""
    height, width = mask.shape
    face_px = float(np.ptp(landmarks[:, 0]))
    centre_x, centre_y = landmarks.mean(axis=0).tolist()
    turn = cv2.getRotationMatrix2D((centre_x, centre_y), rng.uniform(-2, 2), rng.uniform(0.95, 1.05))
    shift = np.array([rng.uniform(-0.06, 0.06), rng.uniform(-0.03, 0.03)]) * face_px
    matrix = turn + np.pad(shift[:, None], ((0, 0), (2, 0)))
    moved = cv2.warpAffine(source, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved_mask = cv2.warpAffine(mask, matrix, (width, height))
    return moved.astype(np.uint8, copy=False), moved_mask.astype(np.float32, copy=False)
