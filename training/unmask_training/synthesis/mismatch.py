"""What tells a pasted face from its surroundings: another colour, sharpness, resolution, noise or coding."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2
from unmask_training.synthesis.degradations import gaussian_blur, gaussian_noise, rescale, sharpen, smooth_skin
from unmask_training.synthesis.forgery import RGB
from unmask_training.synthesis.picture_codec import jpeg

Change = Callable[[RGB, np.random.Generator], RGB]


def mismatch(image: RGB, rng: np.random.Generator) -> RGB:
    """Change an `(H, W, 3)` uint8 RGB picture in colour, in detail, or in both."""
    kind = rng.choice(["both", "colour", "detail"], p=[0.6, 0.15, 0.25])
    if kind != "detail":
        image = _change_colour(image, rng)
    if kind != "colour":
        for change in rng.permutation(len(_DETAIL))[: rng.choice([1, 2], p=[0.75, 0.25])]:
            image = _DETAIL[change](image, rng)
    return image


def _change_colour(image: RGB, rng: np.random.Generator) -> RGB:
    chosen = [change for change in _COLOUR if rng.random() < 0.45]
    for change in chosen or [_COLOUR[rng.integers(len(_COLOUR))]]:
        image = change(image, rng)
    return image


def _shift_rgb(image: RGB, rng: np.random.Generator) -> RGB:
    return _mapped(image, np.arange(256)[:, None] + rng.uniform(-20, 20, 3))


def _turn_hsv(image: RGB, rng: np.random.Generator) -> RGB:
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    levels = np.arange(256.0)
    hue = (levels + rng.uniform(-8, 8)) % 256
    table = np.stack([hue, levels * rng.uniform(0.7, 1.3), levels * rng.uniform(0.85, 1.15)], axis=1)
    return cv2.cvtColor(_mapped(hsv.astype(np.uint8, copy=False), table), cv2.COLOR_HSV2RGB_FULL).astype(
        np.uint8, copy=False
    )


def _change_tone(image: RGB, rng: np.random.Generator) -> RGB:
    """Gamma, contrast and brightness."""
    levels = (np.arange(256) / 255) ** np.exp(rng.uniform(-0.3, 0.3)) * 255
    tone = (levels - 128) * rng.uniform(0.85, 1.15) + 128 + rng.uniform(-20, 20)
    return _mapped(image, np.repeat(tone[:, None], 3, axis=1))


def _change_white_balance(image: RGB, rng: np.random.Generator) -> RGB:
    warmth, tint = rng.uniform(-0.12, 0.12), rng.uniform(-0.05, 0.05)
    return _mapped(image, np.arange(256)[:, None] * np.array([1 + warmth, 1 + tint, 1 - warmth]))


def _mapped(image: RGB, table: NDArray[np.float64]) -> RGB:
    """Look each channel up in its column of a `(256, 3)` table."""
    levels = np.clip(np.rint(table), 0, 255).astype(np.uint8)[None]
    return cv2.LUT(image, levels).astype(np.uint8, copy=False)


def _rescale(image: RGB, rng: np.random.Generator) -> RGB:
    down = [cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC][rng.integers(3)]
    up = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST][
        rng.choice(4, p=[0.4, 0.3, 0.2, 0.1])
    ]
    return rescale(image, 1 / rng.uniform(1.5, 4), down, up)


def _blur(image: RGB, rng: np.random.Generator) -> RGB:
    return gaussian_blur(image, rng.uniform(0.6, 2.2))


def _sharpen(image: RGB, rng: np.random.Generator) -> RGB:
    return sharpen(image, rng.uniform(0.4, 1.5), rng.uniform(0.8, 2))


def _add_noise(image: RGB, rng: np.random.Generator) -> RGB:
    return gaussian_noise(image, rng.uniform(2, 9), int(rng.integers(2**31)))


def _denoise(image: RGB, rng: np.random.Generator) -> RGB:
    return smooth_skin(image, rng.uniform(15, 45))


def _code(image: RGB, rng: np.random.Generator) -> RGB:
    return jpeg(image, int(rng.integers(20, 75)), full_chroma=bool(rng.random() < 0.3))


_COLOUR: list[Change] = [_shift_rgb, _turn_hsv, _change_tone, _change_white_balance]
# Resolution is what face swaps lack most.
_DETAIL: list[Change] = [_rescale, _rescale, _blur, _sharpen, _add_noise, _denoise, _code]
