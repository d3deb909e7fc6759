"""What cameras, apps and platforms do to pictures, one by one and in chains."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_training.synthesis.degradations import (
    camera_noise,
    contrast,
    defocus,
    filmed,
    gaussian_blur,
    gaussian_noise,
    low_light,
    motion_blur,
    rescale,
    saturation,
    screenshot,
    sharpen,
    smooth_skin,
    tone,
)
from unmask_training.synthesis.degrade import degrade_alike, draw_chain
from unmask_training.synthesis.picture_codec import jpeg, webp
from unmask_training.synthesis.video_codec import h264, mpeg4, vp9

RGB = NDArray[np.uint8]
VIDEO: dict[str, Callable[[Sequence[RGB]], list[RGB]]] = {
    "h264": partial(h264, crf=28),
    "h264 without B frames": partial(h264, crf=28, preset="ultrafast"),
    "vp9": partial(vp9, crf=40),
    "mpeg4": partial(mpeg4, quantiser=6),
}
# Each from its mildest to its heaviest.
GRADED: dict[str, tuple[Callable[..., RGB], list[float]]] = {
    "jpeg": (jpeg, [95, 70, 40, 10]),
    "webp": (webp, [95, 70, 40, 5]),
    "h264": (lambda image, crf: h264([image], crf)[0], [18, 26, 32, 40]),
    "vp9": (lambda image, crf: vp9([image], crf)[0], [10, 30, 45, 60]),
    "mpeg4": (lambda image, quantiser: mpeg4([image], quantiser)[0], [2, 5, 10, 25]),
    "rescale": (rescale, [0.9, 0.6, 0.4, 0.2]),
    "gaussian_blur": (gaussian_blur, [0.5, 1, 2, 4]),
    "motion_blur": (partial(motion_blur, angle=0.7), [2, 4, 8, 16]),
    "defocus": (defocus, [1, 2, 3, 5]),
    "gaussian_noise": (partial(gaussian_noise, seed=1), [1, 3, 9, 20]),
    "camera_noise": (partial(camera_noise, read=1, seed=1), [1, 3, 9, 20]),
    "low_light": (partial(low_light, noise=4, seed=1), [0.9, 0.7, 0.5, 0.3]),
    "sharpen": (sharpen, [0.2, 0.5, 1, 2]),
    "smooth_skin": (smooth_skin, [5, 15, 30, 60]),
    "saturation": (saturation, [0.8, 0.5, 0.2, 0]),
    "contrast": (contrast, [0.9, 0.7, 0.5, 0.3]),
    "tone": (partial(tone, gains=(1, 1, 1)), [1.1, 1.4, 1.8, 2.5]),
}


@pytest.fixture(scope="module")
def crop() -> RGB:
    """A crop of the public-domain portrait, its sides odd and unequal."""
    return read_image(asset_path("portrait"))[60:191, 160:287].copy()


def _difference(first: RGB, second: RGB) -> float:
    return float(np.abs(first.astype(np.float64) - second).mean())


def _squared_error(first: RGB, second: RGB) -> float:
    return float(np.square(first.astype(np.float64) - second).mean())


@pytest.mark.parametrize("name", GRADED)
def test_a_stronger_distortion_changes_more(crop: RGB, name: str) -> None:
    """Shape and dtype stay, the given picture is left alone, and each step of strength moves further away from it."""
    distort, strengths = GRADED[name]
    before = crop.copy()
    distorted = [distort(crop, strength) for strength in strengths]
    assert np.array_equal(crop, before)
    assert all(image.shape == crop.shape and image.dtype == np.uint8 for image in distorted)
    changes = [_difference(image, crop) for image in distorted]
    assert changes[0] > 0
    assert changes == sorted(changes)


@pytest.mark.parametrize("name", VIDEO)
def test_coded_clips_keep_every_frame_in_order(crop: RGB, name: str) -> None:
    """As many frames come out as went in, each nearest to its own."""
    clip = [np.roll(crop, 6 * step, axis=1) for step in range(5)]
    decoded = VIDEO[name](clip)
    nearest = [int(np.argmin([_difference(frame, given) for given in clip])) for frame in decoded]
    assert nearest == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", VIDEO)
def test_the_same_clip_is_always_coded_alike(name: str) -> None:
    """Coding is repeatable to the bit, so that a seed fixes a training run."""
    window = read_image(asset_path("portrait"))[60:220, 160:320]
    clip = [np.roll(window, step, axis=1) for step in range(3)]
    versions = {np.stack(VIDEO[name](clip)).tobytes() for _ in range(30)}
    assert len(versions) == 1


@pytest.mark.parametrize("name", VIDEO)
@pytest.mark.parametrize("kept", [0, 1, 3])
def test_filmed_pictures_stay_where_they_were(crop: RGB, name: str, kept: int) -> None:
    """Whichever frame of the moving clip is kept, the picture lies nearer to its original than to any shifted one."""
    seen = filmed(crop, VIDEO[name], frames=4, kept=kept, motion=(1.5, -1.0, 0.004))
    inner = (slice(8, -8), slice(8, -8))
    shifts = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
    distances = [_difference(np.roll(crop, shift, axis=(0, 1))[inner], seen[inner]) for shift in shifts]
    assert np.argmin(distances) == 0
    assert distances[0] > 0


def test_later_frames_are_predicted(crop: RGB) -> None:
    """A frame within a clip differs from the same picture coded alone: motion and prediction leave their traces."""
    alone = h264([crop], 32)[0]
    within = filmed(crop, partial(h264, crf=32), frames=4, kept=3, motion=(1.0, 0.5, 0.0))
    assert not np.array_equal(alone, within)


def test_clips_of_unequal_frames_are_refused(crop: RGB) -> None:
    """Frames of several sizes, or none at all, get an error that says so."""
    with pytest.raises(UnmaskError, match="frames of one size"):
        h264([crop, crop[:64]], 28)
    with pytest.raises(UnmaskError, match="frames of one size"):
        h264([], 28)


def test_full_chroma_keeps_colours_sharper() -> None:
    """A red and green checkerboard survives JPEG at 4:4:4 and mixes at 4:2:0."""
    board = np.where(np.indices((32, 32)).sum(axis=0)[..., None] % 2, [200, 40, 40], [40, 200, 40]).astype(np.uint8)
    assert _difference(jpeg(board, 95, full_chroma=True), board) < _difference(jpeg(board, 95), board) / 3


def test_blurs_smear_the_way_they_say() -> None:
    """A point becomes a line along the motion, and a disc out of focus; both keep the light's sum."""
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    line, disc = motion_blur(point, 9, 0.0)[..., 0], defocus(point, 3)[..., 0]
    assert set(np.nonzero(line)[0]) == {20}
    assert 8 <= np.count_nonzero(line) <= 11
    assert np.array_equal(disc, disc.T)
    assert np.count_nonzero(disc[20]) == np.count_nonzero(disc[:, 20]) == 7
    assert all(abs(int(image.sum()) - 255) < 30 for image in (line, disc))


def test_camera_noise_has_the_strength_it_says() -> None:
    """On even grey it deviates as stated, more in the light than in the dark, and its channels go together."""
    dark, light = (np.full((256, 256, 3), level, np.uint8) for level in (40, 220))
    read, shot = 2.0, 8.0
    for image in (dark, light):
        stated = np.sqrt(image[0, 0, 0] / 255 * shot**2 + read**2)
        noise = camera_noise(image, shot, read, seed=3).astype(np.float64) - image
        assert noise.std() == pytest.approx(stated, rel=0.1)
        assert np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1] > 0.3


def test_screenshots_pass_through_their_coder(crop: RGB) -> None:
    """The coder sees the enlarged picture; the result has the old size."""
    seen: list[tuple[int, ...]] = []

    def code(image: RGB) -> RGB:
        seen.append(image.shape)
        return image

    assert screenshot(crop, 1.5, code).shape == crop.shape
    assert seen == [(196, 190, 3)]


def test_chains_range_from_none_to_heavy(crop: RGB) -> None:
    """Over a tenth of the chains change nothing, as many harm less than usual JPEG, as many more than the worst."""
    chains = [degrade_alike([crop], draw_chain(np.random.default_rng(seed), 0.15))[0] for seed in range(400)]
    changes = np.array([_squared_error(image, crop) for image in chains])
    usual, worst = _squared_error(jpeg(crop, 75), crop), _squared_error(jpeg(crop, 10), crop)
    assert (changes == 0).mean() > 0.1
    assert ((changes > 0) & (changes < usual)).mean() > 0.1
    assert (changes > worst).mean() > 0.1


def test_a_share_stays_clean(crop: RGB) -> None:
    """All pictures stay as they are at a share of 1, some at a half, none with a chain of steps at 0."""

    def clean(share: float) -> float:
        chains = [degrade_alike([crop], draw_chain(np.random.default_rng(seed), share))[0] for seed in range(60)]
        return float(np.mean([np.array_equal(image, crop) for image in chains]))

    assert clean(1) == 1
    assert clean(0) < 0.3 < clean(0.5) < 1


@pytest.mark.parametrize("shape", [(8, 8, 3), (33, 47, 3), (64, 160, 3)])
def test_chains_keep_any_shape(shape: tuple[int, int, int]) -> None:
    """Small and odd pictures pass through every chain in their own shape and type."""
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for seed in range(60):
        degraded = degrade_alike([image], draw_chain(np.random.default_rng(seed), 0.15))[0]
        assert degraded.shape == shape
        assert degraded.dtype == np.uint8


def test_what_differs_still_differs_where_it_did(crop: RGB) -> None:
    """Twins stay aligned: a patch that only one of them has comes out at its place, and the far side stays alike."""
    twin = crop.copy()
    twin[40:72, 30:62] = 255 - twin[40:72, 30:62]
    for seed in range(60):
        first, second = degrade_alike([crop, twin], draw_chain(np.random.default_rng(seed), 0.15))
        change = np.abs(first.astype(np.float64) - second).mean(axis=2)
        assert change[44:68, 34:58].mean() > 3 * change[:, 90:].mean()
