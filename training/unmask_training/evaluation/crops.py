"""Decodes a file once, finds its faces once, and cuts every crop that any of the compared nets looks at.

Decoding, sampling, finding and cutting are the edge runtime's own functions, so that what is measured is what users
get. Of a file in a face store all but the cutting is done already.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_scale, face_crop
from unmask_edge.errors import MediaError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.manifest import FaceFinderSpec
from unmask_edge.media import media_kind
from unmask_edge.opencv import cv2
from unmask_training.data.copies import Location, local
from unmask_training.evaluation.distortions import Distortion, clip_frames, picture
from unmask_training.evaluation.stored import StoredFile
from unmask_training.windows import from_png

# Part of what scores are kept by: others rest on another rule.
LOOKS = "pictures are mirrored too, crops of clips differ in scale"
# What a file's faces are read from.
Source = Location | StoredFile


@dataclass(frozen=True)
class View:
    """A crop rule.

    Attributes:
        scale: side of the square over the longer side of the face box, in pictures.
        size_px: side of the crop.
        clip_scales: like scale, of a clip's sampled frames, in turn; pictures' if none.
    """

    scale: float
    size_px: int
    clip_scales: tuple[float, ...] = ()

    @property
    def scales(self) -> tuple[float, ...]:
        """Of pictures, then of clips."""
        return (self.scale, *self.clip_scales)

    def crop(self, image: NDArray[np.uint8], box: NDArray[np.float32], frame: int | None) -> NDArray[np.uint8]:
        """The crop of a face of a picture, or of a clip's sampled frame by its number."""
        scale = crop_scale(frame, self.scale, self.clip_scales or (self.scale,))
        return face_crop(image, box, scale, self.size_px)


@dataclass(frozen=True)
class Looking:
    """How a file is looked at.

    Attributes:
        frames: how many frames of a clip are sampled.
    """

    finder: FaceFinderSpec
    frames: int


@dataclass(frozen=True, eq=False)
class FaceCrops:
    """One face in one frame.

    Attributes:
        frame: number of the sampled frame, from 0.
        box: `(4,)` float32 `[x1, y1, x2, y2]` in px of the frame.
        crops: `(size_px, size_px, 3)` uint8 RGB for each view.
    """

    frame: int
    box: NDArray[np.float32]
    crops: dict[View, NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class FileCrops:
    """All faces of a file, frame by frame, surest first in each; none if it could not be read."""

    is_clip: bool
    frames_sampled: int
    faces: list[FaceCrops]

    def looks(self, view: View) -> list[NDArray[np.uint8]]:
        """The crops that a net is shown: each face, and of a picture, after all of them, each mirrored."""
        crops = [face.crops[view] for face in self.faces]
        return crops if self.is_clip else [*crops, *(crop[:, ::-1] for crop in crops)]


def start_worker() -> None:
    """Prepare a process of a pool: it is one of several, each on one core."""
    cv2.setNumThreads(1)


def source_crops(source: Source, looking: Looking, views: Iterable[View], distortion: Distortion | None) -> FileCrops:
    """`file_crops`, wherever the file lies or its faces are stored, whose frames nothing can distort any more."""
    if isinstance(source, StoredFile):
        return _stored_crops(source, views)
    with local(source) as path:
        return file_crops(path, looking, views, distortion)


def file_crops(path: Path, looking: Looking, views: Iterable[View], distortion: Distortion | None) -> FileCrops:
    """Read one file and distort it, unless `distortion` is None; never raises for a bad file."""
    is_clip = False
    try:
        is_clip = media_kind(path) == "video"
        frames = clip_frames(path, looking.frames, distortion) if is_clip else [picture(path, distortion)]
    except MediaError:
        return FileCrops(is_clip, 0, [])
    find_faces = _face_finder(looking.finder)
    faces = [
        FaceCrops(number, box, {view: view.crop(frame, box, number if is_clip else None) for view in views})
        for number, frame in enumerate(frames)
        for box in find_faces(frame)
    ]
    return FileCrops(is_clip, len(frames), faces)


def file_digest(path: Path) -> str:
    """sha256 of a file's content; of one that cannot be read, of its path alone."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except OSError:
        return f"unreadable {path}"


def _stored_crops(file: StoredFile, views: Iterable[View]) -> FileCrops:
    faces = []
    for face in file.faces():
        window, box = from_png(face["window"]), face["window_box"]
        crops = {view: view.crop(window, box, face["frame"] if file.is_clip else None) for view in views}
        faces.append(FaceCrops(face["frame"], face["box"], crops))
    return FileCrops(file.is_clip, file.frames_sampled, faces)


@cache
def _face_finder(spec: FaceFinderSpec) -> FaceFinder:
    return FaceFinder(spec)
