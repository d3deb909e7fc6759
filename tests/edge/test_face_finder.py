"""Finding faces with the real net."""

from pathlib import Path

import numpy as np
import pytest

from tests.edge.media_files import FACE_XYXY, portrait, portrait_clip
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


def test_crowd(detector: Detector) -> None:
    """Of forty faces in one picture, near the smallest that the net can see, most are found, each once in its place."""
    tile = resize(portrait()[40:200, 145:305], 160, 160)
    boxes = detector.find_faces(np.tile(tile, (5, 8, 1)))
    assert 20 <= len(boxes) <= 40
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert len({(int(x // 160), int(y // 160)) for x, y in centres}) == len(boxes)


def test_forty_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty faces in a clip are forty tracks of all frames, each with a score; the highest reliable one decides."""
    detector = Detector()
    left, top = np.meshgrid(np.arange(8) * 64, np.arange(5) * 100)
    boxes = np.stack([left, top, left + 60, top + 60], axis=-1).reshape(-1, 4).astype(np.float32)
    monkeypatch.setattr(detector, "find_faces", lambda _: boxes)
    result = detector.score(portrait_clip(tmp_path / "crowd.mp4", seconds=0.4), frames=3)
    assert [len(track.frames) for track in result.tracks] == [3] * 40
    assert sorted(track.frames[0].box for track in result.tracks) == sorted(map(tuple, boxes.tolist()))
    reliable = [track.score for track in result.tracks if track.reason in {None, "score_between_bands"}]
    assert result.score == max(reliable or [track.score for track in result.tracks])


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
