"""The face crops that show quantizers the ranges of a net's activations, and their record in the bundle."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.progress import track

from unmask_edge.crop import face_crop
from unmask_edge.errors import MediaError, UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.manifest import Sha256
from unmask_edge.media import media_kind, read_image
from unmask_training.faces import IMAGE_SUFFIXES
from unmask_training.finder import face_finder_spec
from unmask_training.recipe import Recipe

# Ranges of fewer faces leave out what the next face reaches.
MIN_FACES = 32
# More take longer and change the ranges little.
MAX_FACES = 1024
RECORD = "calibration.json"


class CalibrationRecord(BaseModel):
    """`calibration.json` of a bundle.

    Attributes:
        sha256: over the crops' bytes, `(crops, H, W, 3)` uint8 RGB.
        chosen: how they were chosen, in a sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    crops: Annotated[int, Field(gt=0)]
    source: Literal["training crops of the run", "pictures given"]
    sha256: Sha256
    chosen: str


@dataclass(frozen=True, eq=False)
class Calibration:
    """What calibrates.

    Attributes:
        crops: `(n, H, W, 3)` uint8 RGB.
        record: what the bundle tells of them.
    """

    crops: NDArray[np.uint8]
    record: CalibrationRecord


def calibration_of_run(run: Path) -> Calibration:
    """The crops that training kept of its own faces."""
    crops: NDArray[np.uint8] = np.load(run / "calibration.npy")
    chosen = "Drawn from all training faces of the run, each with the same chance."
    return Calibration(crops, _record(crops, "training crops of the run", chosen))


def calibration_of_pictures(folder: Path, recipe: Recipe) -> Calibration:
    """The faces of all pictures in a folder and below it, cropped as readers of the model will.

    Raises:
        UnmaskError: if there are too few.
    """
    crops = list(_faces(folder, recipe))
    if len(crops) < MIN_FACES:
        raise UnmaskError(
            f"Expected at least {MIN_FACES} faces in the pictures of {folder}, to calibrate by. Received: {len(crops)}."
        )
    chosen = f"Every face found in the pictures, in the order of their paths, at most {MAX_FACES}."
    stacked = np.stack(crops)
    return Calibration(stacked, _record(stacked, "pictures given", chosen))


def _faces(folder: Path, recipe: Recipe) -> Iterator[NDArray[np.uint8]]:
    find = FaceFinder(face_finder_spec())
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in IMAGE_SUFFIXES]
    found = 0
    for path in track(paths, "Finding faces to calibrate by", console=Console(stderr=True)):
        for crop in _faces_of(path, find, recipe):
            yield crop
            found += 1
            if found == MAX_FACES:
                return


def _faces_of(path: Path, find: FaceFinder, recipe: Recipe) -> list[NDArray[np.uint8]]:
    try:
        if media_kind(path) != "image":
            return []
        image = read_image(path)
    except MediaError:  # one bad picture among many
        return []
    return [face_crop(image, box, recipe.crop.scale, recipe.model.input_px) for box in find(image)]


def _record(
    crops: NDArray[np.uint8], source: Literal["training crops of the run", "pictures given"], chosen: str
) -> CalibrationRecord:
    digest = hashlib.sha256(np.ascontiguousarray(crops).tobytes()).hexdigest()
    return CalibrationRecord(crops=len(crops), source=source, sha256=digest, chosen=chosen)
