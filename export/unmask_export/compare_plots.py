"""Draws what formats lose, in the manner of the evaluation's plots."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from unmask_export.comparison import KERAS, LayerNoise, SetComparison
from unmask_export.stated_losses import STATED_LOSSES
from unmask_training.evaluation.plots import INK, as_svg, new_canvas

ROW_INCH = 0.17
WIDTH_INCH = 6.4
LIMIT: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": ":"}


def auc_plot(part: SetComparison) -> str:
    """AUC of files beside Keras's, with its paired interval; the dotted line is the stated loss."""
    canvas, axes = new_canvas("AUC beside Keras", "")
    told = [one for one in part.formats if one.format != KERAS]
    beside = [one.files.beside_keras["auc"] for one in told]
    values = np.array([np.nan if figure.value is None else figure.value for figure in beside])
    bounds = np.array(
        [figure.interval or (value, value) for figure, value in zip(beside, values, strict=True)]
    ).reshape(-1, 2)
    # An interval of few resamples may lie beside the value.
    errors = np.clip([values - bounds[:, 0], bounds[:, 1] - values], 0, None)
    axes.errorbar(values, range(len(told)), xerr=errors, fmt="o", markersize=4, label="AUC less Keras's, 95 %")
    axes.axvline(-max(STATED_LOSSES[one.format].auc for one in told), label="stated loss", **LIMIT)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.set_yticks(range(len(told)), [one.format for one in told])
    axes.invert_yaxis()
    axes.locator_params(axis="x", nbins=5)
    return as_svg(canvas)


def drift_plot(part: SetComparison) -> str:
    """Mean, median, high quantiles and maximum of each format's score drift; the dotted line is the stated mean."""
    canvas, axes = new_canvas("score drift", "")
    told = [one for one in part.formats if one.format != KERAS]
    marks = {"median": "|", "mean": "D", "quantile_90": "o", "quantile_99": "s", "largest": "x"}
    for name, mark in marks.items():
        drifts = [getattr(one.score_drift, name) for one in told]
        axes.scatter(drifts, range(len(told)), marker=mark, s=22, label=name.replace("_", " "))
    axes.axvline(max(STATED_LOSSES[one.format].mean_drift for one in told), label="stated mean", **LIMIT)
    axes.set_xscale("symlog", linthresh=1e-4)
    axes.set_xlim(0, 1)
    axes.set_yticks(range(len(told)), [one.format for one in told])
    axes.invert_yaxis()
    return as_svg(canvas)


def noise_plot(noises: Sequence[LayerNoise]) -> str:
    """Signal-to-noise ratio after each layer, the first one on top."""
    names = list(dict.fromkeys(layer.name for noise in noises for layer in noise.layers))
    canvas, axes = new_canvas("signal-to-noise ratio, dB", "", (WIDTH_INCH, 1.2 + ROW_INCH * len(names)))
    for noise in noises:
        ratios = {layer.name: layer.snr_db for layer in noise.layers if layer.snr_db is not None}
        axes.plot(
            list(ratios.values()), [names.index(name) for name in ratios], marker="o", markersize=3, label=noise.format
        )
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="both", linewidth=0.3, color=INK, alpha=0.3)
    return as_svg(canvas)
