"""Real coders for video, in memory: what they leave behind no filter imitates.

Frames go through PyAV (FFmpeg): H.264 (ITU-T H.264, x264), VP9 (libvpx) and MPEG-4 part 2. All run on one thread, so
that the same frames always give the same pictures.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_training.synthesis.forgery import RGB

_RATE = 25


def h264(frames: Sequence[RGB], crf: int, preset: str = "veryfast") -> list[RGB]:
    """Code frames of equal size, `(H, W, 3)` uint8 RGB, by x264 (4:2:0) and decode them; none is dropped.

    Args:
        frames: in order; a single one becomes an I frame.
        crf: constant rate factor, 0 (lossless) to 51; platforms use 18 to 35.
        preset: x264's; `ultrafast` has no B frames.

    Returns:
        The decoded frames, in order.
    """
    # With its macroblock tree, x264 gave several versions of the same clip.
    return _video(frames, "libx264", "h264", {"crf": str(crf), "preset": preset, "x264-params": "mbtree=0"})


def vp9(frames: Sequence[RGB], crf: int) -> list[RGB]:
    """As `h264`, by libvpx's VP9 at its fastest; crf 0 to 63."""
    return _video(frames, "libvpx-vp9", "vp9", {"crf": str(crf), "b": "0", "deadline": "realtime", "cpu-used": "8"})


def mpeg4(frames: Sequence[RGB], quantiser: int) -> list[RGB]:
    """As `h264`, by MPEG-4 part 2 (Xvid, DivX), for older files; quantiser 1 (best) to 31."""
    return _video(frames, "mpeg4", "mpeg4", {"qmin": str(quantiser), "qmax": str(quantiser)})


def _video(frames: Sequence[RGB], encoder: str, decoder: str, options: dict[str, str]) -> list[RGB]:
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1:
        raise UnmaskError(f"Expected frames of one size. Received: {sorted(shapes)}.")
    height, width, _ = shapes.pop()
    # 4:2:0 needs even sides.
    room = (0, height % 2, 0, width % 2)
    writer = _context(encoder, "w")
    writer.width, writer.height, writer.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
    writer.time_base, writer.framerate = Fraction(1, _RATE), Fraction(_RATE)
    writer.options = options
    packets = []
    for index, frame in enumerate(frames):
        even = cv2.copyMakeBorder(frame, *room, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
        picture = av.VideoFrame.from_ndarray(even, "rgb24").reformat(format="yuv420p")
        picture.pts = index
        packets += writer.encode(picture)
    packets += writer.encode(None)
    reader = _context(decoder, "r")
    decoded = [picture for packet in packets for picture in reader.decode(packet)] + reader.decode(None)
    return [picture.to_ndarray(format="rgb24")[:height, :width].astype(np.uint8, copy=False) for picture in decoded]


def _context(codec: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    context = cast("VideoCodecContext", VideoCodecContext.create(codec, mode))
    context.thread_count = 1
    return context
