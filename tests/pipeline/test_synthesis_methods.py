"""Cross-blends, landmark swaps and reenactments: what each promises, for good landmarks and for bad ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.face_finder import FaceFinder
from unmask_edge.media import read_image
from unmask_edge.opencv import cv2
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.synthesis.cross_blend import cross_blend
from unmask_training.synthesis.expression import random_expression
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery, Mask
from unmask_training.synthesis.landmark_geometry import aligned, smooth_warp, triangle_warp
from unmask_training.synthesis.landmark_swap import landmark_swap
from unmask_training.synthesis.lessons import LESSONS
from unmask_training.synthesis.methods import ONE_FACE_METHODS, TWO_FACE_METHODS
from unmask_training.synthesis.reenact import driven_reenact, reenact
from unmask_training.synthesis.rendering import match_colour

Method = Callable[[FaceImage, FaceImage, np.random.Generator], Forgery]
METHODS: dict[str, Method] = {
    "cross_blend": cross_blend,
    "landmark_swap": landmark_swap,
    "reenact": lambda face, _, rng: reenact(face, rng),
    "driven_reenact": driven_reenact,
}
SIDE_PX = 256


@pytest.fixture(scope="module")
def face() -> FaceImage:
    """The face of the public-domain portrait."""
    portrait = read_image(asset_path("portrait"))[: SIDE_PX + 20, 100:356]
    return FaceImage(portrait, LandmarkFinder()(portrait, FaceFinder(face_finder_spec())(portrait)[0]))


@pytest.fixture(scope="module")
def donor(face: FaceImage) -> FaceImage:
    """Another face, for which the portrait stands in: wider, turned, and in another light."""
    height, width = face.image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 0.9) @ np.diag([1.15, 1, 1])
    image = cv2.warpAffine(face.image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    landmarks = face.landmarks @ turn[:, :2].T + turn[:, 2]
    return FaceImage((image * np.array([0.6, 0.8, 1.0])).astype(np.uint8), landmarks.astype(np.float32))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", METHODS)
def test_only_what_the_mask_covers_is_forged(face: FaceImage, donor: FaceImage, name: str, seed: int) -> None:
    """Outside the mask the twins are equal; inside they differ visibly; the mask overlaps the face."""
    forgery = METHODS[name](face, donor, np.random.default_rng(seed))
    check_shape(forgery, face)
    assert np.array_equal(forgery.fake[forgery.mask == 0], forgery.real[forgery.mask == 0])
    covered = forgery.mask > 0.5 * forgery.mask.max()
    assert cv2.absdiff(forgery.fake, forgery.real)[covered].mean() > 1
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    rows, columns = np.nonzero(covered)
    centre = np.array([columns.mean(), rows.mean()])
    assert (low < centre).all()
    assert (centre < high).all()


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_seeded(face: FaceImage, donor: FaceImage, name: str) -> None:
    """The same seed gives the same forgery, another one another; the picture that was given stays as it was."""
    before = face.image.copy()
    first, again, other = (METHODS[name](face, donor, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert np.array_equal(first.fake, again.fake)
    assert np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.fake, other.fake)
    assert np.array_equal(face.image, before)


@pytest.mark.parametrize("name", METHODS)
def test_either_twin_may_be_the_softer(face: FaceImage, donor: FaceImage, name: str) -> None:
    """Over many draws the forged face is sometimes softer and sometimes sharper than its twin."""
    ratios = []
    for seed in range(30):
        forgery = METHODS[name](face, donor, np.random.default_rng(seed))
        covered = forgery.mask > 0.9 * forgery.mask.max()
        ratios.append(detail(forgery.fake, covered) / detail(forgery.real, covered))
    assert min(ratios) < 0.9
    assert max(ratios) > 1.1


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("case", ["shifted", "corner", "filling", "outside", "tiny", "one point", "line", "nan", "cut"])
def test_landmarks_may_be_anything(face: FaceImage, donor: FaceImage, name: str, case: str) -> None:
    """Faces cut by the border, filling the picture or none at all give a valid forgery, as target and as donor."""
    odd = distorted(face, case)
    for seed in range(6):
        check_shape(METHODS[name](odd, donor, np.random.default_rng(seed)), odd)
        check_shape(METHODS[name](face, odd, np.random.default_rng(seed)), face)


@pytest.mark.parametrize("name", METHODS)
def test_without_a_face_nothing_is_forged(face: FaceImage, donor: FaceImage, name: str) -> None:
    """Landmarks that lie on one line leave the picture as it is, and the mask empty."""
    forgery = METHODS[name](distorted(face, "line"), donor, np.random.default_rng(0))
    assert not forgery.mask.any()
    assert np.array_equal(forgery.fake, face.image)


def test_another_persons_face_is_put_in_whole(face: FaceImage, donor: FaceImage) -> None:
    """A cross-blend's kind names region and blending: mostly a whole face, in every blending that tools use."""
    kinds = [cross_blend(face, donor, np.random.default_rng(seed)).kind.split("/")[1:] for seed in range(60)]
    assert {blending for _, blending in kinds} == {"alpha", "multiband", "poisson"}
    assert sum(region in {"face", "no_forehead", "large"} for region, _ in kinds) > len(kinds) / 2


def test_lip_sync_leaves_the_eyes_alone(face: FaceImage) -> None:
    """A reenacted mouth changes nothing above the eyes."""
    draws = [reenact(face, np.random.default_rng(seed)) for seed in range(20)]
    mouths = [draw for draw in draws if draw.kind == "reenact/mouth"]
    assert 0 < len(mouths) < len(draws)
    brow = int(face.landmarks[[105, 334], 1].min())
    assert all(np.array_equal(draw.fake[:brow], draw.real[:brow]) for draw in mouths)


def test_expressions_of_the_mouth_move_the_mouth_alone(face: FaceImage) -> None:
    """Lips and chin move, eyes and brows do not, unless the whole face is asked for."""
    eyes, lips = [33, 133, 159, 105, 334], [13, 14, 61, 291]
    mouth, whole = (
        random_expression(face.landmarks, only, np.random.default_rng(1)) - face.landmarks for only in (True, False)
    )
    assert not mouth[eyes].any()
    assert np.abs(mouth[lips]).max() > 0.5
    assert np.abs(whole[eyes]).max() > 0.5


def test_alignment_undoes_a_similarity(face: FaceImage) -> None:
    """Points that were turned, scaled and moved come back to where they were."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]]) * 1.7
    moved = (face.landmarks @ turn.T + [30, -80]).astype(np.float32)
    assert np.allclose(aligned(moved, face.landmarks), face.landmarks, atol=0.01)


@pytest.mark.parametrize("warp", [smooth_warp, triangle_warp])
def test_warps_bring_points_onto_points(warp: Callable[..., tuple[RGB, Mask]]) -> None:
    """A dot drawn at a source point is found at its target point, to a pixel."""
    source = np.array([[20, 20], [108, 20], [20, 108], [108, 108], [64, 64]], np.float32)
    target = source + np.array([[0, 0], [0, 0], [0, 0], [0, 0], [14, -9]], np.float32)
    image = np.zeros((128, 128, 3), np.uint8)
    cv2.circle(image, (64, 64), 4, (255, 255, 255), -1)
    warped, held = warp(image, source, target, (128, 128))
    rows, columns = np.nonzero(warped[..., 0] > 127)
    assert np.allclose([columns.mean(), rows.mean()], target[4], atol=1)
    assert held[64, 64] == 1


def test_colour_transfer_moves_mean_and_deviation() -> None:
    """At full strength the masked pixels take on the target's mean and spread; at none they stay; others always do."""
    rng = np.random.default_rng(0)
    source, target = (
        np.clip(rng.normal(mean, deviation, (64, 64, 3)), 0, 255).astype(np.uint8)
        for mean, deviation in ((90, 12), (150, 20))
    )
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    moved = match_colour(source, target, mask, 1.0)
    inside = mask == 1
    assert abs(moved[inside].mean() - target[inside].mean()) < 2
    assert abs(moved[inside].std() - target[inside].std()) < 3
    assert np.array_equal(moved[~inside], source[~inside])
    assert np.abs(match_colour(source, target, mask, 0.0).astype(int) - source).max() <= 1


def test_every_method_has_a_lesson() -> None:
    """Each registered method can be named to `unmask synth`, and nothing else can."""
    assert LESSONS.keys() == ONE_FACE_METHODS.keys() | TWO_FACE_METHODS.keys()


def check_shape(forgery: Forgery, face: FaceImage) -> None:
    """The types, shapes and ranges that every forgery has."""
    height, width = face.image.shape[:2]
    for picture in (forgery.real, forgery.fake):
        assert picture.dtype == np.uint8
        assert picture.shape == (height, width, 3)
    assert forgery.mask.dtype == np.float32
    assert forgery.mask.shape == (height, width)
    assert np.isfinite(forgery.mask).all()
    assert forgery.mask.min() >= 0
    assert forgery.mask.max() <= 1


def detail(image: RGB, covered: NDArray[np.bool_]) -> float:
    """Deviation of the finest band where the mask covers."""
    fine = cv2.subtract(image, cv2.GaussianBlur(image, (0, 0), 1.0), dtype=cv2.CV_32F)
    return float(fine[covered].std())


def distorted(face: FaceImage, case: str) -> FaceImage:
    """The face with its landmarks, or its picture, spoilt in a way."""
    points = face.landmarks
    centre = points.mean(axis=0)
    spoilt = {
        "shifted": points + np.array([0.4 * SIDE_PX, 0]),
        "corner": points - centre,
        "filling": centre + 3 * (points - centre),
        "outside": points + np.array([5 * SIDE_PX, 0]),
        "tiny": centre + 0.05 * (points - centre),
        "one point": np.zeros_like(points),
        "line": points[:, :1] * [1, 1],
        "nan": np.full_like(points, np.nan),
        "cut": points,
    }[case]
    image = face.image[:80, :50].copy() if case == "cut" else face.image
    return FaceImage(image, spoilt.astype(np.float32))
