"""Distortions of a whole file, before faces are looked for in it: what a platform might have done to it."""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_edge.video import SAME_TIME_S, Clip, Frame
from unmask_training.synthesis.codec import h264, jpeg

RGB = NDArray[np.uint8]
# A picture is coded as a still scene of so many frames, of which the last is looked at.
STILL_FRAMES = 5
# x264 starts a new group of pictures after so many frames at the latest.
GROUP_FRAMES = 250
# No clip has more; asking for so many gives every frame.
MAX_RATE = 240
LEVELS = {"h264": range(52), "jpeg": range(1, 101)}


@dataclass(frozen=True)
class Distortion:
    """One coder at one setting.

    Attributes:
        coder: `h264` or `jpeg`.
        level: x264's constant rate factor, 0 to 51, or libjpeg's quality, 1 to 100.
    """

    coder: str
    level: int

    @classmethod
    def parse(cls, text: str) -> "Distortion":
        """Read `h264:CRF` or `jpeg:QUALITY`.

        Raises:
            UnmaskError: if it is neither.
        """
        coder, _, level = text.partition(":")
        if coder not in LEVELS or not level.isdecimal() or int(level) not in LEVELS[coder]:
            raise UnmaskError(
                f"Expected a distortion h264:CRF (0 to 51) or jpeg:QUALITY (1 to 100). Received: {text!r}."
            )
        return cls(coder, int(level))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.coder}:{self.level}"


def picture(path: Path, distortion: Distortion | None) -> RGB:
    """Decode an image and distort it.

    Raises:
        MediaError: if it cannot be decoded.
    """
    image = read_image(path)
    if distortion is None:
        return image
    if distortion.coder == "jpeg":
        return jpeg(image, distortion.level)
    return h264([image] * STILL_FRAMES, distortion.level)[-1]


def clip_frames(path: Path, frames: int, distortion: Distortion | None) -> list[RGB]:
    """The sampled frames of a clip. H.264 codes the whole clip anew, JPEG each sampled frame.

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
    if distortion.coder == "jpeg":
        return [jpeg(frame, distortion.level) for _, frame in sampled]
    times_s = np.array([time_s for time_s, _ in sampled])
    with closing(Clip(path)) as clip:
        recoded = _recoded(clip.sample(math.ceil(clip.duration_s * MAX_RATE)), distortion.level)
        return [frame for time_s, frame in recoded if np.abs(times_s - time_s).min() < SAME_TIME_S]


def _recoded(frames: Iterator[Frame], crf: int) -> Iterator[Frame]:
    """Code by H.264 and decode, one group of pictures after another, so that long clips fit into memory."""
    while group := list(islice(frames, GROUP_FRAMES)):
        coded = h264([frame for _, frame in group], crf)
        yield from zip((time_s for time_s, _ in group), coded, strict=True)
