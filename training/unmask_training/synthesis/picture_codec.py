"""Real coders for pictures, in memory: what they leave behind no filter imitates.

Apart from those for video, which need PyAV: forging a picture shall not.
"""

import numpy as np

from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB


def jpeg(image: RGB, quality: int, *, full_chroma: bool = False) -> RGB:
    """Code an `(H, W, 3)` uint8 RGB picture as JPEG and back.

    Args:
        image: the picture.
        quality: libjpeg's, 1 to 100.
        full_chroma: 4:4:4 instead of 4:2:0.
    """
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    return _still(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling])


def webp(image: RGB, quality: int) -> RGB:
    """Code an `(H, W, 3)` uint8 RGB picture as lossy WebP and back; quality 1 to 100."""
    return _still(image, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])


def _still(image: RGB, suffix: str, parameters: list[int]) -> RGB:
    # Channel order matters to the coder's colour transform.
    _, content = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), parameters)
    decoded = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR))
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
