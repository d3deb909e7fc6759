"""Warps that carry one set of Face Mesh points onto another."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import Delaunay

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB, Mask
from unmask_training.synthesis.masks import FACE_OVAL, Points

# Face Mesh's point numbers (canonical_face_model, MediaPipe, Apache-2.0); right and left are the person's own.
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE_AND_CHEEKS = (168, 6, 195, 4, 2, 98, 327, 64, 294, 50, 280, 205, 425, 187, 411, 151, 200)
FEATURES = OUTER_LIPS + INNER_LIPS + RIGHT_EYE + LEFT_EYE + BROWS + NOSE_AND_CHEEKS
_GRID_PX = 8
_SMALLEST_FACE_PX = 8


def is_usable(landmarks: Points) -> bool:
    """Whether points are finite and spread in two directions, as those of a face are."""
    if not np.isfinite(landmarks).all():
        return False
    spread = np.linalg.svd(landmarks - landmarks.mean(axis=0), compute_uv=False) / np.sqrt(len(landmarks))
    return bool(spread[1] > _SMALLEST_FACE_PX / 4)


def aligned(points: Points, target: Points) -> Points:
    """`(N, 2)` points moved, turned and scaled onto as many target points (least squares; Umeyama, PAMI 1991)."""
    # In the plane a turn and a scale are one complex factor.
    centred, goal = ((side - side.mean(axis=0)) @ np.array([1, 1j]) for side in (points, target))
    placed = centred * (np.vdot(centred, goal) / np.vdot(centred, centred))
    result: Points = (np.stack([placed.real, placed.imag], axis=1) + target.mean(axis=0)).astype(np.float32)
    return result


def ring(points: Points, scale: float) -> Points:
    """The outline of a face's `(468, 2)` points, grown about its centre."""
    outline = points[list(FACE_OVAL)]
    centre = outline.mean(axis=0)
    grown: Points = centre + np.float32(scale) * (outline - centre)
    return grown


def smooth_warp(image: RGB, source: Points, target: Points, shape: tuple[int, int]) -> tuple[RGB, Mask]:
    """Warp by a thin-plate spline (Bookstein, PAMI 1989) that brings the source points near the target points.

    Args:
        image: `(H, W, 3)` uint8 RGB.
        source: `(N, 2)` points in px of `image`.
        target: where they go, in px of the result; two may lie in one place.
        shape: height and width of the result in px.

    Returns:
        The warped picture, and a binary mask of the pixels that `image` holds.
    """
    height, width = shape
    unit = float(np.ptp(target, axis=0).max())
    spline = RBFInterpolator(target / unit, source, kernel="thin_plate_spline", smoothing=1e-5)
    # The spline is smooth: a coarse grid, a cell wider on each side, holds all of it.
    columns, rows = (-(-size // _GRID_PX) + 2 for size in (width, height))
    x, y = ((np.arange(count) - 0.5) * _GRID_PX - 0.5 for count in (columns, rows))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    coarse = spline(grid / unit).reshape(rows, columns, 2).astype(np.float32)
    dense = cv2.resize(coarse, (columns * _GRID_PX, rows * _GRID_PX), interpolation=cv2.INTER_LINEAR)
    return _sampled(image, dense[_GRID_PX : _GRID_PX + height, _GRID_PX : _GRID_PX + width].astype(np.float32))


def triangle_warp(image: RGB, source: Points, target: Points, shape: tuple[int, int]) -> tuple[RGB, Mask]:
    """Warp by one affine map in each Delaunay triangle of the target points; arguments as in `smooth_warp`.

    Returns:
        The warped picture, and a binary mask of the pixels that triangles cover and `image` holds.
    """
    triangles = Delaunay(target).simplices
    corners = np.pad(target[triangles].astype(np.float64), ((0, 0), (0, 0), (0, 1)), constant_values=1)
    # Slivers have no stable map, and their pixels belong to their neighbours' edges too.
    solid = np.abs(np.linalg.det(corners)) > 0.5
    triangles, corners = triangles[solid], corners[solid]
    affine = np.concatenate([np.zeros((1, 3, 2)), np.linalg.solve(corners, source[triangles].astype(np.float64))])
    owner = np.zeros(shape, np.int32)
    for number, corner in enumerate(target[triangles].round().astype(np.int32), start=1):
        cv2.fillConvexPoly(owner, corner, number)
    x, y = np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32)[:, None]
    # Plane by plane, as memory is laid out: several times faster than whole matrices.
    planes = np.ascontiguousarray(affine.reshape(-1, 6).T, np.float32)
    x_by_x, y_by_x, x_by_y, y_by_y, x_origin, y_origin = (plane[owner] for plane in planes)
    where = np.dstack([x * x_by_x + y * x_by_y + x_origin, x * y_by_x + y * y_by_y + y_origin])
    warped, held = _sampled(image, where)
    return warped, held * (owner > 0)


def _sampled(image: RGB, where: NDArray[np.float32]) -> tuple[RGB, Mask]:
    held = cv2.inRange(where, (0, 0), (image.shape[1] - 1, image.shape[0] - 1))
    warped = cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return warped.astype(np.uint8, copy=False), (held > 0).astype(np.float32)
