"""Command line of the training package. Heavy imports wait until a command runs."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from unmask_edge.commands import bundle_option, format_option
from unmask_edge.detector import TFLiteFormat


@click.command()
@click.option("--recipe", required=True, metavar="NAME|FILE", help="A named recipe or a TOML file.")
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Image folders."
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Run folder.")
@click.option("--weights", metavar="FILE|imagenet|none", help="Backbone weights in place of the recipe's.")
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes and threads for the data."
)
def train(recipe: str, data: Path, out: Path, weights: str | None, workers: int) -> None:
    """Train a detector; started again with the same --out, go on where it stopped."""
    from unmask_training.recipe import load_recipe
    from unmask_training.train import train as run_training

    resolved = load_recipe(recipe)
    if weights:
        resolved = resolved.model_copy(update={"model": resolved.model.model_copy(update={"weights": weights})})
    run = run_training(resolved, data, out, workers)
    table = Table("metric", "data", "samples", "value")
    for metric in run.metrics:
        table.add_row(metric.name, metric.data, str(metric.samples), f"{metric.value:.4f}")
    Console().print(table)
    click.echo(f"Next: unmask export {out} --out BUNDLE")


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the clips.")
def samples(out: Path) -> None:
    """Make two sample clips: a pan over a public-domain portrait, and the same pan over a forgery of it."""
    from unmask_training.samples import write_samples

    for path in write_samples(out):
        click.echo(path)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that score.")
@format_option
@bundle_option
def evaluate(folders: tuple[Path, ...], as_json: bool, workers: int, format_: TFLiteFormat, bundle: Path) -> None:
    """Score labelled FOLDERS with a bundle and show how well it tells fakes from reals.

    A folder holds images or clips below folders called real and fake, or a manifest.csv with the columns file and
    label.
    """
    from unmask_training.evaluate import evaluate as run_evaluation

    evaluations = [run_evaluation(folder, bundle, format_, workers) for folder in folders]
    if as_json:
        click.echo(json.dumps([evaluation.model_dump() for evaluation in evaluations], indent=2))
        return
    table = Table("data", "reals", "fakes", "unscored", "AUC", "false alarms", "misses", "inconclusive")
    for result in evaluations:
        shares = (f"{share:.1%}" for share in (result.false_alarms, result.misses, result.inconclusive))
        counts = (str(count) for count in (result.reals, result.fakes, result.unscored))
        table.add_row(result.data, *counts, f"{result.auc:.3f}", *shares)
    Console().print(table)
