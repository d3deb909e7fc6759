"""What a clip such as DFDC's costs: seconds of a core to cut its faces and to score it, and the bytes that it takes.

    python training/benchmarks/clip_cost.py

The clip, ten seconds of 1920 x 1080 px in H.264 at 3.3 Mbit/s, is made at run time from the public-domain portrait. The
CPU's time is told and not the clock's, so that what else the machine does counts little.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import click
from imageio_ffmpeg import get_ffmpeg_exe

from unmask_edge.assets import asset_path
from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector
from unmask_training.data import extract_worker
from unmask_training.data.extract import settings
from unmask_training.data.record import Record

FRAMES = 16
VIEW = "crop=400:400:'min(n/4,100)':0,scale=1080:1080,pad=1920:1080:420:0,noise=alls=8:allf=t"


@click.command()
@click.option("--repeats", default=5, show_default=True, help="Of each measurement.")
def main(repeats: int) -> None:
    """Measure, and print medians."""
    with TemporaryDirectory() as folder:
        clip = Path(folder, "clip.mp4")
        source = ["-loop", "1", "-r", "30", "-i", str(asset_path("portrait")), "-t", "10"]
        coding = ["-vf", VIEW, "-pix_fmt", "yuv420p", "-b:v", "3300k"]
        subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, *coding, str(clip)], check=True)
        cut = extract_worker.start_elsewhere(extract_worker.Job("clips", folder, settings(FRAMES)))
        chunk = extract_worker.Chunk(Path("part.parquet"), (Record(clip.name, "real"),))
        score = Detector(Bundle()).score
        click.echo(f"cut: {_seconds(lambda: cut(chunk), repeats):.2f} s of a core")
        click.echo(f"score: {_seconds(lambda: score(clip, FRAMES), repeats):.2f} s of a core")
        click.echo(
            f"clip: {clip.stat().st_size / 1e6:.1f} MB, faces of its {FRAMES} frames: {len(cut(chunk)) / 1e6:.1f} MB"
        )


def _seconds(work: Callable[[], object], repeats: int) -> float:
    work()  # the first time also loads
    times = []
    for _ in range(repeats):
        began = process_time()
        work()
        times.append(process_time() - began)
    return median(times)


if __name__ == "__main__":
    main()
