"""Fine-tuning: from a bundle or a run, over the user's own pictures, to a run that exports like any other."""

import json
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from rich.console import Console
from tests.untraced import untraced

from unmask_edge.bundle import Bundle
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Metric
from unmask_export.golden_vectors import TOLERANCES, golden_crops
from unmask_training import finetune as finetuning
from unmask_training.commands import finetune as command
from unmask_training.finetune import Finetuned, Plan, decide, finetune, finetuning_recipe
from unmask_training.model import load_detector
from unmask_training.outcome import print_outcome
from unmask_training.recipe import load_recipe
from unmask_training.run import Run
from unmask_training.trainable import WEIGHTS, Trained, load_trained, read_trainable

Command = Callable[..., "subprocess.CompletedProcess[str]"]
LABELLED = 0.75


@pytest.fixture(scope="module")
@untraced()
def finetuned(tiny_bundle: Path, data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run fine-tuned from the bundle by the command, and what that printed."""
    out = tmp_path_factory.mktemp("finetuned") / "run"
    arguments = (str(tiny_bundle), "--data", str(data_folder), "--out", str(out), "--labelled", str(LABELLED))
    result = CliRunner().invoke(command, [*arguments, "--epochs", "2", "--steps", "2"])
    assert result.exit_code == 0, result.output
    return out, result.output


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The shortest there is."""
    return Plan(epochs=2, steps=1, labelled=0.5, store=tmp_path / "faces", workers=1)


@pytest.fixture
def bundle_copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to spoil."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def test_a_bundle_carries_the_trained_net(tiny_run: Path, tiny_bundle: Path) -> None:
    """The net that a bundle's files build scores as the run's does, within what float16 weights may cost."""
    recipe, net = read_trainable(Bundle(tiny_bundle))
    assert recipe == Run.read(tiny_run).recipe
    crops = golden_crops(recipe.model.input_px).astype(np.float32)
    scores, expected = (
        keras.ops.convert_to_numpy(some(crops, training=False)["score"]) for some in (net, load_detector(tiny_run))
    )
    assert scores == pytest.approx(expected, abs=TOLERANCES["float16"])


def test_a_bundle_without_them_is_named(bundle_copy: Path) -> None:
    """Bundles exported before, or made lean, score but cannot be trained; the error says what they lack."""
    manifest = json.loads((bundle_copy / "manifest.json").read_text("utf-8"))
    manifest["files"] = [file for file in manifest["files"] if not file["path"].startswith("training/")]
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(UnmaskError, match=r"Expected a bundle with training/weights\.npz"):
        load_trained(bundle_copy)


def test_weights_of_another_net_are_refused(bundle_copy: Path) -> None:
    """Weights that a manifest vouches for, but that do not fit the recipe, give one clear error."""
    np.savez(bundle_copy / WEIGHTS, **{"Conv1/kernel": np.zeros((1, 2, 3), np.float16)})
    manifest = json.loads((bundle_copy / "manifest.json").read_text("utf-8"))
    (listed,) = (file for file in manifest["files"] if file["path"] == WEIGHTS)
    content = (bundle_copy / WEIGHTS).read_bytes()
    listed.update(size_bytes=len(content), sha256=sha256(content).hexdigest())
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(UnmaskError, match="to fit its recipe"):
        load_trained(bundle_copy)


def test_the_run_records_where_it_began(finetuned: tuple[Path, str], tiny_bundle: Path, tiny_run: Path) -> None:
    """Start, mix and what both trainings learned from are in run.json; too few faces leave the old decision."""
    run, manifest = Run.read(finetuned[0]), Bundle(tiny_bundle).manifest
    assert run.recipe.name == "tiny-finetuned"
    assert run.recipe.data.mix == {"labelled": LABELLED, "self_blend": 1 - LABELLED}
    assert run.start is not None
    assert run.start.name == f"tiny {manifest.version}"
    assert run.start.decision_kept
    assert (run.temperature, run.bands) == (manifest.temperature, manifest.bands)
    assert run.training_data == 2 * Run.read(tiny_run).training_data
    assert len((finetuned[0] / "log.csv").read_text("utf-8").splitlines()) == 3


def test_before_and_after_are_shown(finetuned: tuple[Path, str]) -> None:
    """The command prints each metric's two values, why the bands stayed, and what to run next."""
    for expected in ("before", "after", "frame_auc", "studio/val", "at least 50 real and 50 fake", "unmask export"):
        assert expected in " ".join(finetuned[1].split())


def test_a_finetuned_run_exports(finetuned: tuple[Path, str], installed_unmask: Command, tmp_path: Path) -> None:
    """Its bundle can be trained on in turn, and its card says where net and thresholds come from."""
    completed = installed_unmask("export", str(finetuned[0]), "--out", str(tmp_path / "bundle"))
    assert completed.returncode == 0, completed.stderr
    assert load_trained(tmp_path / "bundle").recipe == Run.read(finetuned[0]).recipe
    card = " ".join((tmp_path / "bundle" / "MODEL_CARD.md").read_text("utf-8").split())
    assert "Trained on from tiny 0.1.0" in card
    assert "not fitted to this net" in card


@untraced()
def test_the_backbone_waits_and_keeps_its_statistics(
    tiny_run: Path, data_folder: Path, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a second stage of rate 0 the head alone has changed; batch statistics never do."""
    monkeypatch.setattr(finetuning, "RATE_WHOLE", 0.0)
    finetune(tiny_run, data_folder, tmp_path / "run", plan)
    before, after = _weights(load_detector(tiny_run)), _weights(load_detector(tmp_path / "run"))
    same = {path for path in before if np.array_equal(before[path], after[path])}
    assert {"Conv1/kernel", "bn_Conv1/gamma", "bn_Conv1/moving_mean", "block_13_expand/kernel"} <= same
    assert {"head_conv/kernel", "head_bn/moving_mean", "score/kernel"}.isdisjoint(same)


@untraced()
def test_reals_alone_are_enough(tiny_run: Path, data_folder: Path, plan: Plan, tmp_path: Path) -> None:
    """Forgeries are made from them; what can be measured then is how many are called manipulated."""
    data = shutil.copytree(data_folder, tmp_path / "data", ignore=shutil.ignore_patterns("fake"))
    finetuned = finetune(tiny_run, data, tmp_path / "run", plan)
    assert finetuned.run.recipe.data.mix["labelled"] == 0
    assert [metric.name for metric in finetuned.before] == ["false_alarms"]
    assert "No frame AUC" in _printed(finetuned)


@pytest.mark.parametrize(
    ("missing", "message"), [("real", "Expected real faces to train on"), ("val", "Expected validation faces")]
)
def test_data_that_cannot_serve_are_refused(
    tiny_run: Path, data_folder: Path, plan: Plan, missing: str, message: str
) -> None:
    """Without real training faces nothing can be paired, without validation faces nothing told."""
    data = shutil.copytree(data_folder, plan.store.with_name("data"), ignore=shutil.ignore_patterns(missing))
    with pytest.raises(UnmaskError, match=message):
        finetune(tiny_run, data, plan.store.with_name("run"), plan)


def test_fakes_apart_from_reals_are_refused(tiny_run: Path, data_folder: Path, plan: Plan, tmp_path: Path) -> None:
    """Fakes that no real of their source stands beside would be left out of every batch without a word."""
    for label, source in (("real", "own"), ("fake", "found")):
        shutil.copytree(data_folder / "studio" / "train" / label, tmp_path / "data" / source / "train" / label)
    with pytest.raises(UnmaskError, match=r"same source.*reals of \['own'\], fakes of \['found'\]"):
        finetune(tiny_run, tmp_path / "data", tmp_path / "run", plan)


@pytest.mark.parametrize(("fakes", "kept"), [(49, True), (50, False)])
def test_few_faces_do_not_move_the_bands(tiny_run: Path, fakes: int, kept: bool, rng: np.random.Generator) -> None:
    """Below the stated minimum of either label, temperature and bands stay; from it on, they are fitted."""
    run = Run.read(tiny_run)
    trained = Trained("t", run.recipe, None, 7.5, run.bands, [], [])
    labels = np.repeat([0, 1], [60, fakes])
    raw_scores = np.clip(0.3 + 0.4 * labels + rng.normal(0, 0.1, len(labels)), 0.01, 0.99).astype(np.float32)
    temperature, bands, was_kept = decide(trained, labels, raw_scores, run.recipe.decision)
    assert was_kept == kept
    assert (temperature == 7.5) == kept
    assert (bands == run.bands) == kept


def test_what_got_worse_is_said(tiny_run: Path) -> None:
    """A lower AUC and more false alarms are told in words; what got better is not called worse."""
    names = ("frame_auc", "false_alarms", "misses")
    before, after = (
        [Metric(name=name, value=value, data="d", samples=9) for name, value in zip(names, values, strict=True)]
        for values in ((0.9, 0.1, 0.2), (0.8, 0.3, 0.1))
    )
    finetuned = Finetuned(Run.read(tiny_run).model_copy(update={"metrics": after}), before, np.repeat([0, 1], 60))
    printed = _printed(finetuned)
    assert "made frame_auc on d worse: 0.9000 before, 0.8000 after" in printed
    assert "made false_alarms on d worse" in printed
    assert "misses on d" not in printed
    assert "fitted anew on 60 real and 60 fake" in printed


def test_other_methods_keep_their_proportions(plan: Plan) -> None:
    """The user's fakes take their share; what the recipe forges divides the rest as before."""
    base = load_recipe("quick")
    base = base.model_copy(
        update={"data": base.data.model_copy(update={"mix": {"labelled": 1, "self_blend": 2, "cross_blend": 1}})}
    )
    mix = finetuning_recipe(base, plan, has_fakes=True).data.mix
    assert mix == pytest.approx({"labelled": 0.5, "self_blend": 1 / 3, "cross_blend": 1 / 6})


def test_reals_alone_lend_no_labelled_face(plan: Plan) -> None:
    """Without fakes of the user's own nothing is left of the kinds that need them; with them, lending goes on."""
    base = load_recipe("quick")
    mix = {"labelled": 1.0, "labelled_blend": 1.0, "self_blend": 1.0}
    base = base.model_copy(update={"data": base.data.model_copy(update={"mix": mix})})
    assert finetuning_recipe(base, plan, has_fakes=False).data.mix == {"labelled": 0, "self_blend": 1}
    assert finetuning_recipe(base, plan, has_fakes=True).data.mix["labelled_blend"] == pytest.approx(0.25)


def test_no_fakes_anywhere_is_refused(plan: Plan) -> None:
    """A recipe that forges nothing cannot go on with reals alone."""
    base = load_recipe("quick")
    base = base.model_copy(update={"data": base.data.model_copy(update={"mix": {"labelled": 1.0}})})
    with pytest.raises(UnmaskError, match="forges none"):
        finetuning_recipe(base, plan, has_fakes=False)


def _weights(net: keras.Model) -> dict[str, NDArray[np.float32]]:
    return {weight.path: keras.ops.convert_to_numpy(weight) for weight in net.weights}


def _printed(finetuned: Finetuned) -> str:
    console = Console(width=200, record=True, quiet=False)
    with console.capture() as capture:
        print_outcome(finetuned, console)
    return " ".join(capture.get().split())
