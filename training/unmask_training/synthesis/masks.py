"""Where a face is forged: hulls of its landmarks, blobs near it, and how soft their edges are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import Mask

Points = NDArray[np.float32]

# Face Mesh's point numbers (canonical_face_model, MediaPipe, Apache-2.0).
FACE_OVAL: tuple[int, ...] = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
FACE_OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
_BELOW_FOREHEAD: tuple[int, ...] = (
    234,
    93,
    132,
    58,
    172,
    136,
    150,
    149,
    176,
    148,
    152,
    377,
    400,
    378,
    379,
    365,
    397,
    288,
    361,
    323,
)
_BELOW_FOREHEAD += (454, 334, 105)
_RIGHT_EYE = (70, 63, 105, 66, 107, 111, 230, 233, 226)
_LEFT_EYE = (336, 296, 334, 293, 300, 340, 450, 453, 446)
_PARTS: dict[str, tuple[int, ...]] = {
    "mouth": (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),
    "nose": (168, 122, 174, 198, 49, 48, 64, 98, 97, 2, 326, 327, 294, 278, 279, 420, 399, 351),
    "bridge": (9, 193, 122, 196, 174, 236, 4, 456, 399, 419, 351, 417),
    "right_eye": _RIGHT_EYE,
    "left_eye": _LEFT_EYE,
    "chin": (57, 43, 106, 18, 335, 273, 287, 378, 400, 377, 152, 148, 176, 149),
    "right_cheek": (116, 118, 101, 203, 206, 216, 192, 213, 147),
    "left_cheek": (345, 347, 330, 423, 426, 436, 416, 433, 376),
}
_TOP, _CHIN = 10, 152
# How often each kind of region is drawn, where any may be changed, and where a person is put in another's place.
ANY_REGION = {"face": 0.19, "no_forehead": 0.12, "large": 0.14, "head": 0.08, "lower": 0.12, "eyes": 0.07, "half": 0.06}
ANY_REGION |= {"part": 0.08, "parts": 0.08, "blob": 0.06}
SWAPPED_REGION = {"face": 0.4, "no_forehead": 0.25, "large": 0.12, "lower": 0.12, "half": 0.05, "parts": 0.06}


def draw_region(
    shape: tuple[int, int], landmarks: Points, shares: Mapping[str, float], rng: np.random.Generator
) -> tuple[str, Mask]:
    """A random region of a face, from a single part to the whole head.

    Args:
        shape: height and width of the picture.
        landmarks: `(468, 2)` Face Mesh points in px.
        shares: how often each kind is drawn, as in `ANY_REGION`, which names them all; they sum to 1.
        rng: every choice comes from it.

    Returns:
        The kind's name and the binary `(H, W)` mask.
    """
    kind = str(rng.choice(list(shares), p=list(shares.values())))
    if kind == "head":
        return kind, _head(shape, landmarks, rng)
    if kind == "blob":
        return kind, _polygon(shape, landmarks, rng) if rng.random() < 0.5 else _noise_blob(shape, landmarks, rng)
    if kind == "parts":
        chosen = rng.choice(list(_PARTS), rng.integers(2, 5), replace=False)
        hulls = [hull(shape, _grown(landmarks[list(_PARTS[str(part)])], rng.uniform(1, 1.3))) for part in chosen]
        return kind, np.maximum.reduce(hulls)
    return kind, hull(shape, _hull_points(kind, landmarks, rng))


def hull(shape: tuple[int, int], points: Points) -> Mask:
    """The binary `(H, W)` mask of the convex hull of points `(n, 2)` in px."""
    mask = np.zeros(shape, np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.round().astype(np.int32)), 1.0)
    return mask


def soften(mask: Mask, face_px: float, rng: np.random.Generator) -> Mask:
    """Feather a mask's edge, from nearly hard to very soft, in proportion to the face, its inside staying whole."""
    # Drawn evenly in the logarithm: hard edges are as frequent as soft ones.
    first, second = np.exp(rng.uniform(np.log(0.004), np.log(0.09), 2)) * face_px
    core = (smooth(mask, first) > rng.uniform(0.3, 0.8)).astype(np.float32)
    return smooth(core, second)


def smooth(mask: Mask, deviation_px: float) -> Mask:
    """Blur by a triangular kernel of the given standard deviation: near a Gaussian, its cost free of the width."""
    # A triangle of radius r has the variance r (r + 2) / 6.
    radius = max(1, round(np.sqrt(1 + 6 * deviation_px**2) - 1))
    blurred = cv2.stackBlur(mask, (2 * radius + 1, 2 * radius + 1))
    # Running sums leave rounding errors where the kernel saw nothing.
    blurred[blurred < 1e-3] = 0
    return np.minimum(blurred, 1).astype(np.float32, copy=False)


def deform(mask: Mask, face_px: float, rng: np.random.Generator) -> Mask:
    """Elastic deformation (Simard et al. 2003) on a coarse grid, as smooth as a Gaussian field and much cheaper."""
    height, width = mask.shape
    strength = rng.uniform(0, 0.1) * face_px
    grid = rng.uniform(-strength, strength, (2, 8, 8)).astype(np.float32)
    shift_x, shift_y = (cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) for field in grid)
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    deformed = cv2.remap(mask, shift_x + columns, shift_y + rows[:, None], cv2.INTER_LINEAR)
    return deformed.astype(np.float32, copy=False)


def _hull_points(kind: str, landmarks: Points, rng: np.random.Generator) -> Points:
    if kind == "lower":
        # As lip-sync tools replace it: from somewhere between nose bridge and upper lip down to the chin.
        return _beyond(landmarks, landmarks[_CHIN] - landmarks[_TOP], rng.uniform(0.45, 0.65))
    if kind == "half":
        angle = rng.uniform(0, 2 * np.pi)
        return _beyond(landmarks, np.array([np.cos(angle), np.sin(angle)]), rng.uniform(0.4, 0.6))
    if kind == "part":
        kind = str(rng.choice(list(_PARTS)))
    points, least, most = {
        "face": (FACE_OVAL, 1.0, 1.0),
        "no_forehead": (_BELOW_FOREHEAD, 1.0, 1.0),
        "large": (FACE_OVAL, 1.05, 1.5),
        "eyes": (_RIGHT_EYE + _LEFT_EYE, 1.0, 1.25),
    }.get(kind) or (_PARTS[kind], 1.0, 1.6)
    return _grown(landmarks[list(points)], rng.uniform(least, most))


def _beyond(landmarks: Points, direction: NDArray[np.floating[Any]], share: float) -> Points:
    """The landmarks past a share of the way through the face."""
    along = landmarks @ direction
    beyond: Points = landmarks[along >= along.min() + share * np.ptp(along)]
    return beyond


def _grown(points: Points, factor: float) -> Points:
    centre = points.mean(axis=0)
    grown: Points = (centre + (points - centre) * factor).astype(np.float32)
    return grown


def _head(shape: tuple[int, int], landmarks: Points, rng: np.random.Generator) -> Mask:
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    centre, size = (low + high) / 2, high - low
    mask = np.zeros(shape, np.float32)
    # Hair and forehead lie above the landmarks, so the ellipse is higher than the face and its centre further up.
    axes = size * rng.uniform(0.55, 0.8, 2)
    middle = (int(centre[0]), int(centre[1] - 0.1 * size[1]))
    cv2.ellipse(mask, middle, (int(axes[0]), int(axes[1])), 0, 0, 360, 1.0, -1)
    return mask


def _polygon(shape: tuple[int, int], landmarks: Points, rng: np.random.Generator) -> Mask:
    corners = int(rng.integers(4, 12))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.1, 0.6) * rng.uniform(0.6, 1, corners) * np.ptp(landmarks[:, 0])
    centre = landmarks[rng.integers(len(landmarks))]
    points = centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [points.round().astype(np.int32)], 1.0)
    return mask


def _noise_blob(shape: tuple[int, int], landmarks: Points, rng: np.random.Generator) -> Mask:
    noise = rng.normal(0, 1, (9, 9)).astype(np.float32)
    field = cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    near = hull(shape, _grown(landmarks[list(FACE_OVAL)], rng.uniform(0.8, 1.3)))
    return ((field > rng.uniform(-0.3, 0.5)) * near).astype(np.float32)
