"""The parts of an evaluation: reading files, judging them, counting."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

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
from unmask_training.data.record import Label, Record
from unmask_training.evaluation.cases import Case, open_case
from unmask_training.evaluation.crops import file_crops
from unmask_training.evaluation.judge import Judged, judge
from unmask_training.evaluation.metadata import metadata, quantisation_tables
from unmask_training.evaluation.metadata_baseline import metadata_scores
from unmask_training.evaluation.scorers import load_scorer
from unmask_training.evaluation.summary import Evaluation, summarise, summarise_metadata
from unmask_training.recipe import load_recipe
from unmask_training.run import Run


@pytest.fixture(scope="session")
def clip(samples: tuple[Path, Path]) -> Path:
    """A pan over the portrait."""
    return samples[0]


@pytest.mark.parametrize("kind", ["picture", "clip"])
def test_a_file_is_judged_as_the_runtime_judges_it(clip: Path, kind: str) -> None:
    """Score and verdict of a bundle are exactly what `Detector.score` gives."""
    path = clip if kind == "clip" else asset_path("portrait")
    scorer = load_scorer(DEFAULT_BUNDLE_DIR, "float16")
    file = file_crops(path, scorer.rules.looking, {scorer.view, scorer.rules.quality}, None)
    judged = judge(file, scorer.raw_scores(np.stack(file.looks(scorer.view))), scorer.rules)
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


def test_a_swap_counts_against_its_own_original() -> None:
    """Pairs compare a forgery with its original alone; one without a scored partner is no pair."""
    records = [
        *(Record(f"real{pair}.mp4", "real", source_video=pair) for pair in "ab"),
        *(Record(f"fake{pair}.mp4", "fake", source_video=pair) for pair in "abc"),
    ]
    evaluation = _summary(_case_of(records), [_judged(score) for score in (0.1, 0.8, 0.2, 0.7, 0.9)])
    assert (evaluation.swaps_above_originals, evaluation.pairs) == (1, 2)
    assert evaluation.false_alarm_files == ["realb.mp4"]
    assert evaluation.unit == "clip"


def test_frames_of_a_swap_stand_against_those_of_its_original() -> None:
    """Each pair has an AUC of its own, whatever another pair's frames score; the mean of both is told."""
    labels: tuple[Label, ...] = ("real", "fake")
    records = [Record(f"{label}{pair}", label, source_video=pair) for pair in "ab" for label in labels]
    frames = [(0.1, 0.2), (0.3, 0.4), (0.5, 0.8), (0.7, 0.9)]
    outcomes = [_judged(max(scores), frame_scores=scores) for scores in frames]
    assert _summary(_case_of(records), outcomes).pair_auc == (1 + 0.75) / 2


def test_a_score_that_follows_sharpness_shows() -> None:
    """The correlation is 1 where sharper files score higher, and None where all score alike."""
    outcomes = [
        *(_judged(0.1 * index, sharpness=10 * index) for index in range(5)),
        *(_judged(0.9, sharpness=index) for index in range(5)),
    ]
    evaluation = _summary(_case(reals=5, fakes=5), outcomes)
    assert evaluation.sharpness_r_reals == pytest.approx(1)
    assert evaluation.sharpness_r_fakes is None


def test_a_folder_without_a_scored_fake_is_refused() -> None:
    """An AUC needs both labels."""
    with pytest.raises(UnmaskError, match="1 scored of 2"):
        _summary(_case(reals=1, fakes=1), [_judged(0.5), None])


def test_nets_stand_beside_the_first() -> None:
    """A net that scores alike differs by nothing in every resample; the first has nothing to stand beside."""
    outcomes = [_judged(0.01 * (7 * index % 40)) for index in range(40)]
    first, second = summarise(_case(reals=20, fakes=20), {"first": outcomes, "second": outcomes})
    assert first.beside_first == {}
    assert (second.beside_first["auc"].value, second.beside_first["auc"].interval) == (0, (0, 0))


def test_parts_of_a_set_have_figures_of_their_own() -> None:
    """A method's fakes stand beside all reals; face sizes part both; what is too small is withheld."""
    real = [Record(f"real{index}", "real") for index in range(20)]
    fake = [Record(f"fake{index}", "fake", method="found" if index < 15 else "missed") for index in range(20)]
    outcomes = [
        *(_judged(0.5 + 0.001 * index, face_px=100) for index in range(20)),
        *(_judged(0.9 if index < 15 else 0.1, face_px=100 if index < 12 else 300) for index in range(20)),
    ]
    parts = {(part.by, part.name): part for part in _summary(_case_of([*real, *fake]), outcomes).slices}
    assert parts["method", "found"].auc.value == 1
    assert (parts["method", "missed"].reals, parts["method", "missed"].fakes) == (20, 5)
    assert parts["method", "missed"].auc.withheld == "needs 10 of each label, there are 5"
    assert parts["face size", "64 to 128 px"].auc.value == 1
    assert parts["face size", "from 256 px"].auc.value is None


def test_the_split_to_be_measured_is_chosen(tmp_path: Path) -> None:
    """Test files where there are some, else those of val, else all; or those that are asked for."""
    for split in ("train", "val", "test"):
        for label in ("real", "fake"):
            picture_of = tmp_path / split / label / "a.png"
            picture_of.parent.mkdir(parents=True)
            picture_of.write_bytes(b"")
    assert [record.path for record in open_case(f"folder:{tmp_path}", None).records] == [
        "test/fake/a.png",
        "test/real/a.png",
    ]
    assert {record.split for record in open_case(str(tmp_path), "train").records} == {"train"}
    assert len(open_case(str(tmp_path / "train"), None).records) == 2
    with pytest.raises(UnmaskError, match=r"0 labelled files of the split test"):
        open_case(str(tmp_path / "train"), "test")
    with pytest.raises(UnmaskError, match=r"celeb-df.*Received: nonesuch"):
        open_case("nonesuch:somewhere", None)


def test_metadata_that_leak_the_label_show(tmp_path: Path, rng: np.random.Generator) -> None:
    """Fakes saved at another JPEG quality are found without a look at them; saved alike they are not; few are left."""
    leaking, alike = _saved(tmp_path / "leaking", (90, 80), rng), _saved(tmp_path / "alike", (90, 90), rng)
    fake = leaking.fake
    told, untold = (_metadata_scores(case) for case in (leaking, alike))
    assert told is not None
    assert untold is not None
    assert roc_auc_score(fake, told) == 1
    few = replace(leaking, records=leaking.records[:20])
    beside = _summary(few, [_judged(0.05 * index) for index in range(20)])
    chance = summarise_metadata(beside, alike, untold).figures["auc"]
    assert chance.interval is not None
    assert chance.interval[0] < 0.5 < chance.interval[1]
    assert summarise_metadata(beside, few, _metadata_scores(few)).figures["auc"].value is None


def test_quantisation_tables_are_the_files_own() -> None:
    """At quality 50 libjpeg writes the tables of ITU-T T.81, annex K, in zigzag order."""
    _, content = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 50])
    values = quantisation_tables(content.tobytes())
    assert len(values) == 128
    assert (values[:6], values[64:70]) == ([16, 11, 12, 14, 12, 10], [17, 18, 18, 24, 21, 24])
    assert quantisation_tables(b"\x89PNG") == []


def _judged(score: float, sharpness: float = 50, frame_scores: tuple[float, ...] = (), face_px: float = 100) -> Judged:
    verdict: Verdict = "likely manipulated" if score > 0.5 else "likely authentic"
    return Judged(True, score, verdict, frame_scores or (score,), sharpness, face_px)


def _metadata_scores(case: Case) -> NDArray[np.float64] | None:
    return metadata_scores(case, [metadata(Path(*file)) for file in case.locations])


def _summary(case: Case, outcomes: Sequence[Judged | None]) -> Evaluation:
    return summarise(case, {"net": outcomes})[0]


def _case_of(records: list[Record], folder: Path = Path()) -> Case:
    return Case("set", str(folder), records, None)


def _case(reals: int, fakes: int) -> Case:
    real = [Record(f"real{index}", "real") for index in range(reals)]
    return _case_of([*real, *(Record(f"fake{index}", "fake") for index in range(fakes))])


def _saved(folder: Path, qualities: tuple[int, int], rng: np.random.Generator) -> Case:
    """Sixty noisy pictures of each label, alternating, at one JPEG quality a label."""
    folder.mkdir()
    records = []
    for index in range(120):
        noise = rng.integers(0, rng.integers(20, 200), (16, 16, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{index}.jpg"), noise, [cv2.IMWRITE_JPEG_QUALITY, qualities[index % 2]])
        records.append(Record(f"{index}.jpg", "fake" if index % 2 else "real"))
    return _case_of(records, folder)
