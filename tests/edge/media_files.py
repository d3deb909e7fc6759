"""Makes the pictures and clips that edge's tests feed in."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from unmask_edge.assets import asset_path
from unmask_edge.media import read_image

PORTRAIT = asset_path("portrait")
FACE_XYXY = (172, 66, 278, 172)  # where the portrait's face lies in its 512 x 512 px
H264 = ("-pix_fmt", "yuv420p")


def ffmpeg(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    """Run FFmpeg; returns its standard output."""
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, arguments)]
    completed = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert completed.returncode == 0, completed.stderr.decode()
    return completed.stdout


def portrait() -> NDArray[np.uint8]:
    """The public-domain portrait, `(512, 512, 3)` uint8 RGB, one face."""
    return read_image(PORTRAIT)


def flat_clip(
    path: Path,
    brightness: Sequence[int],
    *,
    rate: int = 10,
    times_s: Sequence[float] | str = (),
    options: Sequence[str] = H264,
) -> Path:
    """A clip of 64 x 48 px, each frame of one grey, at an even rate or at `times_s`: a list or an expression of N."""
    pixels = b"".join(np.full((48, 64, 3), value, np.uint8).tobytes() for value in brightness)
    timing: list[str] = []
    if times_s:
        steps = times_s if isinstance(times_s, str) else "+".join(f"eq(N,{k})*{t}" for k, t in enumerate(times_s))
        timing = ["-vf", f"settb=1/1000,setpts='({steps})/TB'", "-fps_mode", "passthrough", "-enc_time_base", "1/1000"]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x48", "-r", str(rate), "-i", "-"]
    ffmpeg(*source, *timing, *options, path, stdin=pixels)
    return path


def portrait_clip(path: Path, *, seconds: float = 1, filters: str = "null", options: Sequence[str] = H264) -> Path:
    """A clip that shows the portrait, 10 frames a second."""
    ffmpeg("-loop", "1", "-r", "10", "-i", PORTRAIT, "-t", str(seconds), "-vf", filters, *options, path)
    return path


def portrait_picture(path: Path, *, filters: str = "null", options: Sequence[str] = ()) -> Path:
    """The portrait in another format."""
    ffmpeg("-i", PORTRAIT, "-vf", filters, "-frames:v", "1", *options, path)
    return path


def cut(path: Path, share: float) -> Path:
    """Keep only the first share of a file's bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
