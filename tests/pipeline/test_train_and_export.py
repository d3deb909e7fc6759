"""The whole way from pictures to a bundle, by the real commands, on a net too small to be any good."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.untraced import untraced

from unmask_edge.assets import asset_path
from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector
from unmask_edge.golden import Golden
from unmask_training.model import load_detector
from unmask_training.run import Run

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_run_records_what_made_it(tiny_run: Path) -> None:
    """Resolved recipe, data fingerprint, metrics, temperature and bands are in run.json; logs lie beside it."""
    run = Run.read(tiny_run)
    assert run.recipe.name == "tiny"
    assert len(run.data_fingerprint) == 64
    assert {(data.label, data.samples) for data in run.training_data} == {("real", 6), ("fake", 6)}
    assert [metric.name for metric in run.metrics] == ["frame_auc", "region_iou"]
    assert len((tiny_run / "log.csv").read_text().splitlines()) == 3
    assert list((tiny_run / "tensorboard").rglob("events.out.*"))


@untraced()
def test_a_killed_run_goes_on_where_it_stopped(
    tiny_recipe: Path, data_folder: Path, unmask: Command, tmp_path: Path
) -> None:
    """Killed after its second epoch and started again, a run does not train the first one once more."""
    recipe, out = tmp_path / "recipe.toml", tmp_path / "run"
    recipe.write_text(tiny_recipe.read_text().replace("epochs = 2", "epochs = 4"))
    arguments = ("train", "--recipe", str(recipe), "--data", str(data_folder), "--out", str(out))
    program = str(Path(sys.executable).with_name("unmask"))
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and _epochs(out) < 2:
            time.sleep(0.05)
        process.kill()
    assert not (out / "run.json").exists()
    completed = unmask(*arguments)
    assert completed.returncode == 0, completed.stderr
    assert "Epoch 4/4" in completed.stdout
    assert "Epoch 1/4" not in completed.stdout
    assert Run.read(out).recipe.schedule.epochs == 4


def test_a_run_folder_of_another_recipe_is_refused(
    unmask: Command, tiny_run: Path, tiny_recipe: Path, data_folder: Path, tmp_path: Path
) -> None:
    """Mixing two recipes in one folder would make a record that is not true."""
    other = tmp_path / "other.toml"
    other.write_text(tiny_recipe.read_text().replace("seed = 1", "seed = 2"))
    refused = unmask("train", "--recipe", str(other), "--data", str(data_folder), "--out", str(tiny_run))
    assert refused.returncode == 1
    assert "another recipe" in refused.stderr


def test_weights_that_do_not_fit_are_named(
    unmask: Command, tiny_recipe: Path, data_folder: Path, tmp_path: Path
) -> None:
    """A wrong weights file gives one clear line and no traceback."""
    wrong = tmp_path / "wrong.weights.h5"
    wrong.write_bytes(b"not weights")
    out = str(tmp_path / "run")
    arguments = ("--recipe", str(tiny_recipe), "--data", str(data_folder), "--out", out, "--weights", str(wrong))
    refused = unmask("train", *arguments)
    assert refused.returncode == 1
    assert "wrong.weights.h5" in refused.stderr
    assert "Traceback" not in refused.stderr


@untraced()
def test_training_goes_on_from_a_run(
    unmask: Command, tiny_run: Path, tiny_recipe: Path, data_folder: Path, tmp_path: Path
) -> None:
    """It begins at all of the run's weights, and keeps the statistics of its backbone's batch norms."""
    out, recipe = tmp_path / "run", tmp_path / "slow.toml"
    recipe.write_text(tiny_recipe.read_text().replace("learning_rate = 2e-4", "learning_rate = 1e-9"))
    arguments = ("--recipe", str(recipe), "--data", str(data_folder), "--out", str(out), "--weights", str(tiny_run))
    completed = unmask("train", *arguments)
    assert completed.returncode == 0, completed.stderr
    run = Run.read(out)
    assert run.start is not None
    assert run.start.name == "tiny"
    assert run.training_data == Run.read(tiny_run).training_data
    first, second = (
        {weight.path: np.asarray(weight.value) for weight in load_detector(run).weights} for run in (tiny_run, out)
    )
    kept = [path for path in first if path.startswith("backbone") or "moving_" not in path]
    assert all(np.allclose(first[path], second[path], atol=1e-5) for path in kept)
    changed = [path for path in first if path not in kept]
    assert any(not np.allclose(first[path], second[path], atol=1e-5) for path in changed)


def test_training_from_another_net_is_refused(
    unmask: Command, tiny_run: Path, tiny_recipe: Path, data_folder: Path, tmp_path: Path
) -> None:
    """Weights of a net of another size do not fit, and the message names both."""
    recipe = tmp_path / "larger.toml"
    recipe.write_text(tiny_recipe.read_text().replace("input_px = 64", "input_px = 96"))
    arguments = ("--recipe", str(recipe), "--data", str(data_folder), "--out", str(tmp_path / "run"))
    refused = unmask("train", *arguments, "--weights", str(tiny_run))
    assert refused.returncode == 1
    assert "input_px=96" in refused.stderr
    assert "input_px=64" in refused.stderr


def test_an_exported_bundle_scores_in_every_format(tiny_bundle: Path) -> None:
    """Each TFLite file runs behind the edge's own reader and is within its stated drift on the golden vectors."""
    bundle = Bundle(tiny_bundle)
    golden = Golden.model_validate_json(bundle.path("golden.json").read_bytes())
    assert set(bundle.manifest.models) == {"float32", "float16", "int8", "tfjs"}
    assert all(set(crop.scores) == set(bundle.manifest.models) for crop in golden.crops)
    for name in ("float32", "float16", "int8"):
        result = Detector(bundle, name).score(asset_path("portrait"))
        assert result.error is None
        assert np.array(result.tracks[0].frames[0].region_map).shape == (4, 4)
    for model in bundle.manifest.models.values():
        assert model.golden_drift <= model.tolerance
        bundle.path(model.path)


def test_the_model_card_tells_what_was_measured(tiny_bundle: Path) -> None:
    """Data, metrics, drift and limits are in it."""
    card = (tiny_bundle / "MODEL_CARD.md").read_text("utf-8")
    for expected in (
        "| studio | real | 6 |",
        "frame_auc",
        "| int8 |",
        "training crops of the run",
        "## Limits",
        "does not show that a picture is real",
    ):
        assert expected in card


def test_an_unfinished_run_is_not_exported(unmask: Command, tmp_path: Path) -> None:
    """The error says what is missing."""
    completed = unmask("export", str(tmp_path), "--out", str(tmp_path / "bundle"))
    assert completed.returncode == 1
    assert "finished run with run.json" in completed.stderr


def test_other_files_are_not_overwritten(unmask: Command, tiny_run: Path, tmp_path: Path) -> None:
    """A folder that is no bundle is refused and left alone."""
    (tmp_path / "thesis.txt").write_text("years of work")
    completed = unmask("export", str(tiny_run), "--out", str(tmp_path))
    assert completed.returncode == 1
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def _epochs(run: Path) -> int:
    log = run / "log.csv"
    return len(log.read_text().splitlines()) - 1 if log.exists() else 0
