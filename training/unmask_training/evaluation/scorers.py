"""What is compared: bundles and training runs, each with the crop that it sees and the rules that it decides by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import AggregationSpec, Bands, TrackingSpec
from unmask_training.evaluation.crops import Looking, View
from unmask_training.finder import face_finder_spec
from unmask_training.run import Run

BATCH = 64
# `(n, S, S, 3)` uint8 RGB crops to `(n,)` float64 P(fake) before temperature.
RawScores = Callable[[NDArray[np.uint8]], NDArray[np.float64]]


@dataclass(frozen=True)
class Rules:
    """How frame scores become a verdict, as a manifest states it.

    Attributes:
        quality: the crop whose sharpness decides whether a frame counts.
    """

    looking: Looking
    quality: View
    tracking: TrackingSpec
    aggregation: AggregationSpec
    temperature: float
    bands: Bands


@dataclass(frozen=True, eq=False)
class Scorer:
    """One row's net.

    Attributes:
        view: the crop that it looks at.
    """

    name: str
    view: View
    rules: Rules
    raw_scores: RawScores


def load_scorer(folder: Path, format: TFLiteFormat) -> Scorer:
    """Load a bundle, or the Keras detector of a training run.

    Args:
        folder: the bundle or the run.
        format: which of a bundle's TFLite files to run.

    Raises:
        UnmaskError: if it is neither, or damaged.
    """
    if (folder / "run.json").exists():
        return _run_scorer(folder)
    if (folder / "manifest.json").exists():
        return _bundle_scorer(folder, format)
    raise UnmaskError(
        f"Expected a bundle with manifest.json or a finished run with run.json. Received: {folder}, which has neither."
    )


def _bundle_scorer(folder: Path, format: TFLiteFormat) -> Scorer:
    detector = Detector(Bundle(folder), format)
    manifest = detector.bundle.manifest
    view = View(manifest.crop.scale, manifest.input.width_px)
    rules = Rules(
        looking=Looking(manifest.face_finder, manifest.sampling.frames),
        quality=view,
        tracking=manifest.tracking,
        aggregation=manifest.aggregation,
        temperature=manifest.temperature,
        bands=manifest.bands,
    )

    def raw_scores(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.array([detector.score_crop(crop)[0] for crop in crops])

    return Scorer(f"{folder.resolve().name}: {manifest.name} {format}", view, rules, raw_scores)


def _run_scorer(folder: Path) -> Scorer:
    import keras

    run = Run.read(folder)
    try:
        net = keras.models.load_model(folder / "detector.keras", compile=False)
    except (OSError, ValueError) as error:
        raise UnmaskError(f"Expected a trained {folder / 'detector.keras'}. Received: {error}") from error
    recipe = run.recipe
    view = View(recipe.crop.scale, recipe.model.input_px)
    rules = Rules(
        looking=Looking(face_finder_spec(), recipe.sampling.frames),
        quality=view,
        tracking=recipe.decision.tracking,
        aggregation=recipe.decision.aggregation,
        temperature=run.temperature,
        bands=run.bands,
    )

    def raw_scores(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        batches = [crops[start : start + BATCH].astype(np.float32) for start in range(0, len(crops), BATCH)]
        scores = [keras.ops.convert_to_numpy(net(batch, training=False)["score"])[:, 0] for batch in batches]
        return np.concatenate(scores, dtype=np.float64)

    return Scorer(f"{folder.resolve().name}: {recipe.name} keras", view, rules, raw_scores)
