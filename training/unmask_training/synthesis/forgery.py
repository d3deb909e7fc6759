"""What every method of forging takes and gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Mask = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceImage:
    """A picture with one face.

    Attributes:
        image: `(H, W, 3)` uint8 RGB.
        landmarks: `(468, 2)` float32 Face Mesh points `[x, y]` in px.
    """

    image: RGB
    landmarks: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Forgery:
    """A picture and its twin, alike but for the forgery.

    Attributes:
        real: `(H, W, 3)` uint8 RGB; the picture that was given, or changed all over as the forgery's surroundings are.
        fake: `(H, W, 3)` uint8 RGB.
        mask: `(H, W)` float32 in [0, 1], how far each pixel of `fake` was replaced.
        kind: the method and its variant, as in `self_blend/lower`.
    """

    real: RGB
    fake: RGB
    mask: Mask
    kind: str


# A method forges one face from itself, or from itself and another person's; every random choice comes from the
# generator.
OneFaceMethod = Callable[[FaceImage, np.random.Generator], Forgery]
TwoFaceMethod = Callable[[FaceImage, FaceImage, np.random.Generator], Forgery]
