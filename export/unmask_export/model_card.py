"""Writes `MODEL_CARD.md` from what was measured (after Mitchell et al., "Model Cards for Model Reporting", 2019)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from unmask_edge.manifest import Manifest
from unmask_export.calibration import CalibrationRecord
from unmask_training.run import Run

if TYPE_CHECKING:
    from unmask_export.bundle_writer import Exported

COSTS = ("format", "bytes", "runtime", "golden", "tolerance", "faces, mean", "faces, largest")


def model_card(manifest: Manifest, run: Run, exported: "Exported", calibration: CalibrationRecord) -> str:
    """Markdown text."""
    bands = manifest.bands
    in_turn = ", ".join(map(str, manifest.sampling.crop_scales))
    return f"""# {manifest.name} {manifest.version}

A detector of forged faces on {run.recipe.model.kinds}: one face crop in, P(fake) and a coarse map
of where the face was changed out.
Licence {manifest.licence}. Written by unmask {manifest.generator.version}.{_start(run)}

## Use

Input: {manifest.input.width_px} x {manifest.input.height_px} px RGB in [0, 255], a square of {manifest.crop.scale}
times the face box; in the frames of a clip of {in_turn} times, in turn.
Scores are divided on the logit scale by the temperature {manifest.temperature:.3f}. A face is
called *likely manipulated* from {bands.likely_manipulated_from:.3f}, *likely authentic* below
{bands.likely_authentic_below:.3f}, and *inconclusive* between. {_thresholds(run)} On other material both shares may be
higher.

## Training data

{_table(("source", "label", "faces"), ((d.name, d.label, d.samples) for d in manifest.training_data))}

Fakes seen in training, by how they were made. *labelled* ones come from the sources above, *labelled_blend* puts their
faces into real pictures, the others were made from real faces:

{_table(("method", "share"), _mix_rows(run))}

Fingerprint of the data folder: `{run.data_fingerprint}`.

## Measured on validation faces, in Keras

{_table(("metric", "data", "faces", "value"), ((m.name, m.data, m.samples, m.value) for m in manifest.metrics))}

## What each format costs

Bytes of all files of the format, the runtime that it was run by, largest score difference from Keras on the golden
vectors with its tolerance, and mean and largest difference on {calibration.crops} calibration faces.

{_table(COSTS, _cost_rows(manifest, exported))}
{_left_out(exported)}{_elsewhere(exported)}
Calibrated by {calibration.crops} crops: {calibration.source}. {calibration.chosen}

## Limits

- A detector knows the traces of the forgeries it was trained on and of blends made from real faces. Forgeries of other
  kinds, such as wholly generated or re-rendered faces of tools not listed above, may score low.
- Heavy compression, small faces, make-up, filters and retouching change scores in both directions.
- It was not examined for differences between groups of people.
- A high score is evidence, not proof. A low score does not show that a picture is real.
"""


def _start(run: Run) -> str:
    if run.start is None:
        return ""
    start = run.start
    how = {"trained_on": "Trained on from", "distilled": "Distilled from", "joined": "Joined of"}[start.how]
    taught = f", taught by {', '.join(start.teachers)}" if start.teachers else ""
    others = "".join(f" and {other}" for other in start.beside)
    return (
        f"\n{how} {start.name}{taught}{others}; the data below are of all trainings, fakes and fingerprint of the last."
    )


def _thresholds(run: Run) -> str:
    decision = run.recipe.decision
    shares = (
        f"at most {decision.max_false_alarms:.0%} of the real ones are called manipulated, at most "
        f"{decision.max_misses:.0%} of the fakes authentic."
    )
    if run.start is not None and run.start.decision_kept:
        return f"The thresholds are that model's and were not fitted to this net. They had been set so that\n{shares}"
    return f"The thresholds were set on the validation faces below:\n{shares}"


def _mix_rows(run: Run) -> Iterable[tuple[object, ...]]:
    mix = run.recipe.data.mix
    for method, share in sorted(mix.items(), key=lambda entry: -entry[1]):
        yield method, f"{share / sum(mix.values()):.0%}"


def _cost_rows(manifest: Manifest, exported: "Exported") -> Iterable[tuple[object, ...]]:
    for name, one in exported.verified.items():
        faces = (f"{drift:.5f}" for drift in (one.drift.crops_mean, one.drift.crops_max))
        golden = f"{one.drift.golden:.5f}"
        yield name, one.size_bytes, one.runtime, golden, manifest.models[name].tolerance, *faces


def _left_out(exported: "Exported") -> str:
    """The formats that were tried and are not in the bundle, each in a paragraph."""
    return "".join(f"\n{name} was left out: {reason}\n" for name, reason in exported.failed.items())


def _elsewhere(exported: "Exported") -> str:
    """How the files fared in runtimes other than their main ones, where they were tried there."""
    rows = [
        (name, other.runtime, other.outcome, "" if other.drift is None else f"{other.drift:.5f}", other.reason)
        for name, one in exported.verified.items()
        for other in one.elsewhere
    ]
    if not rows:
        return ""
    table = _table(("format", "runtime", "outcome", "golden", "reason"), rows)
    return f"\nIn other runtimes, on the golden vectors or some of them:\n\n{table}\n"


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
