"""The parts of an evaluation: reading files, distorting them, judging, counting."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from unmask_edge.assets import asset_path
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands
from unmask_edge.opencv import cv2
from unmask_edge.scoring import Verdict
from unmask_training.evaluation.crops import file_crops
from unmask_training.evaluation.distortions import Distortion, clip_frames, picture
from unmask_training.evaluation.judge import Judged, judge
from unmask_training.evaluation.labelled import Case, LabelledFile
from unmask_training.evaluation.metadata_baseline import metadata_scores, quantisation_tables
from unmask_training.evaluation.scorers import load_scorer
from unmask_training.evaluation.summary import auc_interval, summarise, summarise_metadata
from unmask_training.recipe import load_recipe
from unmask_training.run import Run
from unmask_training.samples import write_samples


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pan over the portrait."""
    return write_samples(tmp_path_factory.mktemp("clips"))[0]


@pytest.mark.parametrize("kind", ["picture", "clip"])
def test_a_file_is_judged_as_the_runtime_judges_it(clip: Path, kind: str) -> None:
    """Score and verdict of a bundle are exactly what `Detector.score` gives."""
    path = clip if kind == "clip" else asset_path("portrait")
    scorer = load_scorer(DEFAULT_BUNDLE_DIR, "float16")
    file = file_crops(path, scorer.rules.looking, {scorer.view}, None)
    judged = judge(file, scorer.raw_scores(np.stack([face.crops[scorer.view] for face in file.faces])), scorer.rules)
    result = Detector().score(path)
    assert judged is not None
    assert (judged.score, judged.verdict) == (result.score, result.verdict)
    assert judged.is_clip == (kind == "clip")


def test_a_file_without_a_face_is_not_judged(tmp_path: Path) -> None:
    """A blank picture and a broken file have no score."""
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 128, np.uint8))
    broken.write_bytes(b"no picture")
    scorer = load_scorer(DEFAULT_BUNDLE_DIR, "float16")
    for path in (blank, broken):
        assert judge(file_crops(path, scorer.rules.looking, {scorer.view}, None), np.empty(0), scorer.rules) is None


def test_a_run_is_scored_by_its_own_net(tmp_path: Path) -> None:
    """The net of `detector.keras` sees RGB in [0, 255]: here one whose score is the share of red."""
    recipe = load_recipe("quick")
    size_px = recipe.model.input_px
    image = keras.Input((size_px, size_px, 3))
    share = keras.layers.Dense(1)
    red = share(keras.layers.GlobalAveragePooling2D()(image))
    share.set_weights([np.array([[1 / 255], [0], [0]]), np.zeros(1)])
    keras.Model(image, {"score": red, "region_map": image}).save(tmp_path / "detector.keras")
    Run(
        generator_version="1",
        recipe=recipe,
        data_fingerprint="",
        training_data=[],
        temperature=2,
        bands=Bands(likely_authentic_below=0.2, likely_manipulated_from=0.8),
        metrics=[],
    ).write(tmp_path)
    scorer = load_scorer(tmp_path, "float16")
    crops = np.zeros((100, size_px, size_px, 3), np.uint8)
    crops[..., 0] = np.arange(100)[:, None, None]
    np.testing.assert_allclose(scorer.raw_scores(crops), np.arange(100) / 255, atol=1e-5)
    assert (scorer.rules.temperature, scorer.view.size_px) == (2, size_px)


@pytest.mark.parametrize("coder", ["h264", "jpeg"])
def test_coarser_coding_costs_more(clip: Path, coder: str) -> None:
    """A distorted clip keeps the times that are sampled, a picture its size; the coarser level is further off."""
    fine, coarse = (Distortion(coder, level) for level in ((20, 40) if coder == "h264" else (90, 20)))
    plain = clip_frames(clip, 4, None)
    for read in (lambda distortion: clip_frames(clip, 4, distortion), _portrait):
        as_it_is = read(None)
        errors = [_error(as_it_is, read(distortion)) for distortion in (fine, coarse)]
        assert 0 < errors[0] < errors[1]
    neighbours = [_error([frame], [other]) for frame, other in pairwise(plain)]
    assert _error(plain, clip_frames(clip, 4, fine)) < min(neighbours)


@pytest.mark.parametrize("text", ["h264", "h264:52", "jpeg:0", "jpeg:x", "blur:3"])
def test_unknown_distortions_are_refused(text: str) -> None:
    """The error says what is known."""
    with pytest.raises(UnmaskError, match="h264:CRF"):
        Distortion.parse(text)


def test_a_swap_counts_against_its_own_original() -> None:
    """Pairs compare a forgery with its original alone; one without a scored partner is no pair."""
    files = [
        *(LabelledFile(Path(f"real{pair}.mp4"), "real", pair) for pair in "ab"),
        *(LabelledFile(Path(f"fake{pair}.mp4"), "fake", pair) for pair in "abc"),
    ]
    evaluation = summarise("net", Case("set", files), [_judged(score) for score in (0.1, 0.8, 0.2, 0.7, 0.9)])
    assert (evaluation.swaps_above_originals, evaluation.pairs) == (1, 2)
    assert evaluation.false_alarm_files == ["realb.mp4"]
    assert evaluation.metric == "video_auc"


def test_frames_of_a_swap_stand_against_those_of_its_original() -> None:
    """Each pair has an AUC of its own, whatever another pair's frames score; the mean of both is told."""
    files = [LabelledFile(Path(f"{label}{pair}"), label, pair) for pair in "ab" for label in ("real", "fake")]
    frames = [(0.1, 0.2), (0.3, 0.4), (0.5, 0.8), (0.7, 0.9)]
    outcomes = [_judged(max(scores), frame_scores=scores) for scores in frames]
    assert summarise("net", Case("set", files), outcomes).pair_auc == (1 + 0.75) / 2


def test_a_score_that_follows_sharpness_shows() -> None:
    """The correlation is 1 where sharper files score higher, and None where all score alike."""
    outcomes = [
        *(_judged(0.1 * index, sharpness=10 * index) for index in range(5)),
        *(_judged(0.9, sharpness=index) for index in range(5)),
    ]
    evaluation = summarise("net", _case(reals=5, fakes=5), outcomes)
    assert evaluation.sharpness_r_reals == pytest.approx(1)
    assert evaluation.sharpness_r_fakes is None


def test_a_folder_without_a_scored_fake_is_refused() -> None:
    """An AUC needs both labels."""
    with pytest.raises(UnmaskError, match="1 scored of 2"):
        summarise("net", _case(reals=1, fakes=1), [_judged(0.5), None])


def test_the_interval_tells_few_files_from_many(rng: np.random.Generator) -> None:
    """It holds the AUC, is narrower with more files, and is a point where the classes lie apart."""
    reals, fakes = rng.normal(0, 1, 400), rng.normal(1, 1, 400)
    auc = roc_auc_score([0] * 400 + [1] * 400, np.concatenate([reals, fakes]))
    low, high = auc_interval(reals, fakes)
    few_low, few_high = auc_interval(reals[:10], fakes[:10])
    assert low < auc < high
    assert high - low < few_high - few_low
    assert auc_interval(reals - 100, fakes) == (1, 1)


def test_metadata_that_leak_the_label_show(tmp_path: Path, rng: np.random.Generator) -> None:
    """Fakes saved at another JPEG quality are found without a look at them; saved alike they are not; few are left."""
    leaking, alike = _saved(tmp_path / "leaking", (90, 80), rng), _saved(tmp_path / "alike", (90, 90), rng)
    fake = np.array([file.label == "fake" for file in leaking.files])
    told, untold = (metadata_scores(case.files) for case in (leaking, alike))
    assert told is not None
    assert untold is not None
    assert roc_auc_score(fake, told) == 1
    low, high = auc_interval(untold[~fake], untold[fake])
    assert low < 0.5 < high
    few = Case("few", leaking.files[:20])
    beside = summarise("net", few, [_judged(0.1 * index) for index in range(20)])
    assert summarise_metadata(beside, few, metadata_scores(few.files)).auc is None


def test_quantisation_tables_are_the_files_own() -> None:
    """At quality 50 libjpeg writes the tables of ITU-T T.81, annex K, in zigzag order."""
    _, content = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 50])
    values = quantisation_tables(content.tobytes())
    assert len(values) == 128
    assert (values[:6], values[64:70]) == ([16, 11, 12, 14, 12, 10], [17, 18, 18, 24, 21, 24])
    assert quantisation_tables(b"\x89PNG") == []


def _portrait(distortion: Distortion | None) -> list[NDArray[np.uint8]]:
    return [picture(asset_path("portrait"), distortion)]


def _error(frames: list[NDArray[Any]], others: list[NDArray[Any]]) -> float:
    return float(np.abs(np.stack(frames).astype(int) - np.stack(others)).mean())


def _judged(score: float, sharpness: float = 50, frame_scores: tuple[float, ...] = ()) -> Judged:
    verdict: Verdict = "likely manipulated" if score > 0.5 else "likely authentic"
    return Judged(True, score, verdict, frame_scores or (score,), sharpness)


def _case(reals: int, fakes: int) -> Case:
    real = [LabelledFile(Path(f"real{index}"), "real") for index in range(reals)]
    return Case("set", [*real, *(LabelledFile(Path(f"fake{index}"), "fake") for index in range(fakes))])


def _saved(folder: Path, qualities: tuple[int, int], rng: np.random.Generator) -> Case:
    """Sixty noisy pictures of each label, alternating, at one JPEG quality a label."""
    folder.mkdir()
    files = []
    for index in range(120):
        path = folder / f"{index}.jpg"
        noise = rng.integers(0, rng.integers(20, 200), (16, 16, 3)).astype(np.uint8)
        cv2.imwrite(str(path), noise, [cv2.IMWRITE_JPEG_QUALITY, qualities[index % 2]])
        files.append(LabelledFile(path, "fake" if index % 2 else "real"))
    return Case("set", files)
