"""Comparing all formats of a bundle with its Keras net, by the real command."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from unmask_edge.bundle import Bundle
from unmask_edge.manifest import ModelFormat, OutputSpec
from unmask_export import runtimes
from unmask_export.comparison import Comparison
from unmask_export.energy import Meter
from unmask_export.format_figures import drift, paired
from unmask_export.format_scores import model_files, open_nets
from unmask_export.kept_outputs import FileOutputs, KeptOutputs
from unmask_export.layer_noise import layer_noise
from unmask_export.runtimes import Outputs
from unmask_export.stated_losses import STATED_LOSSES
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.metrics import Outcomes
from unmask_training.evaluation.scorers import load_scorer

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def compare(unmask: Command, tiny_bundle: Path, labelled: Path) -> Command:
    """Compares the formats of the tiny bundle on the pictures."""
    return partial(unmask, "compare", str(tiny_bundle), "--data", str(labelled))


@pytest.fixture(scope="module")
def out(compare: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one comparison of all formats wrote."""
    folder = tmp_path_factory.mktemp("comparisons") / "out"
    completed = compare("--out", str(folder))
    assert completed.returncode == 0, completed.stderr
    assert "beside Keras" in completed.stdout
    return folder


@pytest.fixture(scope="module")
def comparison(out: Path) -> Comparison:
    """The same, read back."""
    return Comparison.model_validate_json((out / "compare.json").read_bytes())


def test_every_format_stands_beside_keras(comparison: Comparison, tiny_bundle: Path) -> None:
    """On the same faces, twice each of pictures, Keras first; those that compute alike hardly differ, also in maps."""
    formats = list(Bundle(tiny_bundle).manifest.models)
    (part,) = comparison.sets
    told = {one.format: one for one in part.formats}
    assert list(told) == ["keras", *formats]
    assert (part.reals, part.fakes, part.unscored, part.crops, part.unit) == (6, 6, 1, 24, "image")
    assert told["keras"].score_drift.largest == 0
    assert told["keras"].files.beside_keras["auc"].value == 0
    assert 0 < told["float32"].score_drift.largest < 0.01
    assert 0 < told["tfjs"].region_map_drift.largest < 0.02
    assert told["int8"].score_drift.mean > told["float16"].score_drift.mean
    for one in part.formats:
        assert one.score_drift.median <= one.score_drift.quantile_90 <= one.score_drift.largest
        assert one.flipped == len(one.flips) / 12


def test_costs_are_of_the_files_that_a_format_needs(comparison: Comparison, tiny_bundle: Path) -> None:
    """TF.js's shards count with its model.json; every format was loaded and timed, TF.js on one thread."""
    manifest = Bundle(tiny_bundle).manifest
    costs = {cost.format: cost for cost in comparison.costs}
    assert set(costs) == set(manifest.models)
    assert costs["tfjs"].size_bytes == sum(path.stat().st_size for path in (tiny_bundle / "tfjs").iterdir())
    assert costs["int8"].size_bytes == (tiny_bundle / manifest.models["int8"].path).stat().st_size
    assert [latency.threads for latency in costs["tfjs"].latencies] == [1]
    assert [latency.threads for latency in costs["int8"].latencies] == [1, 2]
    assert all(0 < latency.p50_ms <= latency.p95_ms for cost in costs.values() for latency in cost.latencies)
    assert all(cost.load_ms > 0 for cost in costs.values())
    assert all(cost.peak_memory_mb is None or cost.peak_memory_mb > 0 for cost in costs.values())


def test_the_page_stands_alone(out: Path, comparison: Comparison) -> None:
    """It asks for nothing from elsewhere, runs no script, draws every plot in its own colour and names every format."""
    page = (out / "compare.html").read_text("utf-8")
    assert not re.search(r"<script|<link|@import|src=|url\((?!#)", page)
    assert "default-src 'none'" in page
    assert page.count("<svg") == 2 * len(comparison.sets) + 1
    assert "#010203" not in page
    assert all(f'<th scope="row">{cost.format}</th>' in page for cost in comparison.costs)


def test_a_rerun_neither_reads_nor_scores_again(
    compare: Command, out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is kept in --out is told again where nothing can be run any more."""
    shutil.copy(out / "outputs.sqlite", tmp_path)
    monkeypatch.setattr(runtimes, "run", None)
    monkeypatch.setattr("unmask_export.compare.measure_formats", lambda *_: [])
    printed = compare("--out", str(tmp_path), "--formats", "int8, float16", "--json", "-")
    told = json.loads(printed.stdout)
    first = json.loads((out / "compare.json").read_text("utf-8"))
    kept = [one for one in first["sets"][0]["formats"] if one["format"] not in {"float32", "tfjs"}]
    assert told["sets"][0]["formats"] == kept
    assert told["layer_noise"] == first["layer_noise"]


def test_the_gate_names_what_a_shifted_format_exceeds(
    compare: Command, tiny_bundle: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A format that says what Keras says passes; of one that scores higher, set, measure and values are told."""
    keras, _ = open_nets(Bundle(tiny_bundle), ["float32"], load_scorer(tiny_bundle, "keras"))

    def shifted(format: ModelFormat, _path: Path, crops: NDArray[np.uint8], _outputs: OutputSpec) -> Outputs:
        said = keras.run(crops)
        return replace(said, scores=said.scores + np.float32(0.02)) if format == "float16" else said

    monkeypatch.setattr(runtimes, "run", shifted)
    monkeypatch.setattr("unmask_export.compare.measure_formats", lambda *_: [])
    assert compare("--formats", "float32,float16").returncode == 0
    gated = compare("--formats", "float32,float16", "--gate")
    assert gated.returncode == 1
    assert f"float16 on {labelled}: mean score drift at most 0.01, found 0.0200" in gated.stderr
    assert "float32 on" not in gated.stderr
    passed = compare("--formats", "float32", "--gate", "--json", "-")
    assert passed.returncode == 0
    assert Comparison.model_validate_json(passed.stdout).sets[0].formats[1].score_drift.largest == 0


def test_every_format_has_a_stated_loss() -> None:
    """A format that a bundle may hold has a loss and a reason for it."""
    assert set(get_args(ModelFormat)) <= set(STATED_LOSSES)
    assert all(stated.reason for stated in STATED_LOSSES.values())


def test_formats_that_a_bundle_lacks_are_refused(compare: Command, tiny_bundle: Path) -> None:
    """The message names those that it has."""
    refused = compare("--formats", "int8,int4")
    assert refused.returncode == 1
    assert f"Expected formats of the bundle, {', '.join(Bundle(tiny_bundle).manifest.models)}" in refused.stderr
    assert "Received: int4" in refused.stderr


def test_a_bundle_without_its_keras_net_is_refused(
    unmask: Command, tiny_bundle: Path, labelled: Path, tmp_path: Path
) -> None:
    """There is nothing to compare with, which is said before any file is read."""
    bundle = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, bundle)
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [file for file in manifest["files"] if not file["path"].startswith("training/")]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    refused = unmask("compare", str(bundle), "--data", str(labelled))
    assert refused.returncode == 1
    assert "Expected a bundle with training/weights.npz" in refused.stderr


def test_eight_bits_are_noisier_than_sixteen(tiny_bundle: Path, rng: np.random.Generator) -> None:
    """In nearly all layers, which are matched one by one from the first to both outputs."""
    crops = rng.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    float16, int8 = (
        layer_noise(name, tiny_bundle / "detector.float32.tflite", tiny_bundle / f"detector.{name}.tflite", crops)
        for name in ("float16", "int8")
    )
    assert int8.unmatched == 0
    assert {"score", "region_map"} <= {layer.name for layer in int8.layers}
    ratios = {layer.name: layer.snr_db for layer in float16.layers}
    noisier = [
        layer.snr_db < ratio for layer in int8.layers if layer.snr_db is not None and (ratio := ratios.get(layer.name))
    ]
    assert len(noisier) > 50
    assert np.mean(noisier) > 0.9


def test_a_file_has_no_noise_against_itself(tiny_bundle: Path, rng: np.random.Generator) -> None:
    """All layers are equal, and none loses anything."""
    crops = rng.integers(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    path = tiny_bundle / "detector.float32.tflite"
    noise = layer_noise("float32", path, path, crops)
    assert noise.crops == 2
    assert {(layer.snr_db, layer.lost_db) for layer in noise.layers} == {(None, None)}


def test_a_net_beside_itself_loses_nothing(rng: np.random.Generator) -> None:
    """Differences are 0 in every resample, and one that ranks worse has its loss with an interval below 0."""
    fake = np.arange(80) % 2 == 1
    scores = np.clip(rng.normal(0.4, 0.1, 80) + 0.3 * fake, 0, 1)
    noisy = np.clip(scores + rng.normal(0, 0.3, 80), 0, 1)
    outcomes = {
        name: Outcomes.uncalled(fake, some) for name, some in (("keras", scores), ("same", scores), ("noisy", noisy))
    }
    told = paired(outcomes, [str(number) for number in range(80)])
    assert told["same"].beside_keras["auc"].value == 0
    assert told["same"].beside_keras["auc"].interval == (0, 0)
    lost = told["noisy"].beside_keras["auc"]
    assert lost.value is not None
    assert lost.interval is not None
    assert lost.interval[0] < lost.value < lost.interval[1] < 0


def test_drift_is_told_by_its_quantiles() -> None:
    """Of a hundred scores of which one strays far, the median tells nothing and the largest all."""
    before = np.full(100, 0.5, np.float32)
    after = before.copy()
    after[7] = 0.9
    told = drift(before, after)
    assert (told.median, told.quantile_90) == (0, 0)
    assert told.largest == pytest.approx(0.4)
    assert told.mean == pytest.approx(0.004)


def test_outputs_are_kept_as_they_were(tmp_path: Path, rng: np.random.Generator) -> None:
    """Scores and maps come back bit for bit, also those of a file without a face."""
    judged = Judged(True, 0.7, "inconclusive", (0.6, 0.8), 50.0, 100.0)
    outputs = Outputs(rng.random(2).astype(np.float32), rng.random((2, 4, 4)).astype(np.float32))
    faceless = Outputs(np.empty(0, np.float32), np.empty((0, 4, 4), np.float32))
    path = tmp_path / "outputs.sqlite"
    kept = KeptOutputs(path)
    kept.update([("a", FileOutputs(judged, outputs)), ("b", FileOutputs(None, faceless))])
    kept.close()
    again = KeptOutputs(path)
    assert "c" not in again
    assert again["a"].judged == judged
    np.testing.assert_array_equal(again["a"].outputs.scores, outputs.scores)
    np.testing.assert_array_equal(again["a"].outputs.region_maps, outputs.region_maps)
    assert again["b"].judged is None
    assert again["b"].outputs.region_maps.shape == (0, 4, 4)
    again.close()


def test_shards_belong_to_their_own_model(tiny_bundle: Path) -> None:
    """A TFLite file is its format's only one."""
    manifest = Bundle(tiny_bundle).manifest
    assert [file.path for file in model_files(manifest, "int8")] == ["detector.int8.tflite"]
    assert {Path(file.path).parent.name for file in model_files(manifest, "tfjs")} == {"tfjs"}
    assert len(model_files(manifest, "tfjs")) == 2


def test_a_meter_that_starts_anew_is_read_on(tmp_path: Path) -> None:
    """The counter goes back to 0 after its range; where there is none, nothing is metered."""
    assert Meter.found(tmp_path) is None
    (tmp_path / "max_energy_range_uj").write_text("1000\n")
    (tmp_path / "energy_uj").write_text("900\n")
    meter = Meter.found(tmp_path)
    assert meter is not None
    before_uj = meter.read_uj()
    (tmp_path / "energy_uj").write_text("150\n")
    assert meter.since_uj(before_uj) == 250
