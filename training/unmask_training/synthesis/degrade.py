"""What cameras and platforms do to pictures: the same for a real picture and its forgery.

A forgery is often softer or coarser coded than its original; a net that takes softness for forgery fails on the first
re-encoded clip. Degrading both twins alike, and hard, leaves nothing of that to learn.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2

RGB = NDArray[np.uint8]


def degrade_alike(images: Sequence[RGB], rng: np.random.Generator) -> list[RGB]:
    """Apply one random chain of degradations to all `(H, W, 3)` uint8 RGB pictures."""
    for step in _chain(rng):
        images = [step(image) for image in images]
    return list(images)


def _chain(rng: np.random.Generator) -> list[Callable[[RGB], RGB]]:
    steps: list[tuple[float, Callable[[np.random.Generator], Callable[[RGB], RGB]]]] = [
        (0.5, _tone),
        (0.3, _rescale),
        (0.15, _blur),
        (0.15, _noise),
        (0.6, _jpeg),
        (0.1, _webp),
    ]
    order = rng.permutation(len(steps))
    return [steps[index][1](rng) for index in order if rng.random() < steps[index][0]]


def _tone(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    gain, gamma = rng.uniform(0.8, 1.2, 3), rng.uniform(0.7, 1.4)
    levels = np.linspace(0, 1, 256)[:, None] ** gamma * gain
    table = np.clip(np.rint(levels * 255), 0, 255).astype(np.uint8)[None]
    return lambda image: cv2.LUT(image, table).astype(np.uint8, copy=False)


def _rescale(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    factor = rng.uniform(0.5, 1.0)
    filters = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA]
    down, up = filters[rng.integers(3)], filters[rng.integers(2)]

    def apply(image: RGB) -> RGB:
        height, width = image.shape[:2]
        small = cv2.resize(image, (max(8, int(width * factor)), max(8, int(height * factor))), interpolation=down)
        return cv2.resize(small, (width, height), interpolation=up).astype(np.uint8, copy=False)

    return apply


def _blur(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    sigma = rng.uniform(0.3, 1.2)
    return lambda image: cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False)


def _noise(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    deviation, seed = rng.uniform(1, 6), int(rng.integers(2**31))

    def apply(image: RGB) -> RGB:
        noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
        noisy: RGB = np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)
        return noisy

    return apply


def _jpeg(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    return _coded(".jpg", [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 100))])


def _webp(rng: np.random.Generator) -> Callable[[RGB], RGB]:
    return _coded(".webp", [cv2.IMWRITE_WEBP_QUALITY, int(rng.integers(40, 96))])


def _coded(suffix: str, parameters: list[int]) -> Callable[[RGB], RGB]:
    def apply(image: RGB) -> RGB:
        # Channel order matters to the codec's colour transform.
        _, content = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), parameters)
        decoded = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR))
        return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)

    return apply
