"""Self-blends, degradations and the mark of what is synthetic."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.media import read_image
from unmask_edge.video import Clip
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.samples import write_samples
from unmask_training.synthesis.degrade import degrade_alike
from unmask_training.synthesis.provenance import mark_mp4
from unmask_training.synthesis.self_blend import blend, region, self_blend


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    """The public-domain portrait."""
    return read_image(asset_path("portrait"))


@pytest.fixture(scope="module")
def landmarks(portrait: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Its landmarks."""
    return LandmarkFinder()(portrait, FaceFinder(face_finder_spec())(portrait)[0])


def test_landmarks_lie_on_the_face(portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    """The nose tip lies between the eyes and above the chin, all within the face box."""
    x1, y1, x2, y2 = FaceFinder(face_finder_spec())(portrait)[0]
    right_eye, left_eye, nose, chin = landmarks[[33, 263, 1, 152]]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_eye[1] < nose[1] < chin[1]
    margin = 0.25 * (x2 - x1)
    assert (landmarks > [x1 - margin, y1 - margin]).all()
    assert (landmarks < [x2 + margin, y2 + margin]).all()


@pytest.mark.parametrize("seed", range(12))
def test_self_blend_changes_only_where_the_mask_says(
    portrait: NDArray[np.uint8], landmarks: NDArray[np.float32], seed: int
) -> None:
    """Outside the mask both twins are the same picture; inside they differ; the mask stays near the face."""
    twin = self_blend(portrait, landmarks, np.random.default_rng(seed))
    assert twin.fake.shape == twin.real.shape == portrait.shape
    assert twin.fake.dtype == np.uint8
    assert twin.mask.min() >= 0
    assert 0.2 < twin.mask.max() <= 1
    assert np.array_equal(twin.fake[twin.mask == 0], twin.real[twin.mask == 0])
    assert (twin.fake[twin.mask > 0.1] != twin.real[twin.mask > 0.1]).any()
    assert not twin.mask[350:].any()


def test_self_blend_is_seeded(portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    """The same seed gives the same forgery, another one another."""
    first, again, other = (self_blend(portrait, landmarks, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first.fake, again.fake)
    assert not np.array_equal(first.fake, other.fake)


def test_masks_vary_from_parts_to_the_whole_head(landmarks: NDArray[np.float32]) -> None:
    """Over many draws the area covers from a small part of the face to well beyond it."""
    rng = np.random.default_rng(0)
    areas = np.array([region((512, 512), landmarks, rng).sum() for _ in range(100)])
    face = float(np.prod(np.ptp(landmarks, axis=0)))
    assert areas.min() < 0.2 * face
    assert areas.max() > 1.1 * face


def test_blend_keeps_target_and_source_exactly() -> None:
    """A mask of 0 gives the target, of 1 the source, of one half their mean."""
    source, target = np.full((1, 3, 3), 200, np.uint8), np.full((1, 3, 3), 100, np.uint8)
    blended = blend(source, target, np.array([[0, 0.5, 1]], np.float32))
    assert blended[0, :, 0].tolist() == [100, 150, 200]


@pytest.mark.parametrize("seed", range(10))
def test_twins_are_degraded_alike(portrait: NDArray[np.uint8], seed: int) -> None:
    """Two copies of a picture come out the same, of the same size, from any chain; and the chain is seeded."""
    crop = portrait[60:188, 160:288].copy()
    first, second = degrade_alike([crop, crop.copy()], np.random.default_rng(seed))
    assert np.array_equal(first, second)
    assert first.shape == crop.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, degrade_alike([crop], np.random.default_rng(seed))[0])


def test_samples_are_playable_and_the_forgery_says_so(tmp_path: Path) -> None:
    """Both clips decode to their four seconds, hold a face, and only the forged one is marked as synthetic."""
    real, forged = write_samples(tmp_path)
    assert [path.name for path in (real, forged)] == ["pan.mp4", "pan_forged.mp4"]
    for path in (real, forged):
        clip = Clip(path)
        assert clip.duration_s == pytest.approx(4.0, abs=0.05)
        frames = list(clip.sample(4))
        clip.close()
        assert len(frames) == 4
        assert all(len(Detector().find_faces(image)) == 1 for _, image in frames)
    assert "Synthetic" not in _ffmpeg_metadata(real)
    assert "Synthetic: a face blended into itself by unmask" in _ffmpeg_metadata(forged)


def test_marking_refuses_what_it_cannot_mark(tmp_path: Path) -> None:
    """A file whose movie box is not the last is left as it is."""
    path = tmp_path / "clip.mp4"
    content = (16).to_bytes(4, "big") + b"moov" + bytes(8) + (8).to_bytes(4, "big") + b"mdat"
    path.write_bytes(content)
    with pytest.raises(UnmaskError, match="ends with its movie box"):
        mark_mp4(path, "Synthetic")
    assert path.read_bytes() == content


def _ffmpeg_metadata(path: Path) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr
