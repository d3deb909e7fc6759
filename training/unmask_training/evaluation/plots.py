"""Draws evaluations as SVG, in the page's own text colour so that they read in light and in dark.

Matplotlib draws without a display; every function returns one `<svg>` element.
"""

import re
from collections.abc import Sequence
from io import StringIO
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from sklearn.calibration import calibration_curve

from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.slices import By
from unmask_training.evaluation.summary import Evaluation

# Stands for the page's text colour, which Matplotlib has no name for.
INK = "#010203"
STYLE: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.frameon": False,
    "font.size": 9,
    "svg.fonttype": "none",  # text stays text: sharp at any size, and read aloud
    "svg.hashsalt": "unmask",  # equal evaluations give equal pages
}
SIZE_INCH = (4.6, 3.4)
BINS = 20
RELIABILITY_BINS = 8


def roc_plot(evaluations: Sequence[Evaluation]) -> str:
    """ROC curves of all nets; the first with the 95 % band of its resamples."""
    canvas, axes = new_canvas("reals called fake (FPR)", "fakes found (TPR)")
    for evaluation in evaluations:
        if evaluation.roc is not None:
            axes.plot(evaluation.roc.fpr, evaluation.roc.tpr, label=evaluation.model)
    first = evaluations[0].roc
    if first is not None and first.low is not None and first.high is not None:
        axes.fill_between(first.fpr, first.low, first.high, alpha=0.2, linewidth=0)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.6, linestyle=":")
    return as_svg(canvas)


def reliability_plot(evaluations: Sequence[Evaluation]) -> str:
    """Share of fakes by score: on the diagonal a score means what it says."""
    canvas, axes = new_canvas("score", "share that is fake")
    for evaluation in evaluations:
        fake = [file.label == "fake" for file in evaluation.files]
        scores = [file.score for file in evaluation.files]
        # Bins of as many files each: even ones would be empty, or of a file or two, where few scores lie.
        shares, means = calibration_curve(fake, scores, n_bins=RELIABILITY_BINS, strategy="quantile")
        axes.plot(means, shares, marker="o", markersize=3, label=evaluation.model)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.6, linestyle=":")
    return as_svg(canvas)


def histogram(evaluation: Evaluation) -> str:
    """Scores of reals and of fakes."""
    canvas, axes = new_canvas("score", "share of files")
    for label in ("real", "fake"):
        scores = [file.score for file in evaluation.files if file.label == label]
        weights = np.full(len(scores), 1 / len(scores))
        axes.hist(scores, bins=BINS, range=(0, 1), weights=weights, alpha=0.6, label=f"{label} ({len(scores)})")
    return as_svg(canvas)


def robustness_plot(plain: Sequence[Evaluation], distorted: Sequence[Evaluation], kind: str) -> str:
    """AUC by level of one distortion, from the files as they are to the most severe.

    Args:
        plain: a net each, of the files as they are.
        distorted: of all nets and levels, those of a net from mild to severe.
        kind: of the distortion, as in `h264`.
    """
    canvas, axes = new_canvas(kind, "AUC")
    for net in plain:
        levels = [row for row in distorted if row.model == net.model]
        names = ["as it is", *(str(Distortion.parse(row.distortion).level) for row in levels if row.distortion)]
        values = [row.figures["auc"].value for row in (net, *levels)]
        axes.plot(names, [np.nan if value is None else value for value in values], marker="o", label=net.model)
    axes.axhline(0.5, color=INK, linewidth=0.6, linestyle=":")
    axes.set_ylim(0, 1)
    return as_svg(canvas)


def slice_bars(evaluations: Sequence[Evaluation], by: By) -> str:
    """AUC of each part of the files, a bar a net, with its interval."""
    canvas, axes = new_canvas("AUC", "")
    told = [part for row in evaluations for part in row.slices if part.by == by and part.auc.value is not None]
    names = list(dict.fromkeys(part.name for part in told))
    height = 0.8 / len(evaluations)
    for number, row in enumerate(evaluations):
        parts = {part.name: part.auc for part in row.slices if part.by == by and part.auc.value is not None}
        places = [names.index(name) + number * height for name in parts]
        values = np.array([auc.value for auc in parts.values()])
        bounds = np.array([auc.interval or (auc.value, auc.value) for auc in parts.values()]).reshape(-1, 2)
        errors = np.abs(bounds.T - values)
        axes.barh(places, values, height, xerr=errors, label=row.model, error_kw={"elinewidth": 0.8, "ecolor": INK})
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(names))], names)
    axes.set_xlim(0, 1)
    return as_svg(canvas)


def new_canvas(horizontal: str, vertical: str, size_inch: tuple[float, float] = SIZE_INCH) -> tuple[Canvas, Axes]:
    """Empty axes with their labels."""
    with rc_context(STYLE):
        canvas = Canvas(figsize=size_inch, layout="constrained")
        axes = canvas.add_subplot(xlabel=horizontal, ylabel=vertical)
    return canvas, axes


def as_svg(canvas: Canvas) -> str:
    """One `<svg>` element with the legend below."""
    with rc_context(STYLE):
        canvas.legend(loc="outside lower center", ncols=2, fontsize=7)  # outside, where it hides nothing
        text = StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None})
    _, start, drawing = text.getvalue().partition("<svg")
    # Without a size of its own it takes the page's.
    return start + re.sub(r'(?<=\s)(width|height)="[\d.]+pt"', "", drawing, count=2).replace(INK, "currentColor")
