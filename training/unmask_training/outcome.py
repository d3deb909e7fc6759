"""Tells what a training reached on validation faces, and whether it made anything better or worse there."""

import numpy as np
from rich.console import Console
from rich.table import Table

from unmask_edge.manifest import Metric
from unmask_training.finetune import MIN_DECISION_FACES, Finetuned
from unmask_training.run import Run


def print_metrics(run: Run, console: Console) -> None:
    """Print what a run reaches on validation faces."""
    table = Table("metric", "data", "samples", "value")
    for metric in run.metrics:
        table.add_row(metric.name, metric.data, str(metric.samples), f"{metric.value:.4f}")
    console.print(table)


def print_outcome(finetuned: Finetuned, console: Console) -> None:
    """Print a table and, in words, what got worse and where temperature and bands come from."""
    table = Table("metric", "validation faces", "count", "before", "after")
    pairs = list(zip(finetuned.before, finetuned.run.metrics, strict=True))
    for before, after in pairs:
        table.add_row(after.name, after.data, str(after.samples), f"{before.value:.4f}", f"{after.value:.4f}")
    console.print(table)
    if not any(before.name == "frame_auc" for before, _ in pairs):
        console.print("No frame AUC: it takes real and fake validation faces.")
    for before, after in pairs:
        if _worse(before, after):
            console.print(
                f"Fine-tuning made {after.name} on {after.data} worse: {before.value:.4f} before, {after.value:.4f} "
                "after. The model that you began with does better there."
            )
    console.print(_decision(finetuned))


def print_sizes(of_source: list[Metric], runs: dict[str, Run], console: Console) -> None:
    """Print what a detector reaches, and what each one that was made of it does."""
    table = Table("metric", "data", "samples", "before", *runs)
    for before, *learnt in zip(of_source, *(run.metrics for run in runs.values()), strict=True):
        values = (f"{metric.value:.4f}" for metric in (before, *learnt))
        table.add_row(before.name, before.data, str(before.samples), *values)
    console.print(table)


def _worse(before: Metric, after: Metric) -> bool:
    return after.value < before.value if after.name == "frame_auc" else after.value > before.value


def _decision(finetuned: Finetuned) -> str:
    reals, fakes = np.bincount(finetuned.labels, minlength=2)
    faces = f"{reals} real and {fakes} fake validation faces"
    if finetuned.run.start is not None and finetuned.run.start.decision_kept:
        return (
            f"Temperature and bands are kept from before: fitting them takes at least {MIN_DECISION_FACES} real and "
            f"{MIN_DECISION_FACES} fake validation faces. Received: {faces}."
        )
    return f"Temperature and bands were fitted anew on {faces}."
