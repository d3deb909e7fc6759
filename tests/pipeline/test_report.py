"""The report of an evaluation."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unmask_edge.opencv import cv2
from unmask_edge.scoring import Verdict
from unmask_training.data.record import Record
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.metrics import Outcomes, roc
from unmask_training.evaluation.mistakes import worst_mistakes
from unmask_training.evaluation.report_page import write_page
from unmask_training.evaluation.resampling import CURVE, draws, resampled
from unmask_training.evaluation.summary import Evaluation, summarise, summarise_metadata, with_loss

NETS = ("first", "<b>second</b>")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Forty pictures, the fakes by two methods; of the last one there is no file. Few resamples are enough here."""
    monkeypatch.setattr("unmask_training.evaluation.resampling.RESAMPLES", 20)
    records = [
        Record(f"{number}.png", "fake" if number % 2 else "real", method=f"method {number % 4}" if number % 2 else None)
        for number in range(40)
    ]
    for record in records[:-1]:
        cv2.imwrite(str(tmp_path / record.path), np.full((30, 400, 3), 200, np.uint8))
    return Case("set", str(tmp_path), records, None)


@pytest.fixture
def evaluations(case: Case, rng: np.random.Generator) -> list[Evaluation]:
    """Two nets, the metadata baseline, and two levels of a distortion."""
    plain = _measured(case, rng)
    distorted = [replace(case, distortion=Distortion("jpeg", level)) for level in (60, 20)]
    lost = [row for some in distorted for row in with_loss(_measured(some, rng), plain)]
    return [*plain, summarise_metadata(plain[0], case, None), *lost]


def test_the_page_stands_alone(evaluations: Sequence[Evaluation], case: Case, tmp_path: Path) -> None:
    """It asks for nothing from elsewhere, runs no script, and shows names as they are."""
    page = _page(evaluations, case, tmp_path, mistakes=0)
    assert not re.search(r"<script|<link|@import|src=|url\((?!#)", page)
    assert "<b>second</b>" not in page
    assert "&lt;b&gt;second&lt;/b&gt;" in page
    assert "default-src 'none'" in page


def test_everything_that_was_measured_is_drawn(evaluations: Sequence[Evaluation], case: Case, tmp_path: Path) -> None:
    """A plot each for ROC, reliability, scores, the distortion and the methods, in the page's own colour."""
    page = _page(evaluations, case, tmp_path, mistakes=0)
    titles = ["ROC curve", "What scores mean", "Scores by first", "AUC after jpeg", "AUC by method"]
    assert re.findall("<figcaption>(.*?)</figcaption>", page) == titles
    assert page.count("<svg") == len(titles)
    assert "currentColor" in page
    assert "#010203" not in page


def test_equal_evaluations_give_equal_pages(evaluations: Sequence[Evaluation], case: Case, tmp_path: Path) -> None:
    """No date and nothing drawn by chance is in it."""
    assert _page(evaluations, case, tmp_path, mistakes=1) == _page(evaluations, case, tmp_path, mistakes=1)


def test_pictures_are_shown_on_request_alone(evaluations: Sequence[Evaluation], case: Case, tmp_path: Path) -> None:
    """Without it the page holds none of the people; with it so many reals and fakes as can be read."""
    assert "data:image" not in _page(evaluations, case, tmp_path, mistakes=0)
    assert _page(evaluations, case, tmp_path, mistakes=2).count("data:image/jpeg;base64,") >= 3


def test_the_worst_mistakes_come_first(evaluations: Sequence[Evaluation], case: Case) -> None:
    """Reals from the highest score down, fakes from the lowest up; a file that is gone keeps its line."""
    worst = worst_mistakes(evaluations[0], case, 20)
    reals, fakes = (
        [mistake.file.score for mistake in worst if mistake.file.label == label] for label in ("real", "fake")
    )
    assert reals == sorted(reals, reverse=True)
    assert fakes == sorted(fakes)
    assert [mistake.file.path for mistake in worst if mistake.thumbnail is None] == ["39.png"]


def test_the_band_holds_the_curve(rng: np.random.Generator) -> None:
    """The curve climbs from 0 to 1 inside its interval; of few people there is no interval."""
    fake = np.arange(200) >= 100
    scores = np.clip(rng.normal(0.4, 0.15, 200) + 0.2 * fake, 0, 1)
    outcomes = Outcomes(fake, scores, fake, fake)
    counts = draws([str(number) for number in range(200)], fake)
    told = roc(outcomes, resampled([CURVE], outcomes, counts)[CURVE])
    assert told.low is not None
    assert told.high is not None
    assert (np.diff(told.tpr) >= 0).all()
    assert (told.fpr[0], told.fpr[-1], told.tpr[-1]) == (0, 1, 1)
    assert np.mean([low <= tpr <= high for low, tpr, high in zip(told.low, told.tpr, told.high, strict=True)]) > 0.95
    assert roc(outcomes, np.empty((0, 101))).low is None


def _measured(case: Case, rng: np.random.Generator) -> list[Evaluation]:
    return summarise(case, {name: [_judged(record, rng) for record in case.records] for name in NETS})


def _judged(record: Record, rng: np.random.Generator) -> Judged:
    score = float(np.clip(rng.normal(0.6 if record.label == "fake" else 0.4, 0.2), 0, 1))
    verdict: Verdict = "likely manipulated" if score > 0.7 else "inconclusive"
    return Judged(False, score, verdict, (score,), 50, 100)


def _page(evaluations: Sequence[Evaluation], case: Case, folder: Path, mistakes: int) -> str:
    write_page(evaluations, [case], mistakes, folder / "report.html")
    return (folder / "report.html").read_text("utf-8")
