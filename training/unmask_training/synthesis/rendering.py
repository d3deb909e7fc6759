"""What tools do to a face's pixels before they paste it: colour transfer, and the detail of a second rendering."""

from collections.abc import Callable

import numpy as np

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB, Mask


def match_colour(source: RGB, target: RGB, mask: Mask, strength: float) -> RGB:
    """Give `source` the colours of `target` inside a mask (Reinhard et al., "Color Transfer between Images", 2001).

    Args:
        source: `(H, W, 3)` uint8 RGB.
        target: `(H, W, 3)` uint8 RGB.
        mask: `(H, W)`; both pictures' Lab means and deviations are taken where it is above one half.
        strength: 0 leaves `source` as it is, 1 is the whole transfer.

    Returns:
        `source`, changed within the rectangle around the mask.
    """
    inside = (mask > 0.5).astype(np.uint8)
    if not inside.any():
        return source
    left, top, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    box = np.s_[top : top + height, left : left + width]
    lab, goal = (cv2.cvtColor(image[box].astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for image in (source, target))
    (mean, deviation), (goal_mean, goal_deviation) = (cv2.meanStdDev(side, mask=inside[box]) for side in (lab, goal))
    # Beyond a factor of two noise and clipping show, which tools avoid as well.
    gain = np.clip(goal_deviation / np.maximum(deviation, 1e-3), 0.5, 2)
    gain = 1 + strength * (gain - 1)
    offset = mean + strength * (goal_mean - mean) - gain * mean
    moved = lab * gain.ravel().astype(np.float32) + offset.ravel().astype(np.float32)
    result = source.copy()
    coloured = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    result[box] = np.clip(np.rint(coloured * 255), 0, 255).astype(np.uint8)
    return result


def render_apart(source: RGB, target: RGB, rng: np.random.Generator) -> tuple[RGB, RGB]:
    """Render what is pasted, what it is pasted into, or both alike: how soft a face is must not tell what it is.

    Warping has softened `source`; wherever `target` is rendered it is first moved by a fraction of a pixel, which does
    the same to it. Both are `(H, W, 3)` uint8 RGB.
    """
    render = _rendering(rng)
    choice = rng.random()
    if choice < 0.25:
        return render(source), target
    moved = _moved(target, rng)
    if choice < 0.65:
        return render(source), render(moved)
    return source, render(moved)


def _rendering(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    """One of the ways in which rendering a picture again changes its finest detail."""
    kind = rng.choice(["none", "rescale", "blur", "median", "sharpen"], p=[0.15, 0.4, 0.15, 0.1, 0.2])
    if kind == "rescale":
        return _rescaling(rng)
    if kind == "sharpen":  # as tools that restore or enhance faces do
        return _sharpening(rng)
    if kind == "blur":
        sigma = rng.uniform(0.4, 1.1)
        return lambda image: cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False)
    if kind == "median":
        return lambda image: cv2.medianBlur(image, 3).astype(np.uint8, copy=False)
    return lambda image: image


def _moved(image: RGB, rng: np.random.Generator) -> RGB:
    shift = np.array([[1, 0, rng.uniform(-0.5, 0.5)], [0, 1, rng.uniform(-0.5, 0.5)]])
    height, width = image.shape[:2]
    moved = cv2.warpAffine(image, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved.astype(np.uint8, copy=False)


def _sharpening(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    sigma, amount = rng.uniform(0.7, 1.5), rng.uniform(0.5, 1.5)

    def apply(image: RGB) -> RGB:
        blurred = cv2.GaussianBlur(image, (0, 0), sigma)
        return cv2.addWeighted(image, 1 + amount, blurred, -amount, 0).astype(np.uint8, copy=False)

    return apply


def _rescaling(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    factor = rng.uniform(1.1, 2.5)
    down = [cv2.INTER_AREA, cv2.INTER_LINEAR][rng.integers(2)]
    up = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4][rng.integers(3)]

    def apply(image: RGB) -> RGB:
        height, width = image.shape[:2]
        small = cv2.resize(image, (max(8, int(width / factor)), max(8, int(height / factor))), interpolation=down)
        return cv2.resize(small, (width, height), interpolation=up).astype(np.uint8, copy=False)

    return apply
