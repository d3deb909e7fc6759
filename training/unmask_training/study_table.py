"""Lays the results of a study's variants side by side."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from unmask_training.evaluate import evaluate
from unmask_training.evaluation.cache import ScoreCache
from unmask_training.evaluation.cases import open_case
from unmask_training.evaluation.engines import local_engine
from unmask_training.evaluation.scorers import load_scorer
from unmask_training.evaluation.summary import Evaluation
from unmask_training.evaluation.table import swaps_above_originals
from unmask_training.run import Run

# By variant: what was measured, by its name. Variants may lack what others have.
Results = dict[str, dict[str, str]]


def measure(runs: dict[str, tuple[Path, Run]], folders: Sequence[Path], workers: int) -> Results:
    """What each run's record says, and how its detector does on labelled folders.

    Args:
        runs: run folders and their records by the variant's name.
        folders: plain ones, as `unmask evaluate` takes them.
        workers: processes that decode and find faces.
    """
    cases = [open_case(str(folder), None) for folder in folders]
    scorers = {name: load_scorer(folder, "float32") for name, (folder, _) in runs.items()}
    with closing(ScoreCache(None)) as cache, local_engine(workers) as engine:
        evaluations = evaluate(cases, list(scorers.values()), [], cache, engine)
    results: Results = {}
    for name, (_, run) in runs.items():
        results[name] = {f"{metric.name} {metric.data}": f"{metric.value:.3f}" for metric in run.metrics}
        for evaluation in evaluations:
            if evaluation.model == scorers[name].name:
                results[name] |= _figures(evaluation)
    return results


def _figures(evaluation: Evaluation) -> dict[str, str]:
    unit = "video" if evaluation.unit == "clip" else "frame"
    figures = {f"{unit}_auc {evaluation.data}": f"{evaluation.figures['auc'].value:.3f}"}
    if evaluation.pairs:
        figures[f"swaps above originals {evaluation.data}"] = swaps_above_originals(evaluation)
    return figures


def print_table(results: Results) -> None:
    """Show a line for each variant."""
    table = Table("variant", *_columns(results))
    for row in _rows(results):
        table.add_row(*row)
    Console().print(table)


def write_markdown(results: Results, path: Path) -> None:
    """Write the same table as Markdown."""
    header = ["variant", *_columns(results)]
    lines = [header, ["---"] * len(header), *_rows(results)]
    path.write_text("".join(f"| {' | '.join(line)} |\n" for line in lines), "utf-8")


def _columns(results: Results) -> list[str]:
    return list(dict.fromkeys(column for measured in results.values() for column in measured))


def _rows(results: Results) -> list[list[str]]:
    columns = _columns(results)
    return [[name, *(measured.get(column, "") for column in columns)] for name, measured in results.items()]
