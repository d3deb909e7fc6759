"""Shows evaluations as one table."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Column, Table

from unmask_training.evaluation.metrics import Figure
from unmask_training.evaluation.summary import Evaluation

COLUMNS = (
    "net",
    "reals/fakes/unscored",
    "AUC (95 %)",
    "beside the first",
    "AUC lost",
    "EER",
    "TPR at 5 % FPR",
    "swaps above originals",
    "false alarms",
    "misses",
    "called",
    "ECE",
    "r sharpness reals/fakes",
)
# Wide enough for every column of a table that goes into a file.
FILE_WIDTH = 240


def print_table(evaluations: Sequence[Evaluation]) -> None:
    """Print a table with a section for each set and distortion."""
    # A long path is folded: its end tells more than an ellipsis.
    table = Table(*(Column(header, overflow="fold") for header in COLUMNS))
    for (data, split, distortion), section in groupby(
        evaluations, key=lambda row: (row.data, row.split, row.distortion)
    ):
        rows = list(section)
        table.add_section()
        table.add_row(", ".join([f"[bold]{data}[/]", *filter(None, [split, f"{rows[0].unit}s", distortion])]))
        for row in rows:
            table.add_row(*_cells(row))
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def swaps_above_originals(row: Evaluation) -> str:
    """How many forgeries score above their originals, and the AUC of their frames; empty without pairs."""
    return f"{row.swaps_above_originals} of {row.pairs} ({row.pair_auc:.3f})" if row.pairs else ""


def _cells(row: Evaluation) -> tuple[str, ...]:
    figures = row.figures
    return (
        row.model,
        f"{row.reals}/{row.fakes}/{row.unscored}",
        figures["auc"].shown(".3f", ".2f"),
        row.beside_first["auc"].shown("+.3f", "+.2f") if row.beside_first else "",
        "" if row.auc_lost is None else f"{row.auc_lost:+.3f}",
        _share(figures.get("eer")),
        _share(figures.get("tpr_at_fpr_5")),
        swaps_above_originals(row),
        f"{len(row.false_alarm_files)} ({_share(figures['false_alarms'])})" if "false_alarms" in figures else "",
        _share(figures.get("misses")),
        _share(figures.get("coverage")),
        _number(figures.get("ece")),
        f"{_correlation(row.sharpness_r_reals)} / {_correlation(row.sharpness_r_fakes)}" if "misses" in figures else "",
    )


def _share(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "" if figure is None else "too few"
    return f"{figure.value:.1%}"


def _number(figure: Figure | None) -> str:
    return "" if figure is None or figure.value is None else f"{figure.value:.3f}"


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
