"""What each backend is given: the tiny data folder with its faces found, and one set of weights to begin with."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from tests.pipeline.conftest import data_folder, tiny_recipe, unmask

from unmask_training.faces import extract_faces, find_pictures
from unmask_training.finder import face_finder_spec
from unmask_training.model import build_detector
from unmask_training.recipe import load_recipe
from unmask_training.validation import reader_crops

__all__ = ["data_folder", "tiny_recipe", "unmask"]


@pytest.fixture(scope="session")
def steps_recipe(tiny_recipe: Path) -> Path:
    """Two epochs of one step, so that each step's loss is logged; nothing is dropped, since masks would differ."""
    text = tiny_recipe.read_text("utf-8")
    for old, new in (("dropout = 0.2", "dropout = 0.0"), ("steps_per_epoch = 3", "steps_per_epoch = 1")):
        assert old in text
        text = text.replace(old, new)
    path = tiny_recipe.with_name("steps.toml")
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="session")
def store(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder's face windows, all of them found."""
    folder = tmp_path_factory.mktemp("store")
    extract_faces(find_pictures(data_folder), data_folder, folder, face_finder_spec(), workers=1)
    return folder


@pytest.fixture(scope="session")
def initial_weights(
    steps_recipe: Path, data_folder: Path, store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Float32 weights by Keras's variable paths; batch norms know the pictures, or all would score alike."""
    keras.utils.set_random_seed(1)
    recipe = load_recipe(str(steps_recipe))
    net = build_detector(recipe.model)
    for layer in [*net.layers, *net.get_layer("backbone").layers]:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    faces = extract_faces(find_pictures(data_folder), data_folder, store, face_finder_spec(), workers=1)
    net(reader_crops(faces, store, recipe).astype(np.float32), training=True)
    path = tmp_path_factory.mktemp("weights") / "initial.npz"
    np.savez(path, **{weight.path: keras.ops.convert_to_numpy(weight) for weight in net.weights})
    return path


@pytest.fixture(scope="session")
def two_steps(steps_recipe: Path, data_folder: Path, store: Path, initial_weights: Path) -> list[str]:
    """The command of `two_steps.py`, but for its output folder."""
    program = Path(__file__).with_name("two_steps.py")
    return [sys.executable, *map(str, (program, steps_recipe, data_folder, store, initial_weights))]


@pytest.fixture(scope="session")
def own_data(data_folder: Path, store: Path) -> list[str]:
    """Options of `unmask train` and `unmask finetune`."""
    return ["--data", str(data_folder), "--faces", str(store), "--workers", "1"]


@pytest.fixture(scope="session")
def absent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH in which TensorFlow and LiteRT are as if not installed, in worker processes too."""
    folder = tmp_path_factory.mktemp("absent")
    for name in ("tensorflow", "ai_edge_litert"):
        (folder / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    return folder
