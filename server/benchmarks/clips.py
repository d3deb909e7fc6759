"""Makes the clips that the companion's benchmark sends: the sample portrait, with noise, at 1280 x 720 px."""

import re
import subprocess
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from unmask_edge.assets import asset_path

RATE = 25
FILTERS = "scale=720:720,pad=1280:720:280:0,noise=alls=8:allf=t"


def ffmpeg(*arguments: str | Path) -> None:
    """Run FFmpeg; raises where it fails."""
    subprocess.run([get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, arguments)], check=True)


def portrait_clip(path: Path, seconds: float, *, gop: int, bit_rate: str = "2M", filters: str = FILTERS) -> Path:
    """An H.264 clip with a key frame each `gop` frames; one that is there already is left."""
    if not path.exists():
        source = ("-loop", "1", "-r", str(RATE), "-i", asset_path("portrait"), "-t", str(seconds), "-vf", filters)
        encoder = ("-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", bit_rate, "-g", str(gop), "-sc_threshold", "0")
        ffmpeg(*source, *encoder, path)
    return path


def repeated(clip: Path, path: Path, times: int) -> Path:
    """A clip that shows another one again and again, without encoding it anew."""
    if not path.exists():
        ffmpeg("-stream_loop", str(times - 1), "-i", clip, "-c", "copy", path)
    return path


def key_frames_decoded_s(clip: Path) -> float:
    """Time in s that FFmpeg takes for a clip's key frames alone, on one thread."""
    command = [get_ffmpeg_exe(), "-nostats", "-loglevel", "info", "-benchmark", "-threads", "1", "-skip_frame", "nokey"]
    command += ["-i", str(clip), "-fps_mode", "passthrough", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    spent = re.search(r"bench: utime=.* rtime=([\d.]+)s", told)
    if spent is None:
        raise ValueError(f"Expected FFmpeg's own measurement. Received: {told[-200:]!r}.")
    return float(spent[1])
