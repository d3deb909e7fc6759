"""What cameras, apps and platforms do to pictures: the same for a real picture and its forgery.

A forgery is often softer or coarser coded than its original; a net that takes softness for forgery fails on the first
re-encoded clip. Degrading both twins alike, and hard, leaves nothing of that to learn.

A chain follows the life of a picture: the camera, the app that beautifies it, then up to two uploads, each of which
rescales and codes. A share stays as it is. For the others a severity is drawn evenly from 0 to 1; with
it grow how many steps are taken, and the strength of each, drawn from 0.4 of the severity up to the whole. Strength 0
is JPEG at quality 98, H.264 at CRF 18, the scale 1, next to no noise or blur; 1 is JPEG at quality 30, H.264 at
CRF 40, the scale 0.35, noise of 14 grey levels, a blur of 2.2 px.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from unmask_edge.opencv import cv2
from unmask_training.synthesis.degradations import (
    camera_noise,
    defocus,
    filmed,
    gaussian_blur,
    gaussian_noise,
    low_light,
    motion_blur,
    resized,
    resized_back,
    saturation,
    screenshot,
    sharpen,
    smooth_skin,
    tone,
)
from unmask_training.synthesis.forgery import RGB
from unmask_training.synthesis.picture_codec import jpeg, webp
from unmask_training.synthesis.video_codec import h264, mpeg4, vp9

Step = Callable[[RGB], RGB]
DrawStep = Callable[[np.random.Generator, float], Step]

_FILTERS = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4]


def draw_chain(rng: np.random.Generator, clean_share: float) -> list[Step]:
    """Draw a random chain of degradations.

    Args:
        rng: what it is drawn by.
        clean_share: how often the chain is empty, in [0, 1].
    """
    if rng.random() < clean_share:
        return []
    severity = rng.uniform()
    steps = [draw(rng, severity) for share, draw in _BEFORE_UPLOAD if rng.random() < 2 * severity * share]
    uploads = rng.choice(3, p=[0.15, 0.6, 0.25])
    return steps + [_upload(rng, severity) for _ in range(uploads)]


def degrade_alike(images: Sequence[RGB], chain: Sequence[Step]) -> list[RGB]:
    """Apply one chain to all `(H, W, 3)` uint8 RGB pictures, the twins; their shapes stay."""
    for step in chain:
        images = [step(image) for image in images]
    return list(images)


def _upload(rng: np.random.Generator, severity: float) -> Step:
    """Rescaled, coded, and shown at the old size: the coder's grid then lies at any scale."""
    code = _CODERS[rng.choice(len(_CODERS), p=_CODER_SHARES)](rng, severity)
    if rng.random() > 0.3 + 0.5 * severity:
        return code
    factor = 1 - 0.65 * _strength(rng, severity) if rng.random() < 0.8 else rng.uniform(1, 1.3)
    first, second = (_FILTERS[index] for index in rng.integers(len(_FILTERS), size=2))
    return lambda image: resized_back(code(resized(image, factor, first)), image, second)


def _strength(rng: np.random.Generator, severity: float) -> float:
    return severity * rng.uniform(0.4, 1)


def _tone(rng: np.random.Generator, severity: float) -> Step:
    gains = np.exp(severity * (rng.uniform(-0.2, 0.2) + rng.uniform(-0.1, 0.1, 3)))
    return partial(tone, gamma=float(np.exp(severity * rng.uniform(-0.45, 0.45))), gains=gains)


def _saturation(rng: np.random.Generator, severity: float) -> Step:
    factor = 0.0 if rng.random() < 0.4 else 1 + severity * rng.uniform(-0.8, 0.5)
    return partial(saturation, factor=factor)


def _low_light(rng: np.random.Generator, severity: float) -> Step:
    strength = _strength(rng, severity)
    return partial(low_light, exposure=1 - 0.7 * strength, noise=12 * strength, seed=_seed(rng))


def _blur(rng: np.random.Generator, severity: float) -> Step:
    kind, strength = rng.integers(3), _strength(rng, severity)
    if kind == 0:
        return partial(gaussian_blur, deviation_px=0.3 + 1.9 * strength)
    if kind == 1:
        return partial(motion_blur, length_px=1 + 7 * strength, angle=rng.uniform(0, np.pi))
    return partial(defocus, radius_px=0.5 + 2.5 * strength)


def _noise(rng: np.random.Generator, severity: float) -> Step:
    strength = _strength(rng, severity)
    if rng.random() < 0.4:
        return partial(gaussian_noise, deviation=1 + 11 * strength, seed=_seed(rng))
    return partial(camera_noise, shot=1 + 13 * strength, read=rng.uniform(0.3, 4) * strength, seed=_seed(rng))


def _sharpen(rng: np.random.Generator, severity: float) -> Step:
    return partial(sharpen, amount=0.2 + 1.3 * _strength(rng, severity), deviation_px=rng.uniform(0.7, 2))


def _smooth_skin(rng: np.random.Generator, severity: float) -> Step:
    return partial(smooth_skin, strength=10 + 35 * _strength(rng, severity))


def _screenshot(rng: np.random.Generator, severity: float) -> Step:
    code: Step = _jpeg(rng, 0.3 * severity) if rng.random() < 0.5 else _uncoded(rng, severity)  # or PNG
    return partial(screenshot, factor=rng.uniform(1.05, 1.6), code=code)


def _uncoded(_rng: np.random.Generator, _severity: float) -> Step:
    return lambda image: image


def _jpeg(rng: np.random.Generator, severity: float) -> Step:
    quality = round(98 - 68 * _strength(rng, severity))
    return partial(jpeg, quality=quality, full_chroma=bool(rng.random() < 0.3))


def _webp(rng: np.random.Generator, severity: float) -> Step:
    return partial(webp, quality=round(95 - 70 * _strength(rng, severity)))


def _h264(rng: np.random.Generator, severity: float) -> Step:
    crf = round(18 + 22 * _strength(rng, severity))
    preset = str(rng.choice(["ultrafast", "veryfast", "medium"], p=[0.35, 0.55, 0.1]))
    return _film(rng, partial(h264, crf=crf, preset=preset))


def _vp9(rng: np.random.Generator, severity: float) -> Step:
    return _film(rng, partial(vp9, crf=round(24 + 32 * _strength(rng, severity))))


def _mpeg4(rng: np.random.Generator, severity: float) -> Step:
    return _film(rng, partial(mpeg4, quantiser=round(2 + 16 * _strength(rng, severity))))


def _film(rng: np.random.Generator, code: Callable[[Sequence[RGB]], list[RGB]]) -> Step:
    frames = int(rng.integers(3, 6))
    right, down, zoom = rng.normal(0, [1.0, 0.7, 0.004]).tolist()
    return partial(filmed, code=code, frames=frames, kept=int(rng.integers(frames)), motion=(right, down, zoom))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


# Share at the mean severity, and step, in the order in which they happen.
_BEFORE_UPLOAD: list[tuple[float, DrawStep]] = [
    (0.06, _low_light),
    (0.2, _blur),
    (0.2, _noise),
    (0.4, _tone),
    (0.1, _saturation),
    (0.08, _smooth_skin),
    (0.15, _sharpen),
    (0.07, _screenshot),
]
_CODERS: list[DrawStep] = [_jpeg, _h264, _webp, _vp9, _mpeg4, _uncoded]
_CODER_SHARES = [0.38, 0.34, 0.05, 0.04, 0.03, 0.16]
