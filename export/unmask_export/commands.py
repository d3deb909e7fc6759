"""`unmask export`. TensorFlow is imported only when it runs."""

import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Bundle folder to write.")
@click.option("--model-version", default="0.1.0", show_default=True, help="Version to give the model.")
def export(run: Path, out: Path, model_version: str) -> None:
    """Write a model bundle from a finished training RUN.

    Makes TFLite float32, float16 and int8 and TF.js, runs each on the golden vectors, and writes nothing unless all of
    them agree with Keras within their tolerances.
    """
    from unmask_export.bundle_writer import export_run

    console = Console()
    with console.status("Loading the run") as status:
        exported = export_run(run, out, model_version, status.update)
    sizes = {file.path: file.size_bytes for file in exported.manifest.files}
    table = Table("format", "file", "bytes", "drift: golden", "tolerance", "faces, mean", "faces, largest")
    for name, drift in exported.drifts.items():
        model = exported.manifest.models[name]
        values = (f"{value:.5f}" for value in (drift.golden, model.tolerance, drift.crops_mean, drift.crops_max))
        table.add_row(name, model.path, str(sizes[model.path]), *values)
    console.print(table)
    console.print(f"Wrote {out}")


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
