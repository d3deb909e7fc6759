"""Two sample clips from the public-domain portrait of Eileen Collins (NASA): a pan, and the same pan of a forgery."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.errors import UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.media import read_image
from unmask_edge.opencv import cv2
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.synthesis.forgery import FaceImage
from unmask_training.synthesis.provenance import mark_mp4
from unmask_training.synthesis.self_blend import self_blend

RATE, SECONDS = 25, 4
VIEW_PX = 400
SEED = 7


def write_samples(out: Path) -> list[Path]:
    """Write `pan.mp4` and `pan_forged.mp4`; the forgery's metadata say that it is synthetic."""
    out.mkdir(parents=True, exist_ok=True)
    portrait = read_image(asset_path("portrait"))
    landmarks = LandmarkFinder()(portrait, FaceFinder(face_finder_spec())(portrait)[0])
    forged = self_blend(FaceImage(portrait, landmarks), np.random.default_rng(SEED)).fake
    real_path, forged_path = out / "pan.mp4", out / "pan_forged.mp4"
    _write_pan(portrait, real_path)
    _write_pan(forged, forged_path)
    mark_mp4(forged_path, "Synthetic: a face blended into itself by unmask, to show forgery detection.")
    return [real_path, forged_path]


def _write_pan(image: NDArray[np.uint8], path: Path) -> None:
    frames = RATE * SECONDS
    room_y, room_x = image.shape[0] - VIEW_PX, image.shape[1] - VIEW_PX
    # VP9 is the one codec that OpenCV's wheels write and every browser plays.
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"vp09"), RATE, (VIEW_PX, VIEW_PX))
    if not writer.isOpened():
        raise UnmaskError(f"Expected to write a VP9 clip to {path}. Received: an OpenCV build that cannot.")
    for frame in range(frames):
        left, top = round(room_x * frame / frames), round(room_y * 0.3 * frame / frames)
        view = image[top : top + VIEW_PX, left : left + VIEW_PX]
        writer.write(cv2.cvtColor(view, cv2.COLOR_RGB2BGR))
    writer.release()
