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
from unmask_training.synthesis.blending import blend, multiband_blend, poisson_blend
from unmask_training.synthesis.degrade import degrade_alike, draw_chain
from unmask_training.synthesis.forgery import FaceImage
from unmask_training.synthesis.masks import ANY_REGION, draw_region, smooth, soften
from unmask_training.synthesis.provenance import mark_mp4
from unmask_training.synthesis.self_blend import self_blend


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
    twin = self_blend(FaceImage(portrait, landmarks), np.random.default_rng(seed))
    assert twin.fake.shape == twin.real.shape == portrait.shape
    assert twin.fake.dtype == np.uint8
    assert twin.mask.min() >= 0
    assert 0.2 < twin.mask.max() <= 1
    assert np.array_equal(twin.fake[twin.mask == 0], twin.real[twin.mask == 0])
    assert (twin.fake[twin.mask > 0.1] != twin.real[twin.mask > 0.1]).any()
    assert not twin.mask[350:].any()


def test_self_blend_is_seeded(portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    """The same seed gives the same forgery, another one another."""
    first, again, other = (
        self_blend(FaceImage(portrait, landmarks), np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert np.array_equal(first.fake, again.fake)
    assert not np.array_equal(first.fake, other.fake)


def test_masks_vary_from_parts_to_the_whole_head(landmarks: NDArray[np.float32]) -> None:
    """Over many draws the area covers from a small part of the face to well beyond it."""
    rng = np.random.default_rng(0)
    areas = np.array([draw_region((512, 512), landmarks, ANY_REGION, rng)[1].sum() for _ in range(100)])
    face = float(np.prod(np.ptp(landmarks, axis=0)))
    assert areas.min() < 0.2 * face
    assert areas.max() > 1.1 * face


def test_blend_keeps_target_and_source_exactly() -> None:
    """A mask of 0 gives the target, of 1 the source, of one half their mean."""
    source, target = np.full((1, 3, 3), 200, np.uint8), np.full((1, 3, 3), 100, np.uint8)
    blended = blend(source, target, np.array([[0, 0.5, 1]], np.float32))
    assert blended[0, :, 0].tolist() == [100, 150, 200]


def test_every_region_and_blending_occurs_and_can_be_seen(
    portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> None:
    """Kinds name ten regions and three blendings, and inside each mask the twins differ by a grey level or more."""
    face = FaceImage(portrait[:300, 60:360].copy(), landmarks - np.array([60, 0], np.float32))
    twins = [self_blend(face, np.random.default_rng(seed)) for seed in range(150)]
    regions, blendings = (set(names) for names in zip(*(twin.kind.split("/")[1:] for twin in twins), strict=True))
    assert len(regions) == 10
    assert blendings == {"alpha", "multiband", "poisson"}
    for twin in twins:
        changed = twin.mask > 0.5 * twin.mask.max()
        assert np.abs(twin.fake.astype(int) - twin.real)[changed].mean() >= 1
        assert np.array_equal(twin.fake[twin.mask == 0], twin.real[twin.mask == 0])


def test_landmarks_outside_the_picture_are_refused(portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    """There is nothing to forge where no part of the face can be seen."""
    with pytest.raises(UnmaskError, match="landmarks within a picture"):
        self_blend(FaceImage(portrait, landmarks + 2000), np.random.default_rng(0))


@pytest.mark.parametrize(
    "box",
    [(0, 60, 0, 80), (59, 60, 79, 80), (0, 1, 30, 60), (20, 40, 0, 80), (25, 26, 25, 26)],
    ids=["all of it", "a corner's pixel", "an edge's row", "a band from side to side", "one pixel"],
)
def test_blendings_take_masks_at_any_border(box: tuple[int, int, int, int]) -> None:
    """Masks may touch the border or be tiny; outside theirs nothing changes, and equal pictures stay as they are."""
    rng = np.random.default_rng(0)
    source, target = rng.integers(0, 256, (2, 60, 80, 3), dtype=np.uint8)
    mask = np.zeros((60, 80), np.float32)
    mask[box[0] : box[1], box[2] : box[3]] = 0.75
    cloned = poisson_blend(source, target, mask)
    blended, widened = multiband_blend(source, target, mask, 4)
    assert np.array_equal(cloned[mask == 0], target[mask == 0])
    assert np.array_equal(blended[widened == 0], target[widened == 0])
    assert (widened >= 0).all()
    assert (widened <= 1).all()
    # OpenCV cuts off what its solver leaves behind the point.
    assert np.abs(poisson_blend(target, target, mask).astype(int) - target).max() <= 1
    assert np.array_equal(multiband_blend(target, target, mask, 4)[0], target)


def test_poisson_blending_takes_on_the_surroundings_level() -> None:
    """A brighter copy of the same texture comes out as dark as what surrounds it."""
    texture = np.random.default_rng(0).integers(80, 120, (64, 64, 3), dtype=np.uint8)
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    blended = poisson_blend(texture + np.uint8(60), texture, mask)
    assert np.abs(blended.astype(int) - texture).mean() < 3


def test_bands_spread_by_their_width() -> None:
    """One band keeps to the mask; with every further one a step of brightness spreads wider."""
    dark, light = np.full((64, 64, 3), 80, np.uint8), np.full((64, 64, 3), 180, np.uint8)
    mask = np.zeros((64, 64), np.float32)
    mask[:, 32:] = 1
    rows = [multiband_blend(light, dark, mask, bands)[0][32, :, 0] for bands in (1, 2, 3, 4)]
    widths = [int(((row > 80) & (row < 180)).sum()) for row in rows]
    assert widths[0] == 0
    assert widths == sorted(set(widths))


def test_masks_soften_from_hard_to_very_soft() -> None:
    """Over many draws the edge is a few pixels wide or a good part of the face; the inside stays whole."""
    rng = np.random.default_rng(0)
    mask = np.zeros((300, 300), np.float32)
    mask[:, 150:] = 1
    softened = [soften(mask, 140, rng) for _ in range(60)]
    widths = [int(((edge[150] > 0.01) & (edge[150] < 0.99)).sum()) for edge in softened]
    assert min(widths) <= 5
    assert max(widths) >= 40
    assert all(edge.max() == pytest.approx(1) and edge.min() == 0 for edge in softened)


def test_smoothing_has_the_width_it_says() -> None:
    """A step blurred by a standard deviation rises over that deviation."""
    step = np.zeros((9, 301), np.float32)
    step[:, 150:] = 1
    for deviation_px in (2.0, 5.0, 15.0):
        rise = np.diff(smooth(step, deviation_px)[4].astype(np.float64))
        places = np.arange(300)
        mean = (rise * places).sum() / rise.sum()
        assert np.sqrt((rise * (places - mean) ** 2).sum()) == pytest.approx(deviation_px, rel=0.15)


def test_lower_regions_hold_the_mouth_and_spare_the_eyes(landmarks: NDArray[np.float32]) -> None:
    """What is called `lower` covers the lips and neither eye; what is called `eyes` the other way round."""
    rng = np.random.default_rng(0)
    drawn = [draw_region((512, 512), landmarks, ANY_REGION, rng) for _ in range(200)]
    mouth, eyes = landmarks[[13, 14]].astype(int), landmarks[[159, 386]].astype(int)
    for kind, inside, outside in (("lower", mouth, eyes), ("eyes", eyes, mouth)):
        masks = [mask for name, mask in drawn if name == kind]
        assert masks
        for mask in masks:
            assert mask[inside[:, 1], inside[:, 0]].all()
            assert not mask[outside[:, 1], outside[:, 0]].any()


@pytest.mark.parametrize("seed", range(10))
def test_twins_are_degraded_alike(portrait: NDArray[np.uint8], seed: int) -> None:
    """Two copies of a picture come out the same, of the same size, from any chain; and the chain is seeded."""
    crop = portrait[60:188, 160:288].copy()
    first, second = degrade_alike([crop, crop.copy()], draw_chain(np.random.default_rng(seed), 0.15))
    assert np.array_equal(first, second)
    assert first.shape == crop.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, degrade_alike([crop], draw_chain(np.random.default_rng(seed), 0.15))[0])


def test_samples_are_playable_and_the_forgery_says_so(samples: tuple[Path, Path]) -> None:
    """Both clips decode to their four seconds, hold a face, and only the forged one is marked as synthetic."""
    real, forged = samples
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
