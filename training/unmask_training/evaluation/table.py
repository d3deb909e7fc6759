"""Shows evaluations as one table."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from unmask_training.evaluation.summary import Evaluation

COLUMNS = (
    "net",
    "reals/fakes/unscored",
    "AUC (95 %)",
    "AUC lost",
    "swaps above originals",
    "false alarms",
    "misses",
    "inconclusive",
    "r sharpness reals/fakes",
)
# Wide enough for every column of a table that goes into a file.
FILE_WIDTH = 200


def print_table(evaluations: Sequence[Evaluation]) -> None:
    """Print a table with a section for each folder and distortion."""
    table = Table(*COLUMNS)
    for (data, distortion), section in groupby(evaluations, key=lambda row: (row.data, row.distortion)):
        rows = list(section)
        kind = "clips" if rows[0].metric == "video_auc" else "pictures"
        table.add_section()
        table.add_row(f"[bold]{data}[/], {kind}{', ' + distortion if distortion else ''}")
        for row in rows:
            table.add_row(*_cells(row))
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def _cells(row: Evaluation) -> tuple[str, ...]:
    return (
        row.model,
        f"{row.reals}/{row.fakes}/{row.unscored}",
        _auc(row),
        "" if row.auc_lost is None else f"{row.auc_lost:+.3f}",
        swaps_above_originals(row),
        "" if row.false_alarms is None else f"{len(row.false_alarm_files)} ({row.false_alarms:.1%})",
        _share(row.misses),
        _share(row.inconclusive),
        "" if row.misses is None else f"{_correlation(row.sharpness_r_reals)} / {_correlation(row.sharpness_r_fakes)}",
    )


def swaps_above_originals(row: Evaluation) -> str:
    """How many forgeries score above their originals, and the AUC of their frames; empty without pairs."""
    return f"{row.swaps_above_originals} of {row.pairs} ({row.pair_auc:.3f})" if row.pairs else ""


def _auc(row: Evaluation) -> str:
    if row.auc is None or row.auc_interval is None:
        return "too few files"
    low, high = row.auc_interval
    return f"{row.auc:.3f} ({low:.2f}-{high:.2f})"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _correlation(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
