"""How fast the detector is beside what one would pick in its place, and beside the machine's own limit.

    python export/benchmarks/speed.py

Everything runs on one thread, one picture of the bundle's input size at a time, in one process and in turn: in each
round each has one run that warms the caches and a few that are timed. A ratio is the median over the rounds of the
round's ratio, so that what else the machine does meets both alike. The CPU's time is told and not the clock's: on an
idle machine they are the same, since there is one thread, and on a busy one the former says what a run costs.
"""

import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import numpy as np

# Before Unmask's export, which turns off what makes Keras faster on some CPUs and cannot be converted to TF.js.
import tensorflow as tf
from contestants import Contestant, detectors, other_nets, other_runtimes, require_agreement
from gemm import blas_product, litert_int8_product, multiply_adds, square_size
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from threadpoolctl import threadpool_limits

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR, Bundle
from unmask_edge.opencv import cv2
from unmask_export.golden_vectors import TOLERANCES
from unmask_export.keras_model import save_frozen
from unmask_training.trainable import read_trainable

DETECTOR, PRODUCT = "detector", "matrix product"
RUNS_A_ROUND = 5
INT8_TO_FLOAT32, FLOAT32_TO_PRODUCT = 0.6, 2.5


@dataclass(frozen=True)
class Row:
    """What was measured of one contestant.

    Attributes:
        ms: median of a run.
        ratio: to the detector in float32 under LiteRT.
    """

    what: str
    runtime: str
    format: str
    ms: float
    ratio: float


@dataclass(frozen=True)
class Goal:
    """A ratio of two times, and what it should not exceed; None where there is no goal."""

    name: str
    at_most: float | None
    measured: float

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.at_most is None:
            return ""
        return "reached" if self.measured <= self.at_most else "missed"


@click.command()
@click.option(
    "--bundle", default=DEFAULT_BUNDLE_DIR, type=click.Path(path_type=Path), help="In place of the packaged one."
)
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1), help="In which each has its turn.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(bundle: Path, rounds: int, as_json: bool) -> None:
    """Measure, and print medians, ratios and what they were to be."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)
    console = Console(stderr=True)
    with TemporaryDirectory() as folder, threadpool_limits(1):
        with console.status("Converting"):
            contestants, count = _contestants(Bundle(bundle), Path(folder))
        times_ms = _measure(contestants, rounds, console)
    rows, goals = _rows(contestants, times_ms), _goals(contestants, times_ms)
    machine = {"cpu": _cpu(), "threads": 1, "multiply_adds": count, "product_size": square_size(count)}
    if as_json:
        told = [{**asdict(goal), "verdict": goal.verdict} for goal in goals]
        click.echo(json.dumps({**machine, "rows": [asdict(row) for row in rows], "goals": told}, indent=2))
    else:
        Console().print(*(f"{name}: {value}" for name, value in machine.items()), sep="\n")
        Console().print(_row_table(rows), _goal_table(goals))


def _contestants(bundle: Bundle, folder: Path) -> tuple[list[Contestant], int]:
    """All of them, the detector in float32 first, and the detector's multiply-adds."""
    _, net = read_trainable(bundle)
    count = sum(multiply_adds(net).values())
    size = square_size(count)
    save_frozen(net, folder / "detector")
    ours, others = detectors(bundle, folder / "detector"), other_runtimes(net, folder / "detector")
    # The weights to train are rounded to 11 bits, and so are those of all nets but LiteRT's in float32.
    require_agreement([ours[0], *others], TOLERANCES["float16"])
    require_agreement(ours, TOLERANCES["int8"])
    products = [
        Contestant(PRODUCT, "NumPy's BLAS", "float32", blas_product(size)),
        Contestant(PRODUCT, "LiteRT", "int8", litert_int8_product(size, folder)),
    ]
    return [*ours, *others, *other_nets(net.input_shape[1], folder), *products], count


def _measure(contestants: list[Contestant], rounds: int, console: Console) -> NDArray[np.float64]:
    """The median in ms of each contestant's runs in each round, `(rounds, contestants)`."""
    shown = track(range(rounds), description="Timing", console=console)
    return np.array([[_median_ms(contestant) for contestant in contestants] for _ in shown])


def _median_ms(contestant: Contestant) -> float:
    contestant.run()  # brings its weights back into the caches
    times_ms = []
    for _ in range(RUNS_A_ROUND):
        start = time.process_time()
        contestant.run()
        times_ms.append((time.process_time() - start) * 1000)
    return median(times_ms)


def _rows(contestants: list[Contestant], times_ms: NDArray[np.float64]) -> list[Row]:
    medians, ratios = np.median(times_ms, axis=0), np.median(times_ms / times_ms[:, :1], axis=0)
    return [
        Row(each.what, each.runtime, each.format, float(ms), float(ratio))
        for each, ms, ratio in zip(contestants, medians, ratios, strict=True)
    ]


def _goals(contestants: list[Contestant], times_ms: NDArray[np.float64]) -> list[Goal]:
    """Ratios of two contestants' times beside what they should be."""
    column = {(each.what, each.runtime, each.format): times_ms[:, at] for at, each in enumerate(contestants)}

    def ratio(numerator: tuple[str, str, str], denominator: tuple[str, str, str]) -> float:
        return float(np.median(column[numerator] / column[denominator]))

    float32, int8 = (DETECTOR, "LiteRT", "float32"), (DETECTOR, "LiteRT", "int8")
    float32_product, int8_product = (PRODUCT, "NumPy's BLAS", "float32"), (PRODUCT, "LiteRT", "int8")
    rivals = [name for name in column if name[0] == DETECTOR and name[1] != "LiteRT"]
    return [
        Goal("int8 / float32", INT8_TO_FLOAT32, ratio(int8, float32)),
        Goal("float32 / its matrix product", FLOAT32_TO_PRODUCT, ratio(float32, float32_product)),
        *(Goal(f"float32 / {rival[1]}", 1.0, ratio(float32, rival)) for rival in rivals),
        Goal("int8 / its matrix product", None, ratio(int8, int8_product)),
        Goal("matrix product, int8 / float32", None, ratio(int8_product, float32_product)),
    ]


def _row_table(rows: list[Row]) -> Table:
    table = Table("what", "runtime", "format", "ms", "of float32's")
    for row in rows:
        table.add_row(row.what, row.runtime, row.format, f"{row.ms:.2f}", f"{row.ratio:.2f}")
    return table


def _goal_table(goals: list[Goal]) -> Table:
    table = Table("ratio of times (detector under LiteRT)", "at most", "measured", "")
    for goal in goals:
        bound = "" if goal.at_most is None else f"{goal.at_most:.1f}"
        table.add_row(goal.name, bound, f"{goal.measured:.2f}", goal.verdict)
    return table


def _cpu() -> str:
    """The processor's name, which Linux tells in this file alone."""
    path = Path("/proc/cpuinfo")
    told = path.read_text("utf-8") if path.is_file() else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
