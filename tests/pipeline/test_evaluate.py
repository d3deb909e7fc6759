"""Measuring nets on labelled folders, by the real command."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR, Bundle
from unmask_training.evaluation.cases import open_case
from unmask_training.evaluation.scorers import load_scorer

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_bundle_scores_as_users_see_it(unmask: Command, labelled: Path) -> None:
    """The AUC and the names of false alarms are those of what `unmask score` says of each file."""
    evaluation, metadata = _evaluate(unmask, labelled)
    scored = json.loads(unmask("score", str(labelled), "--json").stdout)
    results = [result for result in scored if result["error"] is None]
    fake = ["fake" in Path(result["path"]).parts for result in results]
    assert _auc(evaluation) == pytest.approx(roc_auc_score(fake, [result["score"] for result in results]))
    alarms = {
        Path(result["path"]).relative_to(labelled).as_posix()
        for result, is_fake in zip(results, fake, strict=True)
        if not is_fake and result["verdict"] == "likely manipulated"
    }
    assert set(evaluation["false_alarm_files"]) == alarms
    assert (evaluation["reals"], evaluation["fakes"], evaluation["unscored"]) == (6, 6, 1)
    assert (metadata["model"], _auc(metadata)) == ("metadata only", None)


def test_a_run_and_its_bundle_stand_in_one_table(
    unmask: Command, tiny_run: Path, tiny_bundle: Path, labelled: Path
) -> None:
    """Each is named by its folder, and both have scored the same files."""
    models = ("--model", str(tiny_run), "--model", f"{tiny_bundle}:float32", "--model", "peer:constant")
    run, bundle, constant, _ = _evaluate(unmask, labelled, *models)
    assert [row["model"] for row in (run, bundle, constant)] == ["tiny: tiny keras", "tiny: tiny float32", "constant"]
    assert [row["unscored"] for row in (run, bundle, constant)] == [1, 1, 1]
    assert constant["beside_first"]["auc"]["value"] == 0.5 - _auc(run)
    assert (_auc(constant), constant["figures"]["coverage"]["value"]) == (0.5, 0)


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
    assert _auc(by_manifest) == _auc(by_folders)
    assert (by_manifest["unscored"], by_folders["unscored"]) == (2, 1)
    assert (by_manifest["pairs"], by_folders["pairs"]) == (4, 0)


def test_distortions_are_measured_against_the_file_as_it_is(unmask: Command, labelled: Path) -> None:
    """Each distortion adds an evaluation, which states the AUC lost."""
    options = ("--distort", "jpeg:10", "--distort", "h264:45")
    plain, _, *distorted = _evaluate(unmask, labelled, *options)
    assert [evaluation["distortion"] for evaluation in distorted] == ["jpeg:10", "h264:45"]
    assert [evaluation["auc_lost"] for evaluation in distorted] == [
        _auc(plain) - _auc(evaluation) for evaluation in distorted
    ]


def test_unlabelled_folders_are_refused(unmask: Command, tmp_path: Path) -> None:
    """The error says which layouts are known."""
    completed = unmask("evaluate", "--data", str(tmp_path))
    assert completed.returncode == 1
    assert "manifest.csv" in completed.stderr


def test_what_is_no_model_is_refused(unmask: Command, labelled: Path, tmp_path: Path) -> None:
    """The error names what a model's folder holds."""
    completed = unmask("evaluate", "--data", str(labelled), "--model", str(tmp_path))
    assert completed.returncode == 1
    assert "manifest.json or a finished run" in completed.stderr


def test_the_table_is_whole_in_a_file(installed_unmask: Command, labelled: Path) -> None:
    """Redirected, no column is cut short."""
    completed = installed_unmask("evaluate", "--data", str(labelled))
    assert f"{Bundle().manifest.name} float16" in completed.stdout
    assert "…" not in completed.stdout


def test_what_was_scored_before_is_not_scored_again(
    unmask: Command, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second evaluation into one folder loads no net and reads no file, not even under another name."""
    report = tmp_path / "report"
    first = _evaluate(unmask, labelled, "--out", str(report))
    shutil.copytree(labelled, tmp_path / "renamed")
    monkeypatch.setattr("unmask_training.evaluation.engines.source_crops", _unreadable)
    monkeypatch.setattr("unmask_training.evaluation.scorers._bundle_scores", _unreadable)
    again = _evaluate(unmask, tmp_path / "renamed", "--out", str(report))
    assert [row["figures"] for row in again] == [row["figures"] for row in first]


def test_a_net_that_comes_later_leaves_the_others_be(
    unmask: Command, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the same folder only the new net scores; naming a set twice measures it once."""
    options = ("--out", str(tmp_path), "--model", str(DEFAULT_BUNDLE_DIR))
    first = _evaluate(unmask, labelled, *options)
    monkeypatch.setattr("unmask_edge.detector.Detector.score_crop", _unreadable)
    again = _evaluate(unmask, labelled, *options, "--model", "peer:constant", "--data", str(labelled))
    assert [row["model"] for row in again] == [first[0]["model"], "constant", "metadata only"]
    assert again[0]["figures"] == first[0]["figures"]


def test_the_report_holds_every_figure(unmask: Command, labelled: Path, tmp_path: Path) -> None:
    """report.json is what --json prints; report.csv has a row for each figure of it; report.html shows them."""
    printed = _evaluate(unmask, labelled, "--out", str(tmp_path))
    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == printed
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["model"], row["metric"]): row["value"] for row in csv.DictReader(file)}
    told = {
        (row["model"], name): "" if figure["value"] is None else str(figure["value"])
        for row in printed
        for name, figure in row["figures"].items()
    }
    assert rows == told
    assert "<svg" in (tmp_path / "report.html").read_text("utf-8")


def test_other_scores_are_not_taken_for_a_report(unmask: Command, labelled: Path, tmp_path: Path) -> None:
    """A file of that name that this command did not write is left alone, and named."""
    (tmp_path / "scores.sqlite").write_bytes(b"no database, but long enough to be told from an empty one")
    completed = unmask("evaluate", "--data", str(labelled), "--out", str(tmp_path))
    assert completed.returncode == 1
    assert "scores.sqlite" in completed.stderr


def test_a_table_of_peers_alone_is_refused(unmask: Command, labelled: Path) -> None:
    """Peers share the rules of a net of ours; and MesoNet needs its weights."""
    alone = unmask("evaluate", "--data", str(labelled), "--model", "peer:constant")
    assert "whose rules peers share" in alone.stderr
    unknown = unmask("evaluate", "--data", str(labelled), "--model", str(DEFAULT_BUNDLE_DIR), "--model", "peer:other")
    assert "mesonet-df" in unknown.stderr
    twice = unmask("evaluate", "--data", str(labelled), *2 * ("--model", str(DEFAULT_BUNDLE_DIR)))
    assert "different names" in twice.stderr
    missing = unmask(
        "evaluate", "--data", str(labelled), "--model", str(DEFAULT_BUNDLE_DIR), "--model", "peer:mesonet-df"
    )
    assert "--peers" in missing.stderr


@pytest.mark.shared
def test_pairs_of_the_clips_are_read(shared: Path) -> None:
    """Nine clips of video-val name the original that they were made from."""
    records = open_case(str(shared / "data" / "video-val"), None).records
    assert (len(records), sum(record.label == "fake" and record.source_video is not None for record in records)) == (
        27,
        9,
    )


def _evaluate(unmask: Command, folder: Path, *options: str) -> list[dict[str, Any]]:
    completed = unmask("evaluate", "--data", str(folder), *options, "--json", "-", "--workers", "1")
    assert completed.returncode == 0, completed.stderr
    evaluations: list[dict[str, Any]] = json.loads(completed.stdout)
    return evaluations


def _auc(evaluation: dict[str, Any]) -> Any:
    return evaluation["figures"]["auc"]["value"]


def _unreadable(*_: object, **__: object) -> None:
    raise AssertionError("Expected no file to be read.")
