"""Draws what detectors reach against what they cost, in the manner of the evaluation's plots."""

from collections.abc import Sequence

from unmask_export.cost import Cost
from unmask_training.evaluation.plots import as_svg, new_canvas


def frontier_plot(costs: Sequence[Cost]) -> str:
    """Frame AUC of each set against milliseconds, each point with its detector's name, as one `<svg>` element."""
    canvas, axes = new_canvas("ms a face, one thread", "frame AUC")
    reached = {
        (cost.name, metric.data): metric.value
        for cost in costs
        for metric in cost.metrics
        if metric.name == "frame_auc"
    }
    for data in dict.fromkeys(data for _, data in reached):
        points = sorted((cost.latency_ms, reached[cost.name, data]) for cost in costs if (cost.name, data) in reached)
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=data)
    for cost in costs:
        highest = max((value for (name, _), value in reached.items() if name == cost.name), default=None)
        if highest is not None:
            at = (cost.latency_ms, highest)
            axes.annotate(cost.name, at, xytext=(0, 6), textcoords="offset points", ha="center", fontsize=7)
    return as_svg(canvas)
