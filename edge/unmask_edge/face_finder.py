"""BlazeFace full-range-sparse (MediaPipe, Apache-2.0): one picture in, face boxes out.

Decoding follows MediaPipe's graph: 192x192 letterboxed input in [-1, 1]; 48x48 anchors with centre (i + 0.5) / 48;
16 numbers an anchor, the first four being the box's centre and size over 192, the centre relative to its anchor.
Mirrored by `extension/lib/face_finder.ts`; `tests/golden/arithmetic.json` holds both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.crop import resize
from unmask_edge.errors import BundleError
from unmask_edge.fetch_assets import load_assets
from unmask_edge.geometry import iou, round_half_up
from unmask_edge.manifest import FaceFinderSpec
from unmask_edge.runtime import Model

GRID = 48


@dataclass(frozen=True)
class Letterbox:
    """How a picture was fitted into the square input: result px = picture px * scale + offset."""

    scale: float
    offset_x: int
    offset_y: int
    width: int
    height: int


class FaceFinder:
    """Finds faces with the settings that a bundle's manifest names."""

    def __init__(self, spec: FaceFinderSpec, threads: int = 1, delegate: str | None = None) -> None:
        """Load the pinned model; threads and delegate are `runtime.Model`'s.

        Raises:
            AssetError: if set-up has not fetched it.
            BundleError: if the manifest names another one: boxes, and with them scores, would drift.
        """
        pinned = load_assets()["face_finder"]["sha256"]
        if spec.sha256 != pinned:
            raise BundleError(f"Expected a bundle made for the face finder {pinned}. Received: {spec.sha256}.")
        self._spec = spec
        self._model = Model(asset_path("face_finder"), threads, delegate)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Boxes `(n, 4)` float32 `[x1, y1, x2, y2]` in px of an `(H, W, 3)` uint8 RGB picture, surest first."""
        letterbox = fit(image.shape[1], image.shape[0], self._spec.input_px)
        raw_boxes, logits = sorted(
            self._model(letterboxed(image, letterbox, self._spec.input_px)), key=lambda o: -o.shape[-1]
        )
        return decode(raw_boxes[0], logits[0, :, 0], letterbox, self._spec)


def fit(width: int, height: int, input_px: int) -> Letterbox:
    """Largest centred fit of a `width` x `height` picture into a square of `input_px`."""
    scale = input_px / max(width, height)
    fitted_width = max(1, round_half_up(width * scale))
    fitted_height = max(1, round_half_up(height * scale))
    return Letterbox(
        scale, (input_px - fitted_width) // 2, (input_px - fitted_height) // 2, fitted_width, fitted_height
    )


def letterboxed(image: NDArray[np.uint8], letterbox: Letterbox, input_px: int) -> NDArray[np.float32]:
    """The `(1, input_px, input_px, 3)` float32 input in [-1, 1], black around the picture."""
    canvas = np.zeros((input_px, input_px, 3), np.uint8)
    rows = slice(letterbox.offset_y, letterbox.offset_y + letterbox.height)
    columns = slice(letterbox.offset_x, letterbox.offset_x + letterbox.width)
    canvas[rows, columns] = resize(image, letterbox.width, letterbox.height)
    result: NDArray[np.float32] = canvas[None].astype(np.float32) / np.float32(127.5) - np.float32(1)
    return result


def decode(
    raw_boxes: NDArray[np.float32], logits: NDArray[np.float32], letterbox: Letterbox, spec: FaceFinderSpec
) -> NDArray[np.float32]:
    """Turn the net's output into boxes.

    Args:
        raw_boxes: `(2304, 16)` float32.
        logits: `(2304,)` float32.
        letterbox: the fit that was used.
        spec: thresholds and input size.

    Returns:
        `(n, 4)` float32 boxes in px of the picture, surest first, after non-maximum suppression.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    kept = np.flatnonzero(scores >= spec.score_threshold)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    anchors_xy = (np.stack([kept % GRID, kept // GRID], axis=1) + 0.5) / GRID * spec.input_px
    centres = raw_boxes[kept, :2] + anchors_xy
    halves = raw_boxes[kept, 2:4] / 2
    offset = np.array([letterbox.offset_x, letterbox.offset_y] * 2)
    corners = np.concatenate([centres - halves, centres + halves], axis=1)
    boxes = ((corners - offset) / letterbox.scale).astype(np.float32)
    unsuppressed: NDArray[np.float32] = boxes[suppress(boxes, spec.iou_threshold)]
    return unsuppressed


def suppress(boxes_xyxy: NDArray[np.float32], iou_threshold: float) -> list[int]:
    """Non-maximum suppression: indices of the `(n, 4)` boxes, surest first, that overlap no surer one too much."""
    kept: list[int] = []
    for index, box in enumerate(boxes_xyxy):
        if not kept or iou(box, boxes_xyxy[kept]).max() <= iou_threshold:
            kept.append(index)
    return kept
