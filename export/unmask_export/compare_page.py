"""Writes a comparison of formats as one page that opens without network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from unmask_export import compare_plots
from unmask_export.comparison import KERAS, Comparison, FormatOnSet, LayerNoise, SetComparison
from unmask_export.stated_losses import STATED_LOSSES
from unmask_training.evaluation.metrics import Figure
from unmask_training.evaluation.report_page import COLUMNS

# So many of the layers at which a format loses most, and of the files of which it turns the verdict, are listed.
WORST_LAYERS = 5
SHOWN_FLIPS = 20


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the HTML file."""
    environment = Environment(
        # The evaluation's page has the style of both.
        loader=ChoiceLoader([PackageLoader("unmask_export", "."), PackageLoader("unmask_training.evaluation", ".")]),
        autoescape=select_autoescape(["html"]),
    )
    environment.filters["figure"] = _shown
    page = environment.get_template("compare.html").render(
        comparison=comparison,
        sections=[_section(part) for part in comparison.sets],
        losses=STATED_LOSSES,
        exceeded={(breach.format, breach.data, breach.measure) for breach in comparison.breaches},
        columns=COLUMNS,
        noise_plot=_drawn(compare_plots.noise_plot, comparison.layer_noise) if comparison.layer_noise else None,
        noises=[(noise, _worst(noise)) for noise in comparison.layer_noise],
    )
    path.write_text(page, "utf-8")


def _section(part: SetComparison) -> dict[str, Any]:
    told = [one for one in part.formats if one.format != KERAS]
    return {
        "set": part,
        "formats": told,
        "plots": [
            ("AUC beside Keras", _drawn(compare_plots.auc_plot, part)),
            ("Score drift over crops", _drawn(compare_plots.drift_plot, part)),
        ],
        "flips": [(one.format, flip) for one in told for flip in one.flips[:SHOWN_FLIPS]],
        "unshown": sum(max(len(one.flips) - SHOWN_FLIPS, 0) for one in told),
        "levels": [(f"{part.unit}s", _figures(part, "files")), ("face crops", _figures(part, "crops"))],
    }


def _figures(part: SetComparison, level: str) -> list[tuple[FormatOnSet, Any]]:
    return [(one, getattr(one, level)) for one in part.formats]


def _worst(noise: LayerNoise) -> list[str]:
    """The layers that lose most, worst first."""
    lossy = [layer for layer in noise.layers if layer.lost_db is not None]
    worst = sorted(lossy, key=lambda layer: -(layer.lost_db or 0))[:WORST_LAYERS]
    return [f"{layer.name} ({layer.lost_db:.1f} dB)" for layer in worst]


def _drawn(draw: Callable[[Any], str], what: Any) -> Markup:
    return Markup(draw(what))  # noqa: S704  (Matplotlib escapes what it draws)


def _shown(figure: Figure, form: str = ".3f") -> str:
    return ("not told: " if figure.value is None else "") + figure.shown(form, form)
