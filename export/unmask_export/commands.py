"""Command line of the export package. TensorFlow is imported only when a command runs."""

import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from unmask_edge.bundle import Bundle

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
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="SVG",
    help="Draw frame AUC against milliseconds into this file too.",
)
def cost(folders: tuple[Path, ...], plot: Path | None) -> None:
    """Show what the detectors of FOLDERS, runs or bundles, cost here, in MB and ms, beside what they reached.

    All are timed in turn on one thread, as float16 TFLite; compare the ratios, since machines differ.
    """
    from unmask_export.cost import measure_costs
    from unmask_export.cost_plot import frontier_plot

    with tempfile.TemporaryDirectory() as work:
        costs = measure_costs(list(folders), Path(work))
    columns = list(dict.fromkeys(f"{metric.name} {metric.data}" for cost in costs for metric in cost.metrics))
    table = Table("detector", "input, px", "MB", "ms", "relative", *columns)
    for cost in costs:
        reached = {f"{metric.name} {metric.data}": f"{metric.value:.3f}" for metric in cost.metrics}
        figures = (f"{cost.size_mb:.2f}", f"{cost.latency_ms:.1f}", f"{cost.relative:.2f}")
        table.add_row(cost.name, str(cost.input_px), *figures, *(reached.get(column, "") for column in columns))
    Console().print(table)
    if plot:
        plot.write_text(frontier_plot(costs), "utf-8")
        click.echo(f"Wrote {plot}")


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="[SET:]DIR|GLOB|LIST|URI|STORE",
    help="Copy of a data set, as for `unmask evaluate`; once for each.",
)
@click.option("--formats", metavar="LIST", default="", help="Formats, with commas between.  [default: all]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for compare.html and compare.json, and for scores that a later comparison need not find again.",
)
@click.option("--json", "json_file", type=click.File("w"), help="Write compare.json to this file too; - prints it.")
@click.option("--gate", is_flag=True, help="Exit with 1 if a format loses more than is stated for it.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that find faces.")
def compare(
    bundle: Path,
    data: tuple[str, ...],
    formats: str,
    out: Path | None,
    json_file: IO[str] | None,
    gate: bool,
    workers: int,
) -> None:
    """Show what each format of a BUNDLE loses against its Keras net, where it loses it, and what it costs here.

    All formats and the Keras net score the same faces of the same files.
    """
    from unmask_export.compare import compare_formats
    from unmask_export.compare_page import write_page
    from unmask_export.compare_table import print_tables
    from unmask_export.kept_outputs import KeptOutputs
    from unmask_export.stated_losses import require_stated
    from unmask_training.evaluation.cases import open_case

    opened = Bundle(bundle)
    cases = [open_case(text, None) for text in dict.fromkeys(data)]
    if out:
        out.mkdir(parents=True, exist_ok=True)
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    with closing(KeptOutputs(out and out / "outputs.sqlite")) as kept:
        comparison = compare_formats(opened, cases, chosen, kept, workers)
    text = comparison.model_dump_json(indent=2) + "\n"
    if out:
        write_page(comparison, out / "compare.html")
        (out / "compare.json").write_text(text, "utf-8")
    if json_file:
        json_file.write(text)
    if json_file is None or json_file.name != "<stdout>":
        print_tables(comparison, Console())
    if out:
        click.echo(f"Wrote {out / 'compare.html'} and compare.json", err=True)
    if gate:
        require_stated(comparison)
