"""Distortions of a whole file, before faces are looked for in it: what a platform or a user might have done to it.

The kinds are the seven of DeeperForensics-1.0 (Jiang et al., CVPR 2020), and rescaling: where their paper says JPEG,
their code reduces a frame and enlarges it again. Levels of the grid are those of that code, rounded, but for JPEG,
which it lacks, and blur, which goes further here: theirs hardly shows on a face cut from a frame of 1080 lines.
"""

import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_edge.video import SAME_TIME_S, Clip, Frame
from unmask_training.synthesis.degradations import contrast, gaussian_blur, gaussian_noise, rescale, saturation
from unmask_training.synthesis.picture_codec import jpeg
from unmask_training.synthesis.video_codec import h264

RGB = NDArray[np.uint8]
# What stands for every level of every kind.
ALL = "grid"
# A picture is coded as a still scene of so many frames, of which the last is looked at.
STILL_FRAMES = 5
# x264 starts a new group of pictures after so many frames at the latest.
GROUP_FRAMES = 250
# No clip has more; asking for so many gives every frame.
MAX_RATE = 240
# Sizes on a frame are told for these shorter sides and scale with it, so that they cover as much of a face in any.
BLUR_AT_PX = 1080
BLOCKS_AT_PX = 256
BLOCK_PX = 8
MID_GREY = 128


@dataclass(frozen=True)
class Kind:
    """What can be done to a frame, at some strength.

    Attributes:
        parameter: what the level is, as in `h264:CRF`.
        meaning: what is done and the level's unit, for readers.
        levels: those that are taken.
        grid: five of them from mild to severe.
        distort: an `(H, W, 3)` uint8 RGB frame and a level to the distorted frame, which the same frame always gives.
    """

    name: str
    parameter: str
    meaning: str
    levels: range
    grid: tuple[int, int, int, int, int]
    distort: Callable[[RGB, int], RGB]

    def __str__(self) -> str:
        """As in `h264:CRF (0 to 51)`."""
        return f"{self.name}:{self.parameter} ({self.levels[0]} to {self.levels[-1]})"


def saturated(frame: RGB, percent: int) -> RGB:
    """Leave so much of the colour; 0 is grey."""
    return saturation(frame, percent / 100)


def contrasted(frame: RGB, percent: int) -> RGB:
    """Leave so much of each level's distance to mid-grey."""
    return contrast(frame, percent / 100)


def blocked(frame: RGB, count: int) -> RGB:
    """Cover it by grey squares at random places; those of a lower count are among those of a higher one."""
    height, width = frame.shape[:2]
    side = max(1, round(BLOCK_PX * min(height, width) / BLOCKS_AT_PX))
    places = np.random.default_rng(_seed(frame)).random((count, 2)) * (height - side + 1, width - side + 1)
    covered = frame.copy()
    for top, left in places.astype(int):
        covered[top : top + side, left : left + side] = MID_GREY
    return covered


def noisy(frame: RGB, deviation: int) -> RGB:
    """Add independent normal noise to each pixel and channel; its standard deviation in grey levels."""
    return gaussian_noise(frame, deviation, _seed(frame))


def blurred(frame: RGB, deviation_px: int) -> RGB:
    """Blur by a Gaussian; its standard deviation in px of a frame whose shorter side is 1080 px."""
    return gaussian_blur(frame, deviation_px * min(frame.shape[:2]) / BLUR_AT_PX)


def rescaled(frame: RGB, percent: int) -> RGB:
    """Reduce to so much of both sides and enlarge again."""
    return rescale(frame, percent / 100)


def still_scene(frame: RGB, crf: int) -> RGB:
    """Code by H.264 as a clip in which nothing moves; constant rate factor 0 to 51."""
    return h264([frame] * STILL_FRAMES, crf)[-1]


H264 = "h264"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="saturation",
            parameter="PERCENT",
            meaning="how much of the colour is left",
            levels=range(100),
            grid=(40, 30, 20, 10, 0),
            distort=saturated,
        ),
        Kind(
            name="contrast",
            parameter="PERCENT",
            meaning="how much of each level's distance to mid-grey is left",
            levels=range(1, 100),
            grid=(85, 72, 60, 48, 35),
            distort=contrasted,
        ),
        Kind(
            name="blocks",
            parameter="COUNT",
            meaning="grey squares at random places, of 8 px where the shorter side is 256 px",
            levels=range(1, 1001),
            grid=(16, 32, 48, 64, 80),
            distort=blocked,
        ),
        Kind(
            name="noise",
            parameter="STD",
            meaning="standard deviation of normal noise, in grey levels",
            levels=range(1, 129),
            grid=(8, 11, 18, 25, 57),
            distort=noisy,
        ),
        Kind(
            name="blur",
            parameter="SIGMA_PX",
            meaning="standard deviation of a Gaussian, in px where the shorter side is 1080 px",
            levels=range(1, 101),
            grid=(2, 4, 6, 8, 10),
            distort=blurred,
        ),
        Kind(
            name="rescale",
            parameter="PERCENT",
            meaning="size to which a frame is reduced before it is enlarged again",
            levels=range(1, 100),
            grid=(50, 33, 25, 20, 17),
            distort=rescaled,
        ),
        Kind(
            name="jpeg",
            parameter="QUALITY",
            meaning="libjpeg's quality",
            levels=range(1, 101),
            grid=(80, 60, 40, 20, 10),
            distort=jpeg,
        ),
        Kind(
            name=H264,
            parameter="CRF",
            meaning="x264's constant rate factor",
            levels=range(52),
            grid=(30, 32, 35, 38, 40),
            distort=still_scene,
        ),
    )
}

GRID = {name: kind.grid for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Distortion:
    """One kind at one level.

    Attributes:
        kind: a name of `KINDS`.
        level: one of its levels.
    """

    kind: str
    level: int

    @classmethod
    def parse(cls, text: str) -> "Distortion":
        """Read `KIND:LEVEL`.

        Raises:
            UnmaskError: if there is no such kind or level.
        """
        name, _, level = text.partition(":")
        kind = KINDS.get(name)
        if kind is None or not level.isdecimal() or int(level) not in kind.levels:
            known = ", ".join(map(str, KINDS.values()))
            raise UnmaskError(f"Expected a distortion: {known}, a kind alone or {ALL}. Received: {text!r}.")
        return cls(name, int(level))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.kind}:{self.level}"

    def __call__(self, frame: RGB) -> RGB:
        """Distort an `(H, W, 3)` uint8 RGB frame as if it were a picture of its own."""
        return KINDS[self.kind].distort(frame, self.level)


def grid() -> list[Distortion]:
    """Every kind at its five levels."""
    return [Distortion(name, level) for name, levels in GRID.items() for level in levels]


def parse_distortions(text: str) -> list[Distortion]:
    """Read `KIND:LEVEL`, a kind alone for its five levels, or `grid` for those of all kinds.

    Raises:
        UnmaskError: if it is none of these.
    """
    if text == ALL:
        return grid()
    if text in GRID:
        return [Distortion(text, level) for level in GRID[text]]
    return [Distortion.parse(text)]


def picture(path: Path, distortion: Distortion | None) -> RGB:
    """Decode an image and distort it.

    Raises:
        MediaError: if it cannot be decoded.
    """
    image = read_image(path)
    return distortion(image) if distortion else image


def clip_frames(path: Path, frames: int, distortion: Distortion | None) -> list[RGB]:
    """The sampled frames of a clip. H.264 codes the whole clip anew, all else is done to each sampled frame.

    Args:
        path: the clip.
        frames: how many to sample.
        distortion: None for the clip as it is.

    Raises:
        MediaError: if it cannot be decoded.
    """
    with closing(Clip(path)) as clip:
        sampled = list(clip.sample(frames))
    if distortion is None:
        return [frame for _, frame in sampled]
    if distortion.kind != H264:
        return [distortion(frame) for _, frame in sampled]
    times_s = np.array([time_s for time_s, _ in sampled])
    with closing(Clip(path)) as clip:
        recoded = _recoded(clip.sample(math.ceil(clip.duration_s * MAX_RATE)), distortion.level)
        return [frame for time_s, frame in recoded if np.abs(times_s - time_s).min() < SAME_TIME_S]


def _recoded(frames: Iterator[Frame], crf: int) -> Iterator[Frame]:
    """Code by H.264 and decode, one group of pictures after another, so that long clips fit into memory."""
    while group := list(islice(frames, GROUP_FRAMES)):
        coded = h264([frame for _, frame in group], crf)
        yield from zip((time_s for time_s, _ in group), coded, strict=True)


def _seed(frame: RGB) -> int:
    """By its content, so that a rerun draws the same for a frame, and other numbers for the next one."""
    return zlib.crc32(frame.tobytes())
