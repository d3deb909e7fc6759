"""Measuring nets on labelled folders, by the real command."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from unmask_edge.bundle import Bundle
from unmask_training.evaluation.labelled import labelled_files
from unmask_training.evaluation.scorers import load_scorer

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def labelled(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six real and six fake pictures, and one that is none."""
    folder = tmp_path_factory.mktemp("labelled") / "set"
    shutil.copytree(data_folder / "studio" / "val", folder)
    (folder / "real" / "broken.png").write_bytes(b"no picture")
    return folder


def test_a_bundle_scores_as_users_see_it(unmask: Command, labelled: Path) -> None:
    """The AUC and the names of false alarms are those of what `unmask score` says of each file."""
    evaluation, metadata = _evaluate(unmask, labelled)
    scored = json.loads(unmask("score", str(labelled), "--json").stdout)
    results = [result for result in scored if result["error"] is None]
    fake = ["fake" in Path(result["path"]).parts for result in results]
    assert evaluation["auc"] == roc_auc_score(fake, [result["score"] for result in results])
    alarms = {
        Path(result["path"]).name
        for result, is_fake in zip(results, fake, strict=True)
        if not is_fake and result["verdict"] == "likely manipulated"
    }
    assert set(evaluation["false_alarm_files"]) == alarms
    assert (evaluation["reals"], evaluation["fakes"], evaluation["unscored"]) == (6, 6, 1)
    assert (metadata["model"], metadata["auc"]) == ("metadata only", None)


def test_a_run_and_its_bundle_stand_in_one_table(
    unmask: Command, tiny_run: Path, tiny_bundle: Path, labelled: Path
) -> None:
    """Each is named by its folder, and both have scored the same files."""
    models = ("--model", str(tiny_run), "--model", str(tiny_bundle), "--format", "float32")
    run, bundle, _ = _evaluate(unmask, labelled, *models)
    assert (run["model"], bundle["model"]) == ("tiny: tiny keras", "tiny: tiny float32")
    assert [evaluation["unscored"] for evaluation in (run, bundle)] == [1, 1]


def test_a_run_and_its_bundle_agree(tiny_run: Path, tiny_bundle: Path, rng: np.random.Generator) -> None:
    """They decide by the same rules, and their scores differ by no more than export accepts."""
    run, bundle = load_scorer(tiny_run, "float32"), load_scorer(tiny_bundle, "float32")
    size_px = bundle.view.size_px
    crops = rng.integers(0, 256, (5, size_px, size_px, 3)).astype(np.uint8)
    tolerance = Bundle(tiny_bundle).manifest.models["float32"].tolerance
    assert (run.view, run.rules) == (bundle.view, bundle.rules)
    np.testing.assert_allclose(run.raw_scores(crops), bundle.raw_scores(crops), rtol=0, atol=tolerance)


def test_a_manifest_names_files_and_pairs(unmask: Command, labelled: Path, tmp_path: Path) -> None:
    """A manifest.csv gives the same numbers as folders do, and tells which forgery was made from which original."""
    folder = tmp_path / "set"
    shutil.copytree(labelled, folder)
    rows = [
        f"{path.relative_to(folder)},{path.parent.name},{path.stem if path.stem < '4' else ''}"
        for path in sorted(folder.rglob("*.png"))
    ]
    (folder / "manifest.csv").write_text("\n".join(["file,label,pair", *rows, "gone.png,real,"]) + "\n")
    by_manifest = _evaluate(unmask, folder)[0]
    by_folders = _evaluate(unmask, labelled)[0]
    assert by_manifest["auc"] == by_folders["auc"]
    assert (by_manifest["unscored"], by_folders["unscored"]) == (2, 1)
    assert (by_manifest["pairs"], by_folders["pairs"]) == (4, 0)


def test_distortions_are_measured_against_the_file_as_it_is(unmask: Command, labelled: Path) -> None:
    """Each distortion adds an evaluation, which states the AUC lost."""
    options = ("--distort", "jpeg:10", "--distort", "h264:45")
    plain, _, *distorted = _evaluate(unmask, labelled, *options)
    assert [evaluation["distortion"] for evaluation in distorted] == ["jpeg:10", "h264:45"]
    assert [evaluation["auc_lost"] for evaluation in distorted] == [
        plain["auc"] - evaluation["auc"] for evaluation in distorted
    ]


def test_unlabelled_folders_are_refused(unmask: Command, tmp_path: Path) -> None:
    """The error says which layouts are known."""
    completed = unmask("evaluate", str(tmp_path))
    assert completed.returncode == 1
    assert "manifest.csv" in completed.stderr


def test_what_is_no_model_is_refused(unmask: Command, labelled: Path, tmp_path: Path) -> None:
    """The error names what a model's folder holds."""
    completed = unmask("evaluate", str(labelled), "--model", str(tmp_path))
    assert completed.returncode == 1
    assert "manifest.json or a finished run" in completed.stderr


def test_the_table_is_whole_in_a_file(installed_unmask: Command, labelled: Path) -> None:
    """Redirected, no column is cut short."""
    completed = installed_unmask("evaluate", str(labelled))
    assert f"{Bundle().manifest.name} float16" in completed.stdout
    assert "…" not in completed.stdout


@pytest.mark.shared
def test_pairs_of_the_clips_are_read(shared: Path) -> None:
    """Nine clips of video-val name the original that they were made from."""
    files = labelled_files(shared / "data" / "video-val")
    assert (len(files), sum(file.label == "fake" and file.pair != "" for file in files)) == (27, 9)


def _evaluate(unmask: Command, folder: Path, *options: str) -> list[dict[str, Any]]:
    completed = unmask("evaluate", str(folder), *options, "--json", "-", "--workers", "1")
    assert completed.returncode == 0, completed.stderr
    evaluations: list[dict[str, Any]] = json.loads(completed.stdout)
    return evaluations
