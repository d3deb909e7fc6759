"""What is compared: bundles and training runs, each with the crop that it sees and the rules that it decides by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import AggregationSpec, Bands, TrackingSpec
from unmask_edge.runtime import with_shape
from unmask_edge.version import __version__
from unmask_training.evaluation.crops import LOOKS, Looking, View
from unmask_training.evaluation.onnx_net import ONNXFormat, ONNXNet
from unmask_training.finder import face_finder_spec
from unmask_training.run import Run

if TYPE_CHECKING:
    import keras

BATCH = 64
ScorerFormat = TFLiteFormat | ONNXFormat | Literal["keras"]
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
        fingerprint: of the net's content and of the rules.
        view: the crop that it looks at.
    """

    name: str
    fingerprint: str
    view: View
    rules: Rules
    raw_scores: RawScores


def load_scorer(folder: Path, format: ScorerFormat) -> Scorer:
    """Open a bundle, or the Keras detector of a training run; the net is loaded when it first scores.

    Args:
        folder: the bundle or the run.
        format: which of a bundle's TFLite or ONNX files to run, or its Keras net; a run has but that.

    Raises:
        UnmaskError: if it is neither, or damaged; of the net alone, when it is loaded.
    """
    if (folder / "run.json").exists():
        return _run_scorer(folder)
    if (folder / "manifest.json").exists():
        return _bundle_scorer(folder, format)
    raise UnmaskError(
        f"Expected a bundle with manifest.json or a finished run with run.json. Received: {folder}, which has neither."
    )


def fingerprint(files: Sequence[Path], *settings: object) -> str:
    """sha256 over the contents of files and over settings."""
    digest = hashlib.sha256(repr((__version__, LOOKS, *settings)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def in_batches(score: Callable[[NDArray[np.uint8]], NDArray[np.float32]], size: int = BATCH) -> RawScores:
    """Score any number of crops by what scores `(n, S, S, 3)` uint8 RGB ones, `n` at most `size`, as `(n,)`."""

    def raw_scores(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        batches = [crops[start : start + size] for start in range(0, len(crops), size)]
        return np.concatenate([score(batch) for batch in batches], dtype=np.float64)

    return raw_scores


def when_needed(load: Callable[[], RawScores]) -> RawScores:
    """Load a net once it has crops to score: where all scores are kept, loading would take longer than all else."""
    loaded = cache(load)

    def raw_scores(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        return loaded()(crops)

    return raw_scores


def keras_scores(net: keras.Model) -> RawScores:
    """Run a detector on crops."""
    from keras import ops

    return in_batches(lambda crops: ops.convert_to_numpy(net(crops.astype(np.float32), training=False)["score"])[:, 0])


def _bundle_scorer(folder: Path, format: ScorerFormat) -> Scorer:
    bundle = Bundle(folder)
    manifest = bundle.manifest
    view = View(manifest.crop.scale, manifest.input.width_px, tuple(manifest.sampling.crop_scales))
    rules = Rules(
        looking=Looking(manifest.face_finder, manifest.sampling.frames),
        quality=View(view.scale, view.size_px),
        tracking=manifest.tracking,
        aggregation=manifest.aggregation,
        temperature=manifest.temperature,
        bands=manifest.bands,
    )
    raw_scores = when_needed(lambda: _bundle_scores(bundle, format))
    # The manifest tells the sha256 of every file of the bundle.
    content = fingerprint([folder / "manifest.json"], format)
    return Scorer(f"{folder.resolve().name}: {manifest.name} {format}", content, view, rules, raw_scores)


def _bundle_scores(bundle: Bundle, format: ScorerFormat) -> RawScores:
    if format == "keras":
        from unmask_training.trainable import read_trainable

        return keras_scores(read_trainable(bundle)[1])
    if format in get_args(ONNXFormat):
        return _onnx_scores(bundle, format)
    detector = Detector(bundle, cast("TFLiteFormat", format))
    return lambda crops: np.array([detector.score_crop(crop)[0] for crop in crops])


def _onnx_scores(bundle: Bundle, format: ScorerFormat) -> RawScores:
    manifest = bundle.manifest
    if format not in manifest.models:
        raise UnmaskError(f"Expected a bundle with the format {format}. Received: one with {list(manifest.models)}.")
    net = ONNXNet(bundle.path(manifest.models[format].path))

    def score(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        outputs = list(net(crops.astype(np.float32)))
        return with_shape(outputs, (len(crops), *manifest.outputs.score_shape[1:]))[:, 0]

    return in_batches(score, 1 if net.takes_one else BATCH)


def _run_scorer(folder: Path) -> Scorer:
    run = Run.read(folder)
    recipe = run.recipe
    view = View(recipe.crop.scale, recipe.model.input_px, tuple(recipe.sampling.crop_scales))
    rules = Rules(
        looking=Looking(face_finder_spec(), recipe.sampling.frames),
        quality=View(view.scale, view.size_px),
        tracking=recipe.decision.tracking,
        aggregation=recipe.decision.aggregation,
        temperature=run.temperature,
        bands=run.bands,
    )
    content = fingerprint([folder / "detector.keras"], view, rules)
    raw_scores = when_needed(lambda: _run_scores(folder))
    return Scorer(f"{folder.resolve().name}: {recipe.name} keras", content, view, rules, raw_scores)


def _run_scores(folder: Path) -> RawScores:
    from unmask_training.model import load_detector

    return keras_scores(load_detector(folder))
