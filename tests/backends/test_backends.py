"""Keras's three backends learn the same: TensorFlow, PyTorch and JAX, each in processes of its own.

`make test-backends` runs this and prints how far they lie apart; `make test` does not.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from unmask_training.model import load_detector
from unmask_training.run import Run

Result = dict[str, NDArray[np.float64]]
OTHERS = ("torch", "jax")
# The first loss is of the same weights: nothing but the order of sums in float32 lies between.
FIRST_LOSS = 1e-5
# Adam's first steps have the learning rate's size whatever the gradient's, so weights whose gradient is zero but for
# rounding part by up to twice the rate, 4e-4 here, in either step; they are few, and matter as little as the gradient.
AFTER_STEPS = 1e-3
# Share of what two steps change, by the Euclidean norm over all weights.
UPDATE = 0.01


@pytest.fixture(scope="module")
def results(two_steps: list[str], absent: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each backend wrote. PyTorch and JAX had no TensorFlow and no LiteRT to import."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("tensorflow", *OTHERS)}
    for name, out in folders.items():
        _run([*two_steps, str(out)], name, absent)
    return folders


@pytest.mark.parametrize("backend", OTHERS)
def test_two_steps_are_the_same(results: dict[str, Path], backend: str) -> None:
    """From the same weights, over the same batches, losses, weights, scores and region maps come out alike."""
    ours, theirs = (_result(results[name]) for name in ("tensorflow", backend))
    first_loss, second_loss = np.abs(ours["losses"] - theirs["losses"])
    scores, maps = (np.abs(ours[name] - theirs[name]).max() for name in ("scores", "maps"))
    update = np.linalg.norm(ours["update"] - theirs["update"]) / np.linalg.norm(ours["update"])
    print(
        f"\n{backend} from tensorflow: first loss {first_loss:.1e}, second loss {second_loss:.1e}, "
        f"scores {scores:.1e}, region maps {maps:.1e}, weights' change {update:.1e} of it"
    )
    assert first_loss <= FIRST_LOSS
    assert max(second_loss, scores, maps) <= AFTER_STEPS
    assert update <= UPDATE


@pytest.mark.parametrize("backend", OTHERS)
def test_what_they_save_opens_under_tensorflow(results: dict[str, Path], backend: str) -> None:
    """A net trained under another backend scores the same under TensorFlow, which exports it."""
    expected = _result(results[backend])
    scores = load_detector(results[backend]).predict_on_batch(expected["crops"])["score"]
    assert scores == pytest.approx(expected["scores"], abs=FIRST_LOSS)


@pytest.mark.parametrize("backend", OTHERS)
def test_training_needs_no_tensorflow(
    backend: str, tiny_recipe: Path, own_data: list[str], absent: Path, tmp_path: Path
) -> None:
    """With every face found before, neither training nor fine-tuning imports TensorFlow or LiteRT."""
    unmask = str(Path(sys.executable).with_name("unmask"))
    run, finetuned = tmp_path / "run", tmp_path / "finetuned"
    _run([unmask, "train", "--recipe", str(tiny_recipe), "--out", str(run), *own_data], backend, absent)
    short = ["--epochs", "2", "--steps", "1"]
    _run([unmask, "finetune", str(run), "--out", str(finetuned), *short, *own_data], backend, absent)
    assert Run.read(run).recipe.name == "tiny"
    assert Run.read(finetuned).recipe.name == "tiny-finetuned"


def _run(command: list[str], backend: str, absent: Path) -> None:
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if backend != "tensorflow":
        environment["PYTHONPATH"] = os.pathsep.join([str(absent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _result(folder: Path) -> Result:
    with np.load(folder / "result.npz") as arrays:
        return dict(arrays)
