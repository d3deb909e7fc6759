"""Draws what `unmask watch` sees, for OpenCV builds that can open windows."""

import os
import sys

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_edge.result import FaceFrame
from unmask_edge.watch.faces import Faces

# BGR, told apart by lightness too; the verdict stands beside the box in words.
COLOURS = {"likely manipulated": (60, 76, 231), "inconclusive": (0, 200, 255), "likely authentic": (180, 180, 60)}
UNJUDGED = (200, 200, 200)
MAP_OPACITY = 0.4


class Window:
    """A window that shows the newest frame."""

    def __init__(self, title: str) -> None:
        """Open it.

        Raises:
            UnmaskError: if there is no screen, or OpenCV was built without windows.
        """
        self._title = f"Unmask: {title}"
        # OpenCV's Qt ends the whole process where there is no screen.
        if sys.platform.startswith("linux") and not ({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)):
            raise UnmaskError("Expected a screen for --show. Received: none; DISPLAY is not set.")
        try:
            cv2.namedWindow(self._title, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise UnmaskError(
                "Expected an OpenCV that opens windows for --show. Received: the headless build. Run: "
                "pip uninstall opencv-python-headless && pip install opencv-python"
            ) from error

    def show(self, frame: NDArray[np.uint8], found: list[FaceFrame], faces: Faces) -> None:
        """Show a frame with its faces, each with its score, verdict and region map."""
        cv2.imshow(self._title, drawn(frame, found, faces))
        cv2.waitKey(1)


def drawn(frame: NDArray[np.uint8], found: list[FaceFrame], faces: Faces) -> NDArray[np.uint8]:
    """The `(H, W, 3)` uint8 BGR picture of an RGB frame with what was found in it."""
    picture = np.ascontiguousarray(frame[..., ::-1])
    verdicts = {face.frames[-1].box: face.verdict for face in faces.in_sight.values()}
    for face in found:
        verdict = verdicts.get(face.box)
        colour = COLOURS.get(verdict or "", UNJUDGED)
        _lay_map(picture, face)
        x1, y1, x2, y2 = (round(side) for side in face.box)
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 2)
        text = f"{verdict or face.flaw or 'looking'} {face.score:.2f}"
        cv2.putText(picture, text, (x1, max(y1 - 6, 12)), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
    return picture


def _lay_map(picture: NDArray[np.uint8], face: FaceFrame) -> None:
    """Redden what looks changed."""
    left, top, right, bottom = face.crop
    changed = cv2.resize(np.array(face.region_map, np.float32), (right - left, bottom - top))
    inner = (slice(max(top, 0), min(bottom, len(picture))), slice(max(left, 0), min(right, picture.shape[1])))
    shares = (
        MAP_OPACITY * changed[inner[0].start - top : inner[0].stop - top, inner[1].start - left : inner[1].stop - left]
    )
    red = np.array(COLOURS["likely manipulated"], np.float32)
    picture[inner] = picture[inner] * (1 - shares[..., None]) + red * shares[..., None]
