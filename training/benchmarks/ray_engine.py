"""How fast faces are cut and clips are scored on Ray, at one worker and at two, beside the processes of this machine.

    python training/benchmarks/ray_engine.py

Each measurement is a process of its own, which starts a cluster on this machine and ends it. Engines and numbers of
workers take turns, so that what else the machine does meets all alike. A rate is counted from the moment at which as
many results are there as there are workers: what comes before is the start, which does not grow with the clips' number.
"""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from face_extraction import write_clips
from rich.console import Console
from rich.table import Table

ENGINES, WORKERS, WORK = ("local", "ray"), (1, 2), ("cut", "score")
# Works on clips and prints when it began, in seconds, and when the results of each few of them were there.
MEASURED = """
import json, sys, time
from pathlib import Path
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_training.data import extract
from unmask_training.data.copies import Location
from unmask_training.data.folder import FOLDER
from unmask_training.evaluation.engines import Reading, local_engine, ray_engine
from unmask_training.evaluation.nets import open_nets

def cut(folder, store, few, workers, engine):
    extract.FILES_A_PART = few
    done = extract.extract(FOLDER, folder, store, extract.Plan("clips", 16, False, workers, engine))
    assert not done.faults and not done.failures
    return [part.stat().st_mtime for part in store.rglob("*.parquet")]

def score(folder, store, few, workers, engine):
    nets = [str(DEFAULT_BUNDLE_DIR)]
    scorers = open_nets(nets, None)
    files = [Location(str(folder), str(path.relative_to(folder))) for path in sorted(folder.rglob("*.mp4"))]
    blocks = [files[start : start + few] for start in range(0, len(files), few)]
    with local_engine(workers) if engine == "local" else ray_engine(workers, nets, None) as running:
        return [time.time() for _ in running.judged(blocks, scorers, Reading(scorers[0].rules.looking, None))]

if __name__ == "__main__":
    work, folder, store, few, workers, engine = sys.argv[1:]
    began = time.time()
    print(json.dumps([began, *sorted(globals()[work](Path(folder), Path(store), int(few), int(workers), engine))]))
"""


@click.command()
@click.option("--clips", default=64, show_default=True, help="How many.")
@click.option("--few", default=4, show_default=True, help="Clips that a worker takes at a time.")
@click.option("--repeats", default=3, show_default=True, help="Of each measurement.")
@click.option("--clip", type=click.Path(exists=True, path_type=Path), help="One to take in place of those made.")
def main(clips: int, few: int, repeats: int, clip: Path | None) -> None:
    """Measure, and print medians."""
    results: dict[tuple[str, str, int], list[tuple[float, float]]] = {
        case: [] for case in product(WORK, ENGINES, WORKERS)
    }
    with TemporaryDirectory() as name:
        folder = Path(name, "clips")
        if clip:
            (folder / "real").mkdir(parents=True)
            for number in range(clips):
                (folder / "real" / f"{number:05}.mp4").symlink_to(clip.resolve())
        else:
            write_clips(folder, clips)
        for repeat, case in product(range(repeats), results):
            store = Path(name, "-".join(map(str, ("store", repeat, *case))))
            results[case].append(_measure(folder, store, few, case))
    table = Table("work", "engine", "workers", "seconds to start", "clips a second", "of one worker's")
    for (work, engine, workers), measured in results.items():
        starts, rates = zip(*measured, strict=True)
        share = median(rates) / median(rate for _, rate in results[work, engine, 1])
        table.add_row(work, engine, str(workers), f"{median(starts):.0f}", f"{median(rates):.2f}", f"{share:.2f}")
    Console().print(table)


def _measure(folder: Path, store: Path, few: int, case: tuple[str, str, int]) -> tuple[float, float]:
    """Seconds until every worker has given a result, and clips a second from then on."""
    work, engine, workers = case
    command = [sys.executable, "-c", MEASURED, work, str(folder), str(store), str(few), str(workers), engine]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    began, *done = json.loads(output.splitlines()[-1])
    first = done[workers - 1]
    return first - began, few * (len(done) - workers) / (done[-1] - first)


if __name__ == "__main__":
    main()
