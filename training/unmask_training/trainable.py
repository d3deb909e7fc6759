"""What a bundle carries beside its formats so that training can go on from it: recipe and weights.

    training/recipe.json     the run's resolved recipe, by which `build_detector` builds the net anew
    training/weights.npz     its weights by Keras's variable paths, float16 where that can hold them

NumPy reads the file without pickle, so weights from elsewhere cannot run code.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from unmask_edge.bundle import Bundle
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands, Metric, TrainingData
from unmask_training.model import build_detector, load_detector
from unmask_training.recipe import Recipe
from unmask_training.run import Run

RECIPE = "training/recipe.json"
WEIGHTS = "training/weights.npz"


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained detector with what its decisions rest on.

    Attributes:
        name: the model's name, with its version where it has one.
        net: the Keras model.
        metrics: what it reached on validation data.
    """

    name: str
    recipe: Recipe
    net: keras.Model
    temperature: float
    bands: Bands
    training_data: list[TrainingData]
    metrics: list[Metric]


def write_trainable(net: keras.Model, recipe: Recipe, bundle: Path) -> None:
    """Write both files into a bundle folder."""
    (bundle / RECIPE).parent.mkdir()
    # Where a weights file lay says something of the machine that trained, nothing of the model.
    shape = recipe.model.model_copy(update={"weights": Path(recipe.model.weights).name})
    recipe = recipe.model_copy(update={"model": shape})
    (bundle / RECIPE).write_text(recipe.model_dump_json(indent=2) + "\n", "utf-8")
    arrays = {weight.path: _halved(keras.ops.convert_to_numpy(weight)) for weight in net.weights}
    np.savez_compressed(bundle / WEIGHTS, **arrays)


def read_trainable(bundle: Bundle) -> tuple[Recipe, keras.Model]:
    """Build the detector of a bundle.

    Raises:
        UnmaskError: if the bundle was written without weights to train, or they do not fit its recipe.
    """
    if not {RECIPE, WEIGHTS} <= {file.path for file in bundle.manifest.files}:
        raise UnmaskError(
            f"Expected a bundle with {WEIGHTS} and {RECIPE}, or a training run. "
            f"Received: {bundle.folder}, a bundle that was exported without them."
        )
    path = bundle.path(RECIPE)
    try:
        recipe = Recipe.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UnmaskError(f"Expected {path} to be a valid recipe. Received: {error}") from error
    return recipe, build_trained(recipe, bundle.path(WEIGHTS))


def build_trained(recipe: Recipe, weights: Path) -> keras.Model:
    """Build a recipe's net with weights that `write_trainable` wrote.

    Raises:
        UnmaskError: if the weights do not fit.
    """
    net = build_detector(recipe.model.model_copy(update={"weights": "none"}))
    try:
        with np.load(weights) as arrays:
            for weight in net.weights:
                weight.assign(arrays[weight.path])
    except (KeyError, OSError, ValueError) as error:
        raise UnmaskError(f"Expected {weights} to fit its recipe. Received: {error}") from error
    return net


def load_trained(folder: Path) -> Trained:
    """Load the detector of a run or of a bundle.

    Raises:
        UnmaskError: if it is neither, or damaged, or a bundle without weights to train.
    """
    if (folder / "run.json").exists():
        run = Run.read(folder)
        net = load_detector(folder)
        return Trained(run.recipe.name, run.recipe, net, run.temperature, run.bands, run.training_data, run.metrics)
    bundle = Bundle(folder)
    manifest = bundle.manifest
    recipe, net = read_trainable(bundle)
    name = f"{manifest.name} {manifest.version}"
    return Trained(name, recipe, net, manifest.temperature, manifest.bands, manifest.training_data, manifest.metrics)


def _halved(weight: NDArray[np.float32]) -> NDArray[np.float16 | np.float32]:
    fits = np.abs(weight).max() <= np.finfo(np.float16).max
    return weight.astype(np.float16 if fits else np.float32)
