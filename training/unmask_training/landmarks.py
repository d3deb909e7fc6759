"""468 face landmarks (MediaPipe Face Mesh, Apache-2.0), for the masks of synthetic forgeries. Training only."""

import numpy as np
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.crop import crop_square, cut, resize
from unmask_edge.runtime import Model, with_shape

# Face Mesh was trained on squares 1.5 times the detector's box.
CONTEXT_SCALE = 1.5
INPUT_PX = 192
POINTS = 468


class LandmarkFinder:
    """Runs the landmark model inside a face box; meant for roughly upright faces."""

    def __init__(self) -> None:
        self._model = Model(asset_path("face_landmarks"))

    def __call__(self, image: NDArray[np.uint8], box_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks `(468, 2)` float32 `[x, y]` in px of an `(H, W, 3)` uint8 RGB picture."""
        left, top, side = crop_square(box_xyxy, CONTEXT_SCALE)
        crop = resize(cut(image, left, top, side), INPUT_PX, INPUT_PX)
        outputs = self._model((crop[None] / np.float32(255)).astype(np.float32))
        points = with_shape(outputs, (1, 1, 1, POINTS * 3)).reshape(POINTS, 3)[:, :2]
        result: NDArray[np.float32] = points * np.float32(side / INPUT_PX) + np.array([left, top], np.float32)
        return result
