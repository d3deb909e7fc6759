"""Cuts the window around a face that is kept of a picture: all that training and evaluation ever crop from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_square, cut, resize
from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_training.landmarks import LandmarkFinder
from unmask_training.synthesis.even_sharpness import face_sharpness

# A window shows the face with room for every crop that training cuts from it.
WINDOW_SCALE = 2.0


@dataclass(frozen=True, eq=False)
class Window:
    """A face with room around it.

    Attributes:
        image: `(S, S, 3)` uint8 RGB.
        box: `(4,)` float32 face box `[x1, y1, x2, y2]` in px of the window.
        landmarks: `(468, 2)` float32 `[x, y]` in px of the window.
        sharpness: as `unmask_edge.quality` measures it, on the face as a detector gets it.
    """

    image: NDArray[np.uint8]
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    sharpness: float


def cut_window(
    image: NDArray[np.uint8], box: NDArray[np.float32], find_landmarks: LandmarkFinder, max_px: int
) -> Window:
    """Cut the square around a face.

    Args:
        image: `(H, W, 3)` uint8 RGB.
        box: `(4,)` float32 face box `[x1, y1, x2, y2]` in px of the image.
        find_landmarks: finds them in the whole image.
        max_px: side of the window at most; a larger one is scaled down.
    """
    left, top, side = crop_square(box, WINDOW_SCALE)
    size_px = min(side, max_px)
    scale = np.float32(size_px / side)
    corner = np.array([left, top], np.float32)
    window = resize(cut(image, left, top, side), size_px, size_px)
    box_in_window = ((box.reshape(2, 2) - corner) * scale).reshape(4)
    landmarks = (find_landmarks(image, box) - corner) * scale
    return Window(window, box_in_window, landmarks, round(face_sharpness(window, box_in_window), 2))


def png(image: NDArray[np.uint8]) -> bytes:
    """An `(H, W, 3)` uint8 RGB picture as a PNG file, quickly compressed."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def from_png(content: bytes) -> NDArray[np.uint8]:
    """The `(H, W, 3)` uint8 RGB picture that `png` has written.

    Raises:
        UnmaskError: if it is none.
    """
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise UnmaskError(f"Expected a face window as a PNG file. Received: {len(content)} bytes that are none.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
