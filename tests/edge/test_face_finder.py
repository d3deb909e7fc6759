"""Finding faces with the real net."""

import numpy as np
import pytest

from tests.edge.media_files import FACE_XYXY, portrait
from unmask_edge import Detector
from unmask_edge.crop import crop_square, cut, face_crop, resize


def test_portrait(detector: Detector) -> None:
    """The portrait's one face is found, to within a few px."""
    boxes = detector.find_faces(portrait())
    assert boxes.dtype == np.float32
    assert boxes == pytest.approx(np.array([FACE_XYXY]), abs=6)


@pytest.mark.parametrize("scale", [0.35, 0.5, 1.5, 3])
def test_size_of_the_picture(scale: float, detector: Detector) -> None:
    """The box scales with the picture."""
    side = round(512 * scale)
    boxes = detector.find_faces(resize(portrait(), side, side))
    assert boxes == pytest.approx(np.array([FACE_XYXY]) * scale, abs=0.03 * side)


@pytest.mark.parametrize("pad", [(0, 300), (300, 0)], ids=["tall", "wide"])
def test_shape_of_the_picture(pad: tuple[int, int], detector: Detector) -> None:
    """Bars beside or above the picture move the box and change nothing else."""
    down, right = pad
    boxes = detector.find_faces(np.pad(portrait(), ((down, 0), (right, 0), (0, 0))))
    assert boxes == pytest.approx(np.array([FACE_XYXY]) + np.array([right, down] * 2), abs=10)


def test_forty_faces(detector: Detector) -> None:
    """Forty faces in one picture are all found, each once, each as a track with a score of its own."""
    tile = resize(portrait()[:320, 80:400], 160, 160)
    picture = np.tile(tile, (5, 8, 1))
    result = detector.score_image(picture)
    assert len(result.tracks) == 40
    boxes = np.array([track.frames[0].box for track in result.tracks])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert {(int(x // 160), int(y // 160)) for x, y in centres} == {(i, j) for i in range(8) for j in range(5)}
    assert result.score == max(track.score for track in result.tracks if track.reason in {None, "score_between_bands"})


@pytest.mark.parametrize("brightness", [0, 128, 255])
@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (1, 500), (500, 1)])
def test_no_face(shape: tuple[int, int], brightness: int, detector: Detector) -> None:
    """A flat picture of any shape holds no face."""
    boxes = detector.find_faces(np.full((*shape, 3), brightness, np.uint8))
    assert boxes.shape == (0, 4)


@pytest.mark.parametrize(
    "box", [(-30, -40, 20, 30), (490, 480, 540, 530), (-600, -600, -500, -500), (600, 10, 601, 11)]
)
def test_crop_outside_the_picture(box: tuple[int, int, int, int]) -> None:
    """A crop that leaves the picture, in part or whole, repeats its nearest pixels."""
    image = portrait()
    left, top, side = crop_square(np.array(box, np.float32), 1.25)
    columns = np.clip(np.arange(left, left + side), 0, 511)
    rows = np.clip(np.arange(top, top + side), 0, 511)
    assert np.array_equal(cut(image, left, top, side), image[np.ix_(rows, columns)])
    assert face_crop(image, np.array(box, np.float32), 1.25, 128).shape == (128, 128, 3)


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (-5, 3), (511, 511), (512, 0), (3, 700)])
def test_crop_of_one_pixel(left: int, top: int) -> None:
    """Even a square of one px outside the picture gives the nearest pixel."""
    image = portrait()
    assert np.array_equal(cut(image, left, top, 1)[0, 0], image[np.clip(top, 0, 511), np.clip(left, 0, 511)])
