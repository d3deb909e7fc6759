"""Single distortions at a given strength, as cameras, apps and platforms cause them.

Each takes and gives an `(H, W, 3)` uint8 RGB picture. Coders are in `picture_codec.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB

SMALLEST_PX = 8


def rescale(image: RGB, factor: float, down: int = cv2.INTER_AREA, up: int = cv2.INTER_LINEAR) -> RGB:
    """Resize by a factor and back to the same size, with OpenCV's filters `down` and `up`."""
    return resized_back(resized(image, factor, down if factor < 1 else up), image, up if factor < 1 else down)


def resized(image: RGB, factor: float, filtering: int) -> RGB:
    """Resize by a factor, to no less than 8 px a side."""
    height, width = (max(SMALLEST_PX, round(side * factor)) for side in image.shape[:2])
    return _bytes(cv2.resize(image, (width, height), interpolation=filtering))


def resized_back(image: RGB, like: RGB, filtering: int) -> RGB:
    """Resize to the size of another picture."""
    return _bytes(cv2.resize(image, (like.shape[1], like.shape[0]), interpolation=filtering))


def gaussian_blur(image: RGB, deviation_px: float) -> RGB:
    """Blur by a Gaussian."""
    return _bytes(cv2.GaussianBlur(image, (0, 0), deviation_px))


def motion_blur(image: RGB, length_px: float, angle: float) -> RGB:
    """Smear along a straight line at an angle in radians, as a moved camera does."""
    radius = int(np.ceil(length_px / 2))
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    centre = np.array([radius, radius])
    half = np.array([np.cos(angle), np.sin(angle)]) * length_px / 2
    # Four bits of a fraction, so that slow movements smear less than a pixel.
    ends = [tuple(((centre + side * half) * 16).round().astype(int).tolist()) for side in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, 4)
    return _bytes(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def defocus(image: RGB, radius_px: float) -> RGB:
    """Blur by an even disc, as a lens out of focus does."""
    reach = np.arange(-np.ceil(radius_px), np.ceil(radius_px) + 1)
    # The rim counts by the share of the pixel that it covers.
    disc = np.clip(radius_px + 0.5 - np.hypot(reach[:, None], reach), 0, 1).astype(np.float32)
    return _bytes(cv2.filter2D(image, -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE))


def gaussian_noise(image: RGB, deviation: float, seed: int) -> RGB:
    """Add independent normal noise; its standard deviation in grey levels."""
    return _added(image, _normal(image.shape, seed) * np.float32(deviation))


def camera_noise(image: RGB, shot: float, read: float, seed: int) -> RGB:
    """Add a sensor's noise: its variance grows with the light (Foi et al., IEEE Trans. Image Processing, 2008).

    Demosaicing has correlated it between channels and between neighbours.

    Args:
        image: the picture.
        shot: standard deviation at white, in grey levels, of what grows with the light.
        read: standard deviation in the dark.
        seed: of the noise.
    """
    normal = _normal(image.shape, seed)
    # Rows sum to a variance of one.
    between_channels = np.sqrt(np.array([[0.6, 0.3, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]], np.float32))
    # This blur leaves 0.55 of the deviation.
    correlated = cv2.GaussianBlur(cv2.transform(normal, between_channels), (3, 3), 0.6) / 0.55
    levels = np.sqrt(np.arange(256) / 255 * shot**2 + read**2).astype(np.float32)
    return _added(image, correlated * cv2.LUT(image, levels))


def sharpen(image: RGB, amount: float, deviation_px: float = 1.0) -> RGB:
    """Unsharp masking, as phone cameras do: add `amount` of what a Gaussian blur removes."""
    blurred = cv2.GaussianBlur(image, (0, 0), deviation_px)
    return _bytes(cv2.addWeighted(image, 1 + amount, blurred, -amount, 0))


def smooth_skin(image: RGB, strength: float) -> RGB:
    """Bilateral filter (Tomasi and Manduchi, ICCV 1998), as beauty filters do; strength in grey levels."""
    return _bytes(cv2.bilateralFilter(image, 5, strength, 3))


def tone(image: RGB, gamma: float, gains: Sequence[float]) -> RGB:
    """Gamma, then one gain each for red, green and blue."""
    return _looked_up(image, (np.arange(256)[:, None] / 255) ** gamma * np.asarray(gains) * 255)


def contrast(image: RGB, factor: float) -> RGB:
    """Pull levels towards mid-grey (factor below 1) or away from it."""
    return _looked_up(image, np.repeat(127.5 + (np.arange(256.0)[:, None] - 127.5) * factor, 3, axis=1))


def saturation(image: RGB, factor: float) -> RGB:
    """Mix with the grey picture: 0 is grey, 1 leaves it as it is."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _bytes(cv2.addWeighted(image, factor, grey, 1 - factor, 0))


def low_light(image: RGB, exposure: float, noise: float, seed: int) -> RGB:
    """Expose for a share of the light; what the camera amplifies is its noise, in grey levels at white."""
    return camera_noise(tone(image, 1.0, (exposure,) * 3), noise, noise / 3, seed)


def screenshot(image: RGB, factor: float, code: Callable[[RGB], RGB]) -> RGB:
    """Shown enlarged by a factor on a sharpening screen, captured, coded, and brought back to its size."""
    shown = sharpen(resized(image, factor, cv2.INTER_CUBIC), 0.4)
    return resized_back(code(shown), image, cv2.INTER_AREA)


def filmed(
    image: RGB,
    code: Callable[[Sequence[RGB]], list[RGB]],
    frames: int,
    kept: int,
    motion: tuple[float, float, float],
) -> RGB:
    """The frame of a coded clip in which a moving camera sees just this picture.

    Args:
        image: the picture.
        code: codes and decodes a clip, such as `lambda clip: h264(clip, 28)`.
        frames: the clip's length.
        kept: which frame shows the picture unmoved; it decides whether that one is predicted from others.
        motion: px to the right and down, and the zoom's share, from frame to frame.
    """
    height, width = image.shape[:2]
    right, down, zoom = motion

    def seen(time: int) -> RGB:
        if time == 0:
            return image
        scale = (1 + zoom) ** time
        shift_x, shift_y = right * time + width / 2 * (1 - scale), down * time + height / 2 * (1 - scale)
        matrix = np.array([[scale, 0, shift_x], [0, scale, shift_y]])
        return _bytes(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))

    return code([seen(index - kept) for index in range(frames)])[kept]


def _normal(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def _added(image: RGB, noise: NDArray[np.number[Any]]) -> RGB:
    return _bytes(cv2.add(image, noise.astype(np.float32, copy=False), dtype=cv2.CV_8U))


def _looked_up(image: RGB, table: NDArray[np.float64]) -> RGB:
    return _bytes(cv2.LUT(image, np.clip(np.rint(table), 0, 255).astype(np.uint8)[None]))


def _bytes(image: NDArray[np.generic]) -> RGB:
    """OpenCV's stubs leave the type open."""
    return image.astype(np.uint8, copy=False)
