"""Writes evaluations as one page that opens without network and is read in a minute."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from unmask_edge.version import __version__
from unmask_training.evaluation import plots
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.metrics import Figure
from unmask_training.evaluation.mistakes import worst_mistakes
from unmask_training.evaluation.summary import METADATA, Evaluation

COLUMNS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "eer": "EER",
    "tpr_at_fpr_1": "TPR at 1 % FPR",
    "tpr_at_fpr_5": "TPR at 5 % FPR",
    "false_alarms": "reals called manipulated",
    "misses": "fakes called authentic",
    "coverage": "called at all",
    "error_where_called": "wrong where called",
    "brier": "Brier",
    "ece": "ECE",
}


class _Plot(NamedTuple):
    title: str
    svg: Markup


def write_page(evaluations: Sequence[Evaluation], cases: Sequence[Case], mistakes: int, path: Path) -> None:
    """Write the page.

    Args:
        evaluations: of all cases, as `unmask evaluate` orders them.
        cases: which.
        mistakes: how many reals and fakes, of those that the first net is most wrong about, are shown as thumbnails.
        path: the HTML file.
    """
    environment = Environment(
        loader=PackageLoader("unmask_training.evaluation", "."), autoescape=select_autoescape(["html"])
    )
    environment.filters["figure"] = _shown
    grouped = groupby(evaluations, key=lambda row: (row.data, row.split))
    sections = [_section(list(rows), case, mistakes) for (_, rows), case in zip(grouped, cases, strict=True)]
    page = environment.get_template("report.html")
    path.write_text(page.render(sections=sections, columns=COLUMNS, version=__version__), "utf-8")


def _section(rows: list[Evaluation], case: Case, mistakes: int) -> dict[str, Any]:
    plain = [row for row in rows if row.distortion is None]
    nets = [row for row in plain if row.model != METADATA]
    distorted = [row for row in rows if row.distortion is not None]
    return {
        "first": nets[0],
        "rows": plain,
        "plots": list(_plots(nets, distorted)),
        "mistakes": worst_mistakes(nets[0], case, mistakes),
    }


def _plots(nets: Sequence[Evaluation], distorted: Sequence[Evaluation]) -> Iterator[_Plot]:
    yield _plot("ROC curve", plots.roc_plot(nets))
    yield _plot("What scores mean", plots.reliability_plot(nets))
    yield _plot(f"Scores by {nets[0].model}", plots.histogram(nets[0]))
    for kind in dict.fromkeys(_kind(row) for row in distorted):
        levels = [row for row in distorted if _kind(row) == kind]
        yield _plot(f"AUC after {kind}", plots.robustness_plot(nets, levels, kind))
    for by in dict.fromkeys(part.by for part in nets[0].slices if part.auc.value is not None):
        yield _plot(f"AUC by {by}", plots.slice_bars(nets, by))


def _plot(title: str, svg: str) -> _Plot:
    return _Plot(title, Markup(svg))  # noqa: S704  (Matplotlib escapes what it draws)


def _kind(row: Evaluation) -> str:
    return Distortion.parse(row.distortion).kind if row.distortion else ""


def _shown(figure: Figure | None, form: str = ".3f") -> str:
    if figure is None:
        return ""
    return ("not told: " if figure.value is None else "") + figure.shown(form, form)
