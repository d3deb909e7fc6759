"""What is done to files before faces are looked for in them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.conftest import ROOT
from tests.edge.media_files import portrait_clip

from unmask_edge.assets import asset_path
from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_training.evaluation.distortions import (
    GRID,
    KINDS,
    Distortion,
    clip_frames,
    grid,
    parse_distortions,
    picture,
)

RGB = NDArray[np.uint8]


@pytest.fixture(scope="module")
def frame() -> RGB:
    """A part of the public-domain portrait, its sides odd and unequal."""
    return read_image(asset_path("portrait"))[:301, 100:399].copy()


@pytest.mark.parametrize("kind", KINDS)
def test_each_level_changes_more_than_the_one_before(frame: RGB, kind: str) -> None:
    """All five change the frame, keep its size and leave the given one alone; the same frame gives the same again."""
    before = frame.copy()
    distorted = [distortion(frame) for distortion in parse_distortions(kind)]
    assert np.array_equal(frame, before)
    assert all(image.shape == frame.shape and image.dtype == np.uint8 for image in distorted)
    errors = [_error([frame], [image]) for image in distorted]
    assert errors[0] > 0
    assert all(milder < harder for milder, harder in pairwise(errors))
    assert np.array_equal(distorted[-1], Distortion(kind, GRID[kind][-1])(frame))


def test_the_grid_holds_five_levels_of_each_kind() -> None:
    """Levels are among those taken; H.264 at CRF 35 and JPEG at quality 40, which earlier reports tell, are in it."""
    assert parse_distortions("grid") == grid()
    assert [distortion.kind for distortion in grid()] == [kind for kind in KINDS for _ in range(5)]
    assert all(Distortion.parse(str(distortion)) == distortion for distortion in grid())
    assert {Distortion("h264", 35), Distortion("jpeg", 40)} <= set(grid())
    assert parse_distortions("jpeg:77") == [Distortion("jpeg", 77)]


@pytest.mark.parametrize("text", ["", "h264:52", "jpeg:0", "jpeg:x", "jpeg:", "blur:-1", "sepia", "grid:1"])
def test_unknown_distortions_are_refused(text: str) -> None:
    """The error says all that is known."""
    with pytest.raises(UnmaskError, match="Received: ") as refused:
        parse_distortions(text)
    assert all(f"{kind.name}:{kind.parameter} (" in str(refused.value) for kind in KINDS.values())


def test_the_readme_tells_every_kind() -> None:
    """Its table has a row with the registry's words, range and grid for each."""
    readme = (ROOT / "training" / "README.md").read_text("utf-8")
    for kind in KINDS.values():
        levels = ", ".join(map(str, kind.grid))
        taken = f"{kind.levels[0]} to {kind.levels[-1]}"
        assert f"| `{kind.name}:{kind.parameter}` | {kind.meaning} | {taken} | {levels} |" in readme


def test_noise_differs_between_frames(frame: RGB) -> None:
    """Nothing tells one frame of a clip from another but its content, yet each gets noise of its own, of that size."""
    grey, lighter = np.full_like(frame, 128), np.full_like(frame, 129)
    noise, other = (Distortion("noise", 18)(image).astype(float) - image for image in (grey, lighter))
    assert noise.std() == pytest.approx(18, rel=0.02)
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.02


def test_more_blocks_cover_what_fewer_cover() -> None:
    """Squares of 8 px at 256 px are of mid-grey, and those of a higher count come on top."""
    black = np.zeros((256, 400, 3), np.uint8)
    few, many = (Distortion("blocks", count)(black) for count in (1, 80))
    assert np.count_nonzero(few) == 8 * 8 * 3
    assert set(np.unique(many)) == {0, 128}
    assert (many[few > 0] > 0).all()


@pytest.mark.parametrize("side_px", [270, 540])
def test_blur_grows_with_the_frame(side_px: int) -> None:
    """A point spreads by the same share of the frame's shorter side: level 20 by 20 px of 1080."""
    point = np.zeros((side_px, side_px + 50, 3), np.uint8)
    line = side_px // 2
    point[:, line] = 255
    profile = Distortion("blur", 20)(point)[line, :, 0].astype(float)
    spread = np.sqrt(np.average((np.arange(len(profile)) - line) ** 2, weights=profile))
    assert spread == pytest.approx(20 * side_px / 1080, rel=0.05)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second's pan over the portrait."""
    return portrait_clip(tmp_path_factory.mktemp("clips") / "pan.mp4", filters="crop=256:256:8*n:100")


@pytest.mark.parametrize(("kind", "levels"), [("h264", (20, 40)), ("jpeg", (90, 20))])
def test_coarser_coding_of_a_clip_costs_more(clip: Path, kind: str, levels: tuple[int, int]) -> None:
    """A distorted clip keeps the times that are sampled: even a coded frame is nearest to its own."""
    plain = clip_frames(clip, 4, None)
    fine, coarse = (clip_frames(clip, 4, Distortion(kind, level)) for level in levels)
    neighbours = [_error([one], [other]) for one, other in pairwise(plain)]
    assert 0 < _error(plain, fine) < _error(plain, coarse)
    assert _error(plain, fine) < min(neighbours)


def test_a_picture_is_distorted_as_a_frame_is() -> None:
    """Read from its file, as it is or distorted."""
    path = asset_path("portrait")
    image = picture(path, None)
    contrast = Distortion("contrast", 60)
    assert np.array_equal(image, read_image(path))
    assert np.array_equal(picture(path, contrast), contrast(image))


def _error(frames: list[RGB], others: list[RGB]) -> float:
    return float(np.abs(np.stack(frames).astype(int) - np.stack(others)).mean())
