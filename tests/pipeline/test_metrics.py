"""Metrics and their intervals, held to closed forms and to what scikit-learn says of files that are truly repeated."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from unmask_training.evaluation.metrics import (
    METRICS,
    Outcomes,
    auc,
    curve,
    expected_calibration_error,
    figure,
    interval,
    roc_points,
)
from unmask_training.evaluation.resampling import BLOCK, CURVE, MEASURES, draws, resampled


def test_hanley_and_mcneil_give_the_same_interval(rng: np.random.Generator) -> None:
    """For normal scores, each file its own cluster, the bootstrap is as wide as the closed form (Radiology, 1982)."""
    n = 400
    outcomes = _outcomes(rng.normal(0, 1, n), rng.normal(1, 1, n))
    area = auc(outcomes)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (n - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / n**2
    between = interval(_aucs(outcomes, draws([str(index) for index in range(2 * n)], outcomes.fake)))
    assert between is not None
    assert area == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.03)
    assert between[1] - between[0] == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.1)


def test_the_equal_error_rate_of_a_tiny_set() -> None:
    """Of four reals and four fakes one each lies on the wrong side."""
    outcomes = _outcomes([0.1, 0.2, 0.3, 0.8], [0.7, 0.85, 0.9, 0.25])
    assert METRICS["eer"](outcomes) == 0.25


def test_the_equal_error_rate_lies_between_thresholds() -> None:
    """Where no threshold has as many misses as false alarms the curve is joined by a straight line."""
    outcomes = _outcomes([0.1, 0.6], [0.5, 0.9, 0.95])
    assert METRICS["eer"](outcomes) == pytest.approx(1 / 3)


def test_clusters_are_drawn_together(rng: np.random.Generator) -> None:
    """Files of one cluster have one count; ten copies of each file give no more certainty than one."""
    reals, fakes = rng.normal(0, 1, 40), rng.normal(1, 1, 40)
    once = _outcomes(reals, fakes)
    tenfold = _outcomes(np.repeat(reals, 10), np.repeat(fakes, 10))
    clusters = [str(index) for index in range(80)]
    counts = draws(list(np.repeat(clusters, 10)), tenfold.fake)
    assert (counts.reshape(len(counts), 80, 10) == counts[:, ::10, None]).all()
    assert interval(_aucs(tenfold, counts)) == pytest.approx(interval(_aucs(once, draws(clusters, once.fake))))


def test_of_few_people_there_is_no_interval(rng: np.random.Generator) -> None:
    """A hundred fakes of three people tell hardly more than three would; the value stays."""
    outcomes = _outcomes(rng.normal(0, 1, 100), rng.normal(1, 1, 100))
    counts = draws([*map(str, range(100)), *(f"person {index % 3}" for index in range(100))], outcomes.fake)
    told = figure("auc", outcomes, _aucs(outcomes, counts))
    assert (told.value, told.interval) == (auc(outcomes), None)


def test_all_metrics_are_resampled() -> None:
    """And the curve with them."""
    assert list(MEASURES) == [*METRICS, CURVE]


@pytest.mark.parametrize("digits", [1, 16])
@pytest.mark.parametrize("name", METRICS)
def test_a_resample_is_what_scikit_learn_says_of_repeated_files(
    name: str, digits: int, rng: np.random.Generator
) -> None:
    """Of files truly repeated as often as they were drawn, whether scores are often alike or never."""
    outcomes, counts = _drawn(digits, rng)
    expected = [METRICS[name](repeated) for repeated in _repeated(outcomes, counts)]
    np.testing.assert_allclose(resampled([name], outcomes, counts)[name], expected, rtol=1e-13)


@pytest.mark.parametrize("digits", [1, 16])
def test_a_resampled_curve_is_that_of_repeated_files(digits: int, rng: np.random.Generator) -> None:
    """At every rate of false alarms."""
    outcomes, counts = _drawn(digits, rng)
    expected = [curve(*roc_points(repeated)) for repeated in _repeated(outcomes, counts)]
    np.testing.assert_array_equal(resampled([CURVE], outcomes, counts)[CURVE], expected)


@pytest.mark.parametrize("name", MEASURES)
def test_a_resample_without_a_label_tells_nothing(name: str) -> None:
    """Neither does one in which nothing was drawn; the others stay in their places."""
    outcomes = _outcomes([0.1, 0.8], [0.9, 0.2])
    counts = np.array([[1, 2, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]])
    told = resampled([name], outcomes, counts)[name].reshape(4, -1)
    assert np.isfinite(told).all(axis=1).tolist() == [False, True, False, False]


def test_paired_differences_are_surer_than_each_alone(rng: np.random.Generator) -> None:
    """Two nets that err on the same files differ by little, which draws in common show."""
    reals, fakes = rng.normal(0, 1, 100), rng.normal(1, 1, 100)
    first = _outcomes(reals, fakes)
    second = _outcomes(reals + rng.normal(0, 0.1, 100), fakes + rng.normal(0, 0.1, 100))
    counts = draws([str(index) for index in range(200)], first.fake)
    samples = [_aucs(outcomes, counts) for outcomes in (first, second)]
    alone, paired = interval(samples[0]), interval(samples[0] - samples[1])
    assert alone is not None
    assert paired is not None
    assert paired[1] - paired[0] < (alone[1] - alone[0]) / 3


def test_what_few_files_cannot_tell_is_withheld() -> None:
    """TPR at 1 % FPR needs five hundred reals; where none is called, an error has no meaning."""
    few = _outcomes(np.linspace(0.4, 0.6, 499), [0.5, 0.55])
    counts = np.ones((1, 501), np.int64)
    withheld = figure("tpr_at_fpr_1", few, np.zeros(1))
    assert (withheld.value, withheld.withheld) == (None, "needs 500 reals, there are 499")
    assert figure("tpr_at_fpr_5", few, resampled(["tpr_at_fpr_5"], few, counts)["tpr_at_fpr_5"]).value is not None
    name = "error_where_called"
    uncalled = figure(name, few, resampled([name], few, counts)[name])
    assert (uncalled.value, uncalled.withheld) == (None, "no file is called")


def test_found_at_counts_no_more_alarms_than_allowed() -> None:
    """With ten reals, 5 % allow none: found are the fakes above all of them."""
    outcomes = _outcomes(np.linspace(0, 0.9, 10), [0.85, 0.95, 0.99])
    assert METRICS["tpr_at_fpr_5"](outcomes) == pytest.approx(2 / 3)


def test_calibration_error_of_a_confident_liar() -> None:
    """Reals at .9 and fakes at .1 are off by .9; scores that match the shares are off by nothing."""
    assert expected_calibration_error(_outcomes([0.9] * 5, [0.1] * 5)) == pytest.approx(0.9)
    assert expected_calibration_error(_outcomes([0.5] * 5, [0.5] * 5)) == pytest.approx(0)


def test_errors_are_counted_among_what_is_called() -> None:
    """Scores between the thresholds neither count as right nor as wrong."""
    outcomes = _outcomes([0.1, 0.5, 0.9], [0.1, 0.5, 0.5])
    called = [METRICS[name](outcomes) for name in ("coverage", "error_where_called")]
    assert called == pytest.approx([0.5, 2 / 3])
    assert [METRICS[name](outcomes) for name in ("false_alarms", "misses")] == pytest.approx([1 / 3, 1 / 3])


def test_the_auc_is_scikit_learns(rng: np.random.Generator) -> None:
    """Unweighted it is the library's own."""
    outcomes = _outcomes(rng.uniform(0, 1, 20), rng.uniform(0, 1, 30))
    assert auc(outcomes) == pytest.approx(roc_auc_score(outcomes.fake, outcomes.scores))


def _aucs(outcomes: Outcomes, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return resampled(["auc"], outcomes, counts)["auc"]


def _drawn(digits: int, rng: np.random.Generator) -> tuple[Outcomes, NDArray[np.int64]]:
    """Outcomes with scores of so many digits, and more resamples of them than are held at a time."""
    outcomes = _outcomes(rng.uniform(0, 0.7, 30).round(digits), rng.uniform(0.3, 1, 30).round(digits))
    return outcomes, draws([str(index // 2) for index in range(60)], outcomes.fake)[: BLOCK + 1]


def _repeated(outcomes: Outcomes, counts: NDArray[np.int64]) -> list[Outcomes]:
    return [outcomes.among(np.repeat(np.arange(len(count)), count)) for count in counts]


def _outcomes(reals: object, fakes: object) -> Outcomes:
    """Called likely manipulated from .7 on, likely authentic below .3."""
    scores = np.concatenate([np.asarray(reals, np.float64), np.asarray(fakes, np.float64)])
    fake = np.arange(len(scores)) >= len(np.asarray(reals))
    return Outcomes(fake, scores, scores >= 0.7, scores < 0.3)
