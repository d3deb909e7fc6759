"""Writes evaluations as files for programs and for spreadsheets."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from unmask_training.evaluation.metrics import Figure
from unmask_training.evaluation.summary import Evaluation

COLUMNS = (
    *("data", "split", "distortion", "model", "slice", "reals", "fakes", "unscored"),
    *("metric", "value", "low", "high", "withheld"),
)


def write_json(evaluations: Sequence[Evaluation], file: IO[str]) -> None:
    """Write one JSON array."""
    json.dump([evaluation.model_dump() for evaluation in evaluations], file, indent=2)


def write_csv(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Write a row for each figure, those of slices among them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row for evaluation in evaluations for row in _rows(evaluation))


def _rows(of: Evaluation) -> Iterator[list[object]]:
    named = [of.data, of.split, of.distortion, of.model]
    whole = [*named, None, of.reals, of.fakes, of.unscored]
    for name, figure in of.figures.items():
        yield [*whole, name, *_cells(figure)]
    for name, figure in of.beside_first.items():
        yield [*whole, f"{name} beside the first", *_cells(figure)]
    if of.auc_lost is not None:
        yield [*whole, "auc_lost", of.auc_lost, None, None, None]
    for part in of.slices:
        yield [*named, f"{part.by}: {part.name}", part.reals, part.fakes, None, "auc", *_cells(part.auc)]


def _cells(figure: Figure) -> list[object]:
    low, high = figure.interval or (None, None)
    return [figure.value, low, high, figure.withheld]
