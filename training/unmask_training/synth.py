"""Shows how a forgery is made: a picture's largest face forged, beside its twin and the mask."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_square, cut, resize
from unmask_edge.errors import MediaError, UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.geometry import longer_side
from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery
from unmask_training.synthesis.methods import ONE_FACE_METHODS, TWO_FACE_METHODS
from unmask_training.synthesis.provenance import mark_png

PANEL_PX = 320
PANEL_SCALE = 2.0
_LABEL_PX = 28
_SYNTHETIC = ("forged", "compared")


def read_faces(kind: str, image: Path, donor: Path | None) -> list[FaceImage]:
    """The largest face of a picture, and of the donor's for a method that takes two.

    Args:
        kind: a name from `ONE_FACE_METHODS` or `TWO_FACE_METHODS`.
        image: the picture.
        donor: another picture, if and only if the method takes two faces.

    Raises:
        UnmaskError: if a picture cannot be read or holds no face, or the donor is missing, needless or the picture.
    """
    if donor is None and kind in TWO_FACE_METHODS:
        raise UnmaskError(f"Expected --donor with another person's picture: {kind} takes two faces. Received: none.")
    if donor is not None and kind in ONE_FACE_METHODS:
        raise UnmaskError(f"Expected no --donor: {kind} forges a face from itself. Received: {donor}.")
    if donor is not None and donor.samefile(image):
        raise UnmaskError(f"Expected another picture as --donor. Received: {donor}, the picture itself.")
    return [_largest_face(path) for path in (image, donor) if path is not None]


def forge(kind: str, faces: list[FaceImage], rng: np.random.Generator) -> Forgery:
    """Forge the first face by the method of that name; the second, if any, is the donor's."""
    if len(faces) == 1:
        return ONE_FACE_METHODS[kind](faces[0], rng)
    return TWO_FACE_METHODS[kind](faces[0], faces[1], rng)


def write_forgery(forgery: Forgery, landmarks: NDArray[np.float32], out: Path, name: str) -> Path:
    """Write `NAME_real.png`, `NAME_forged.png`, `NAME_mask.png`, and all three around the face in `NAME_compared.png`.

    The metadata of the forged and the compared one say that they are synthetic.

    Args:
        forgery: what a method made.
        landmarks: `(468, 2)` Face Mesh points in px, to know where the face is.
        out: an existing folder.
        name: what the files' names begin with.

    Returns:
        The path of `NAME_compared.png`.
    """
    mask = cv2.cvtColor(np.rint(forgery.mask * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    change = cv2.convertScaleAbs(cv2.absdiff(forgery.real, forgery.fake), alpha=4).astype(np.uint8, copy=False)
    panels = {"real": forgery.real, "forged": forgery.fake, "mask": mask, "change x 4": change}
    box = np.concatenate([landmarks.min(axis=0), landmarks.max(axis=0)])
    compared = np.hstack([_panel(label, picture, box) for label, picture in panels.items()])
    pictures = {"real": forgery.real, "forged": forgery.fake, "mask": mask, "compared": compared}
    for part, picture in pictures.items():
        path = out / f"{name}_{part}.png"
        _save(picture, path)
        if part in _SYNTHETIC:
            mark_png(path, f"Synthetic: a face forged by unmask ({forgery.kind}), to show forgery detection.")
    return path


def _largest_face(path: Path) -> FaceImage:
    try:
        if media_kind(path) != "image":
            raise UnmaskError(f"Expected a picture. Received: {path}, a clip or a damaged file.")
        image = read_image(path)
    except MediaError as error:
        raise UnmaskError(f"{error} ({path})") from error
    boxes = FaceFinder(face_finder_spec())(image)
    if len(boxes) == 0:
        raise UnmaskError(f"Expected a picture with a face. Received: {path}, in which none was found.")
    box = boxes[np.argmax([longer_side(box) for box in boxes])]
    return FaceImage(image, LandmarkFinder()(image, box))


def _panel(label: str, picture: RGB, box: NDArray[np.float32]) -> RGB:
    """The surroundings of the face, with a line of text above."""
    window = resize(cut(picture, *crop_square(box, PANEL_SCALE)), PANEL_PX, PANEL_PX)
    head = np.zeros((_LABEL_PX, PANEL_PX, 3), np.uint8)
    cv2.putText(head, label, (8, _LABEL_PX - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([head, window])


def _save(picture: RGB, path: Path) -> None:
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise UnmaskError(f"Expected to write a PNG file. Received: a folder that takes none, {path.parent}.")
