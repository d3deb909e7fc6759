"""Shows the files that a net is most wrong about: often they tell more than any figure."""

from base64 import b64encode
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import resize
from unmask_edge.errors import MediaError
from unmask_edge.opencv import cv2
from unmask_training.data.copies import Location, local
from unmask_training.data.looking import one_picture
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.summary import Evaluation, ScoredFile
from unmask_training.windows import from_png

THUMBNAIL_PX = 160


class Mistake(NamedTuple):
    """A file that a net is wrong about.

    Attributes:
        thumbnail: a picture of it as a `data:` address; None if it can no longer be read.
    """

    file: ScoredFile
    thumbnail: str | None


def worst_mistakes(evaluation: Evaluation, case: Case, count: int) -> list[Mistake]:
    """The reals with the highest scores and the fakes with the lowest, so many of each."""
    reals, fakes = (
        sorted((file for file in evaluation.files if file.label == label), key=lambda file: file.score)
        for label in ("real", "fake")
    )
    chosen = [*reals[::-1][:count], *fakes[:count]]
    return [Mistake(file, _thumbnail(case, file)) for file in chosen]


def _thumbnail(case: Case, file: ScoredFile) -> str | None:
    try:
        picture = _picture(case, file)
    except MediaError:
        return None
    height, width = picture.shape[:2]
    scale = THUMBNAIL_PX / max(height, width)
    small = resize(picture, max(1, round(width * scale)), max(1, round(height * scale)))
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{b64encode(jpeg.tobytes()).decode()}"


def _picture(case: Case, file: ScoredFile) -> NDArray[np.uint8]:
    """The image, or the middle frame of the clip; from a store the first face."""
    if case.stored is None:
        with local(Location(case.root, file.path)) as path:
            return one_picture(path)
    record = next(record for record in case.records if record.path == file.path)
    return from_png(next(case.stored.files[record].faces())["window"])
