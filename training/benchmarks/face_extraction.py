"""How fast `unmask data faces` is and how much memory it takes, as clips grow in number and by number of workers.

    python training/benchmarks/face_extraction.py

The clips, of 16 frames, are made at run time from the public-domain portrait; each differs from the others by its
framing. Each measurement is a process of its own. Numbers of workers and of clips take turns, so that what else the
machine does meets all alike; the time of the CPU tells what a clip costs even where others take their share of it.
"""

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

from unmask_edge.assets import asset_path
from unmask_edge.opencv import cv2

CLIP_FRAMES, RATE, VIEW_PX = 16, 25, 400
WORKERS = (1, 2)
# Extracts and prints files a second, CPU ms of the workers a file, and peak RSS in KiB of this process and of the
# largest of its workers.
MEASURED = """
import json, resource, sys
from pathlib import Path
from unmask_training.data.extract import Plan, extract
from unmask_training.data.folder import FOLDER
if __name__ == "__main__":
    folder, store, frames, workers = sys.argv[1:]
    done = extract(FOLDER, Path(folder), Path(store), Plan("clips", int(frames), False, int(workers)))
    assert not done.faults and not done.failures
    parent, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu_ms = 1000 * (children.ru_utime + children.ru_stime) / done.files_now
    print(json.dumps([done.files_now / done.seconds, cpu_ms, parent.ru_maxrss, children.ru_maxrss]))
"""


@click.command()
@click.option("--clips", default=64, show_default=True, help="The least number; twice and four times as many follow.")
@click.option("--frames", default=4, show_default=True, help="Sampled of each clip.")
@click.option("--repeats", default=3, show_default=True, help="Of each measurement.")
def main(clips: int, frames: int, repeats: int) -> None:
    """Measure, and print medians of speed and largest peaks of memory."""
    counts = [clips, 2 * clips, 4 * clips]
    results: dict[tuple[int, int], list[list[float]]] = {case: [] for case in product(counts, WORKERS)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "measured.py"
        script.write_text(MEASURED)
        for count in counts:
            write_clips(folder / str(count), count)
        for repeat, case in product(range(repeats), results):
            store = folder / "-".join(map(str, ("store", repeat, *case)))
            results[case].append(_measure(script, folder / str(case[0]), store, frames, case[1]))
    table = Table("clips", "workers", "clips a second", "CPU ms a clip", "parent, MiB", "worker, MiB")
    for (count, workers), measured in results.items():
        rates, cpu_ms, *peaks = zip(*measured, strict=True)
        memory = (f"{max(peak) / 1024:.0f}" for peak in peaks)
        table.add_row(str(count), str(workers), f"{median(rates):.1f}", f"{median(cpu_ms):.0f}", *memory)
    Console().print(table)


def _measure(script: Path, folder: Path, store: Path, frames: int, workers: int) -> list[float]:
    command = [sys.executable, str(script), str(folder), str(store), str(frames), str(workers)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: list[float] = json.loads(output)
    return result


def write_clips(folder: Path, count: int) -> None:
    """Make so many clips, each of another framing, in a folder that tells their label."""
    (folder / "real").mkdir(parents=True)
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    for number in range(count):
        path = folder / "real" / f"{number:05}.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (VIEW_PX, VIEW_PX))
        assert writer.isOpened()
        for frame in range(CLIP_FRAMES):
            left, top = number % 40 + frame, number // 40 % 40
            writer.write(portrait[top : top + VIEW_PX, left : left + VIEW_PX])
        writer.release()


if __name__ == "__main__":
    main()
