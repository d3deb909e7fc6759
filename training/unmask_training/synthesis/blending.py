"""How a changed face is put into a picture: alpha, multi-band and Poisson blending."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB, Mask


def blend_somehow(
    source: RGB, target: RGB, mask: Mask, shares: Mapping[str, float], rng: np.random.Generator
) -> tuple[str, RGB, Mask]:
    """Blend as chance has it.

    Args:
        source: `(H, W, 3)` uint8 RGB, what is put in.
        target: `(H, W, 3)` uint8 RGB.
        mask: `(H, W)` float32 in [0, 1].
        shares: how often "alpha", "multiband" and "poisson" are drawn; they sum to 1.
        rng: every choice comes from it.

    Returns:
        What was drawn, the blended picture, and the mask of what was changed.
    """
    blending = str(rng.choice(list(shares), p=list(shares.values())))
    if blending == "multiband":
        return blending, *multiband_blend(source, target, mask, int(rng.integers(2, 6)))
    if blending == "poisson":
        return blending, poisson_blend(source, target, mask), mask
    return blending, blend(source, target, mask), mask


def blend(source: RGB, target: RGB, mask: Mask) -> RGB:
    """Alpha blending: `mask * source + (1 - mask) * target`, rounded, uint8."""
    return _added(target, mask[..., None] * _difference(source, target))


def multiband_blend(source: RGB, target: RGB, mask: Mask, bands: int) -> tuple[RGB, Mask]:
    """Blend each band of frequencies over its own width (Burt and Adelson, ACM Transactions on Graphics 1983).

    Coarse bands spread over the mask's edge, fine ones keep to it.

    Args:
        source: `(H, W, 3)` uint8 RGB, what is put in.
        target: `(H, W, 3)` uint8 RGB.
        mask: `(H, W)` float32 in [0, 1].
        bands: levels of the pyramid; each doubles the widest feather.

    Returns:
        The blended picture, and the mask of the coarsest band: outside it nothing has changed.
    """
    # Blending is linear, so one pyramid, that of the difference, does for both pictures.
    differences, weights = [_difference(source, target)], [mask]
    for _ in range(bands - 1):
        differences.append(_float(cv2.pyrDown(differences[-1])))
        weights.append(_float(cv2.pyrDown(weights[-1])))
    widest = weights[-1]
    change = _float(widest[..., None] * differences[-1])
    for fine, coarse, weight in zip(differences[-2::-1], differences[:0:-1], weights[-2::-1], strict=True):
        size = (fine.shape[1], fine.shape[0])
        detail = fine - cv2.pyrUp(coarse, dstsize=size)
        change = _float(cv2.pyrUp(change, dstsize=size) + weight[..., None] * detail)
        widest = _float(cv2.pyrUp(widest, dstsize=size))
    # A weight below this moves no pixel by half a level.
    widest = np.where(widest < 1 / 512, 0, np.minimum(widest, 1)).astype(np.float32)
    return _added(target, np.where(widest[..., None] == 0, np.float32(0), change)), widest


def poisson_blend(source: RGB, target: RGB, mask: Mask) -> RGB:
    """Blend gradients (Perez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003), then feather by the mask.

    OpenCV solves for the mask's whole bounding rectangle; feathering keeps what changes within the mask. An empty mask
    leaves the target as it is.
    """
    if not mask.any():
        return target
    # OpenCV shrinks the mask by as much, and fails where nothing or less than three pixels a side would be left.
    grown_px, border_px = 3, 4
    sides = (border_px,) * 4
    padded_source = cv2.copyMakeBorder(source, *sides, cv2.BORDER_REPLICATE)
    padded_target = cv2.copyMakeBorder(target, *sides, cv2.BORDER_REPLICATE)
    pasted = cv2.copyMakeBorder((mask > 0).astype(np.uint8), *sides, cv2.BORDER_CONSTANT, value=0)
    pasted = cv2.dilate(pasted, np.ones((3, 3), np.uint8), iterations=grown_px)
    left, top, width, height = cv2.boundingRect(pasted)
    centre = (left + width // 2, top + height // 2)
    cloned = cv2.seamlessClone(padded_source, padded_target, pasted * 255, centre, cv2.NORMAL_CLONE)
    inner = cloned[border_px:-border_px, border_px:-border_px].astype(np.uint8, copy=False)
    return blend(inner, target, mask)


def _difference(source: RGB, target: RGB) -> NDArray[np.float32]:
    return _float(cv2.subtract(source, target, dtype=cv2.CV_32F))


def _added(target: RGB, change: NDArray[np.number[Any]]) -> RGB:
    """The sum, rounded and clipped."""
    return cv2.add(target, _float(change), dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _float(values: NDArray[np.number[Any]]) -> NDArray[np.float32]:
    """OpenCV's stubs leave the type open."""
    return values.astype(np.float32, copy=False)
