"""Every format of a bundle, on a net too small to be any good: converted, run, and what happens when one fails."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import ModelFormat
from unmask_export.bundle_writer import Plan, export_run
from unmask_export.calibration import CalibrationRecord
from unmask_export.formats import parse_formats
from unmask_export.golden_vectors import golden_crops
from unmask_export.keras_model import keras_scores
from unmask_export.runtimes import gathered, other_runtimes, run
from unmask_training.evaluation.onnx_net import ONNXFormat
from unmask_training.evaluation.scorers import load_scorer
from unmask_training.model import load_detector
from unmask_training.run import Run, read_rules

Command = Callable[..., "subprocess.CompletedProcess[str]"]
TFLITE: tuple[TFLiteFormat, ...] = get_args(TFLiteFormat)
ONNX: tuple[ONNXFormat, ...] = get_args(ONNXFormat)


@pytest.fixture(scope="module")
def all_formats(installed_unmask: Command, tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of every format."""
    out = tmp_path_factory.mktemp("all") / "bundle"
    completed = installed_unmask("export", str(tiny_run), "--formats", "all", "--out", str(out))
    assert completed.returncode == 0, completed.stderr
    return Bundle(out)


def test_every_format_agrees_with_keras(all_formats: Bundle, tiny_run: Path) -> None:
    """Each file, run as its users run it, scores as the net that was trained, and gives its map."""
    crops = golden_crops(64)
    expected = keras_scores(load_detector(tiny_run), crops)
    manifest = all_formats.manifest
    assert set(manifest.models) == set(get_args(ModelFormat))
    for name, model in manifest.models.items():
        outputs = run(name, all_formats.path(model.path), crops, manifest.outputs)
        np.testing.assert_allclose(outputs.scores, expected, atol=model.tolerance, err_msg=name)
        assert outputs.region_maps.shape == (len(crops), 4, 4)


def test_batched_onnx_takes_several_crops_at_once(all_formats: Bundle) -> None:
    """Its first dimension is free and its scores are those of one crop at a time; the other files take one."""
    onnxruntime = pytest.importorskip("onnxruntime")
    batch = golden_crops(64)[:3].astype(np.float32)
    manifest = all_formats.manifest
    batched, single = (
        onnxruntime.InferenceSession(str(all_formats.path(manifest.models[name].path)))
        for name in ("onnx_batched", "onnx_float32")
    )
    scores = batched.run(["score"], {"image": batch})[0]
    singly = [single.run(["score"], {"image": crop[None]})[0] for crop in batch]
    assert scores.shape == (3, 1)
    np.testing.assert_allclose(scores, np.concatenate(singly), atol=1e-5)
    with pytest.raises(Exception, match="Got: 3 Expected: 1"):
        single.run(None, {"image": batch})


def test_evaluation_takes_every_tflite_and_onnx_format(all_formats: Bundle) -> None:
    """`--model BUNDLE:FORMAT` scores crops as the file's own runtime does."""
    crops = golden_crops(64)
    for name in (*TFLITE, *ONNX):
        scorer = load_scorer(all_formats.folder, name)
        path = all_formats.path(all_formats.manifest.models[name].path)
        expected = run(name, path, crops, all_formats.manifest.outputs).scores
        np.testing.assert_allclose(scorer.raw_scores(crops), expected, atol=1e-6, err_msg=name)


def test_a_bundle_without_a_format_is_told(tiny_bundle: Path) -> None:
    """Of a default bundle no ONNX file can be evaluated."""
    scorer = load_scorer(tiny_bundle, "onnx_float32")
    with pytest.raises(UnmaskError, match="Expected a bundle with the format onnx_float32"):
        scorer.raw_scores(golden_crops(64))


def test_one_failing_format_is_named_and_the_others_stay(tiny_run: Path, tmp_path: Path) -> None:
    """What strays never enters a bundle; the rest of it is whole, and the command tells of both."""
    out = tmp_path / "bundle"
    completed = _export_with_drift(tiny_run, out, "float32,float16", drifting="float32")
    assert completed.returncode == 1
    assert "Left out float32: Expected float32 within 0.001 of Keras" in completed.stderr
    bundle = Bundle(out)
    assert set(bundle.manifest.models) == {"float16"}
    assert not list(out.glob("*float32*"))
    assert "float32 was left out" in (out / "MODEL_CARD.md").read_text("utf-8")
    Detector(bundle, "float16")


def test_an_older_bundle_stays_where_no_format_passes(tiny_run: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    """There is nothing to replace it by."""
    out = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, out)
    before = (out / "manifest.json").read_bytes()
    completed = _export_with_drift(tiny_run, out, "float32", drifting="float32")
    assert completed.returncode == 1
    assert "Expected one format at least that can be written" in completed.stderr
    assert (out / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("formats", ["float64", "float32,tfljs", ""])
def test_unknown_formats_are_refused(formats: str) -> None:
    """The message lists those that there are."""
    with pytest.raises(UnmaskError, match="Expected formats among float32, float16, dynamic"):
        parse_formats(formats)


def test_the_run_s_crops_calibrate_unless_pictures_are_given(
    tiny_bundle: Path, tiny_run: Path, data_folder: Path, tmp_path: Path
) -> None:
    """Which did is recorded, with the fingerprint of the crops."""
    own = CalibrationRecord.model_validate_json(Bundle(tiny_bundle).path("calibration.json").read_bytes())
    assert (own.source, own.crops) == ("training crops of the run", len(np.load(tiny_run / "calibration.npy")))
    pictures = tmp_path / "pictures"
    for copy in range(2):
        shutil.copytree(data_folder, pictures / str(copy))
    out = tmp_path / "bundle"
    export_run(tiny_run, out, Plan("1", ("float32",), calibration=pictures), lambda *_: None)
    given = CalibrationRecord.model_validate_json(Bundle(out).path("calibration.json").read_bytes())
    assert (given.source, given.crops) == ("pictures given", 48)
    assert given.sha256 != own.sha256


def test_too_few_faces_do_not_calibrate(unmask: Command, tiny_run: Path, data_folder: Path, tmp_path: Path) -> None:
    """Ranges of a handful of faces would cut off what the next one reaches."""
    arguments = ("export", str(tiny_run), "--calibration", str(data_folder), "--out", str(tmp_path / "bundle"))
    refused = unmask(*arguments)
    assert refused.returncode == 1
    assert "Expected at least 32 faces" in refused.stderr
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"face_finder": {"sha256": "0" * 64}}, "face finder"),
        ({"crop": {"scale": 9.0}}, "crop"),
        ({"schema_version": 99}, "schema version"),
    ],
)
def test_a_run_that_this_edge_would_feed_otherwise_is_refused(
    tiny_run: Path, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    """Scores behind another face finder, crop or schema would not be those that were trained."""
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder, ignore=shutil.ignore_patterns("faces", "backup", "tensorboard"))
    run_record = Run.read(folder)
    rules = read_rules(run_record.recipe).model_dump()
    for name, value in change.items():
        rules[name] = {**rules[name], **value} if isinstance(value, dict) else value
    reading = type(read_rules(run_record.recipe)).model_validate(rules)
    run_record.model_copy(update={"reading": reading}).write(folder)
    with pytest.raises(UnmaskError, match=f"Expected a run with the {told} that this version reads"):
        export_run(folder, tmp_path / "bundle", Plan("1", ("float32",)), lambda *_: None)


def test_an_unknown_crop_rule_is_refused(unmask: Command, tiny_run: Path, tmp_path: Path) -> None:
    """A run of a later version may crop in a way that this one does not know."""
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder, ignore=shutil.ignore_patterns("faces", "backup", "tensorboard"))
    record = (folder / "run.json").read_text("utf-8")
    assert '"shape": "square"' in record
    (folder / "run.json").write_text(record.replace('"shape": "square"', '"shape": "aligned"'), "utf-8")
    refused = unmask("export", str(folder), "--out", str(tmp_path / "bundle"))
    assert refused.returncode == 1
    assert "crop.shape" in refused.stderr


def test_exports_of_one_run_are_equal(all_formats: Bundle, installed_unmask: Command, tiny_run: Path) -> None:
    """Made twice, every file has the same bytes."""
    out = all_formats.folder.with_name("again")
    completed = installed_unmask("export", str(tiny_run), "--formats", "all", "--out", str(out))
    assert completed.returncode == 0, completed.stderr
    first, second = (
        {file.path: file.sha256 for file in bundle.manifest.files} for bundle in (all_formats, Bundle(out))
    )
    assert first == second


@pytest.mark.browser
def test_browsers_agree_with_keras(tiny_bundle: Path, tiny_run: Path) -> None:
    """TF.js by wasm and LiteRT.js score in Chromium as Keras does, each within its format's tolerance."""
    bundle = Bundle(tiny_bundle)
    crops = golden_crops(64)[:2]
    expected = keras_scores(load_detector(tiny_run), crops)
    formats: tuple[ModelFormat, ...] = ("float16", "int8", "tfjs")
    for name in formats:
        model = bundle.manifest.models[name]
        (browser,) = (one for one in other_runtimes(name) if one.name.endswith("wasm in Chromium"))
        outputs = gathered(browser.run(name, bundle.path(model.path), crops), bundle.manifest.outputs)
        np.testing.assert_allclose(outputs.scores, expected, atol=model.tolerance, err_msg=name)


def _export_with_drift(run_folder: Path, out: Path, formats: str, drifting: str) -> "subprocess.CompletedProcess[str]":
    """Export by the real command, with a format whose runtime scores a little more than its file says."""
    script = (
        "import sys, dataclasses;"
        "from unmask_export import runtimes as r;"
        "from unmask_edge.cli import cli;"
        "real = r.run;"
        "more = lambda o: dataclasses.replace(o, scores=o.scores + 0.01);"
        "r.run = lambda f, *a: more(real(f, *a)) if f == sys.argv[4] else real(f, *a);"
        "cli(['export', sys.argv[1], '--out', sys.argv[2], '--formats', sys.argv[3]])"
    )
    command = [sys.executable, "-c", script, str(run_folder), str(out), formats, drifting]
    return subprocess.run(command, capture_output=True, text=True, check=False)
