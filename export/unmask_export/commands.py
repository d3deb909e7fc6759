"""`unmask export` and `unmask cost`. TensorFlow is imported only when they run."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from unmask_export.bundle_writer import Exported


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Bundle folder to write.")
@click.option("--model-version", default="0.1.0", show_default=True, help="Version to give the model.")
@click.option(
    "--formats",
    "wanted",
    metavar="all|LIST",
    help="Formats to write, comma-separated.  [default: float32,float16,int8,tfjs]",
)
@click.option(
    "--calibration",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of pictures whose faces calibrate the integer formats, in place of training faces of the run.",
)
@click.option(
    "--runtimes",
    default="main",
    show_default=True,
    type=click.Choice(["main", "all"]),
    help="Run each file in the main runtime of its format, or in browsers, OpenCV and tflite-runtime too.",
)
def export(
    run: Path, out: Path, model_version: str, wanted: str | None, calibration: Path | None, runtimes: str
) -> None:
    """Write a model bundle from a finished training RUN.

    Converts the detector to each format, runs it, and writes those that agree with Keras on the golden vectors within
    their tolerances. Exits with 1 if one does not, which is named with the reason; the others are written all the same.
    """
    from unmask_export.bundle_writer import Plan, export_run
    from unmask_export.formats import DEFAULT, parse_formats

    formats = parse_formats(wanted) if wanted is not None else DEFAULT
    plan = Plan(model_version, formats, calibration, everywhere=runtimes == "all")
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Loading the run", total=len(formats))
        exported = export_run(
            run, out, plan, lambda step, done: progress.update(task, description=step, completed=done)
        )
    console = Console()
    console.print(_table(exported))
    elsewhere = _elsewhere_table(exported)
    if elsewhere.row_count:
        console.print(elsewhere)
    console.print(f"Wrote {out}")
    for name, reason in exported.failed.items():
        click.echo(f"Left out {name}: {reason}", err=True)
    if exported.failed:
        sys.exit(1)


def _table(exported: "Exported") -> Table:
    """Each format by its main runtime: what it takes and how far its scores lie from Keras's."""
    table = _folding("format", "file", "bytes", "runtime", "golden", "tolerance", "faces, mean", "faces, largest")
    for name, one in exported.verified.items():
        model = exported.manifest.models[name]
        drifts = (one.drift.golden, model.tolerance, one.drift.crops_mean, one.drift.crops_max)
        table.add_row(name, model.path, str(one.size_bytes), one.runtime, *(f"{drift:.5f}" for drift in drifts))
    return table


def _elsewhere_table(exported: "Exported") -> Table:
    """The same files by other runtimes; empty if none was asked for."""
    table = _folding("format", "other runtime", "golden", "outcome")
    for name, one in exported.verified.items():
        for other in one.elsewhere:
            drift = "" if other.drift is None else f"{other.drift:.5f}"
            told = f"{other.outcome}: {other.reason}" if other.reason else other.outcome
            table.add_row(name, other.runtime, drift, Text(told))
    return table


def _folding(*columns: str) -> Table:
    """A table that cuts nothing off where it is narrow."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def cost(runs: tuple[Path, ...]) -> None:
    """Show what the detectors of finished RUNS cost here, in megabytes and milliseconds, beside what they reached.

    All are timed in turn on one thread, as float16 TFLite; compare the ratios, since machines differ.
    """
    from unmask_export.cost import measure_costs

    with tempfile.TemporaryDirectory() as work:
        costs = measure_costs(list(runs), Path(work))
    columns = list(dict.fromkeys(f"{metric.name} {metric.data}" for cost in costs for metric in cost.run.metrics))
    table = Table("run", "input, px", "MB", "ms", "relative", *columns)
    for folder, cost in zip(runs, costs, strict=True):
        reached = {f"{metric.name} {metric.data}": f"{metric.value:.3f}" for metric in cost.run.metrics}
        figures = (f"{cost.size_mb:.2f}", f"{cost.latency_ms:.1f}", f"{cost.relative:.2f}")
        size_px = str(cost.run.recipe.model.input_px)
        table.add_row(folder.name, size_px, *figures, *(reached.get(column, "") for column in columns))
    Console().print(table)
