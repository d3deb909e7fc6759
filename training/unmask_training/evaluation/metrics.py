"""What is told of scores and labels, each with its interval; scikit-learn and SciPy do the arithmetic.

Intervals come from a bootstrap clustered by identity: files of one person, or made from one video, are drawn together,
for they are no independent evidence (Cameron, Gelbach and Miller, "Bootstrap-Based Improvements for Inference with
Clustered Errors", 2008). All nets see the same draws, so that the differences between them are paired.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import binned_statistic
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve

RESAMPLES = 1000
SEED = 1
ECE_BINS = 15
# A rate of false alarms is told where it amounts to at least so many reals; below, one file more or less decides.
MIN_FALSE_ALARMS = 5
# Drawn from fewer people or videos of a label, resamples hardly differ, and intervals are far too narrow.
MIN_CLUSTERS = 10

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Outcomes(NamedTuple):
    """What a net says of `n` files, all arrays `(n,)`.

    Attributes:
        fake: labels.
        scores: calibrated P(fake) in [0, 1].
        alarmed: called likely manipulated.
        cleared: called likely authentic; what is neither is inconclusive.
    """

    fake: Bools
    scores: Floats
    alarmed: Bools
    cleared: Bools

    def among(self, chosen: Bools | NDArray[np.int64]) -> "Outcomes":
        """Those of some files, told by a mask `(n,)` or by their numbers."""
        return Outcomes(self.fake[chosen], self.scores[chosen], self.alarmed[chosen], self.cleared[chosen])


class Figure(BaseModel):
    """A metric's value.

    Attributes:
        value: None where the sample is too small for it.
        interval: its 95 % interval; None where people or videos are too few for one.
        withheld: why there is no value.
    """

    model_config = ConfigDict(frozen=True)

    value: float | None
    interval: tuple[float, float] | None = None
    withheld: str | None = None


# Of outcomes and the weight `(n,)` of each file: how often a resample drew it.
Metric = Callable[[Outcomes, Floats], float]


def auc(outcomes: Outcomes, weights: Floats) -> float:
    """Area under the ROC curve."""
    return float(roc_auc_score(outcomes.fake, outcomes.scores, sample_weight=weights))


def average_precision(outcomes: Outcomes, weights: Floats) -> float:
    """Mean precision over the recalls, fakes being what is looked for."""
    return float(average_precision_score(outcomes.fake, outcomes.scores, sample_weight=weights))


def equal_error_rate(outcomes: Outcomes, weights: Floats) -> float:
    """Where the ROC curve, drawn by straight lines, has as many misses as false alarms."""
    false_alarms, found, _ = roc_curve(outcomes.fake, outcomes.scores, sample_weight=weights, drop_intermediate=False)
    # Along the curve false alarms less misses rises from -1 to 1.
    return float(np.interp(0, false_alarms + found - 1, false_alarms))


def found_at(rate: float) -> Metric:
    """Share of fakes that are found where so many reals are alarmed at (TPR at that FPR)."""

    def metric(outcomes: Outcomes, weights: Floats) -> float:
        alarms, found, _ = roc_curve(outcomes.fake, outcomes.scores, sample_weight=weights, drop_intermediate=False)
        return float(found[alarms <= rate].max())

    return metric


def false_alarms(outcomes: Outcomes, weights: Floats) -> float:
    """Share of reals called likely manipulated (FPR at the shipped threshold)."""
    return _share(outcomes.alarmed, ~outcomes.fake, weights)


def misses(outcomes: Outcomes, weights: Floats) -> float:
    """Share of fakes called likely authentic (FNR at the shipped threshold)."""
    return _share(outcomes.cleared, outcomes.fake, weights)


def coverage(outcomes: Outcomes, weights: Floats) -> float:
    """Share of all files that are called one or the other."""
    return _share(outcomes.alarmed | outcomes.cleared, np.ones_like(outcomes.fake), weights)


def error_where_called(outcomes: Outcomes, weights: Floats) -> float:
    """Share of those that are called wrongly; NaN where none is called."""
    wrong = np.where(outcomes.fake, outcomes.cleared, outcomes.alarmed)
    return _share(wrong, outcomes.alarmed | outcomes.cleared, weights)


def brier(outcomes: Outcomes, weights: Floats) -> float:
    """Mean squared error of the score."""
    return float(brier_score_loss(outcomes.fake, outcomes.scores, sample_weight=weights))


def expected_calibration_error(outcomes: Outcomes, weights: Floats) -> float:
    """Mean distance of score and share of fakes over 15 even bins (Guo et al., ICML 2017)."""
    excess = weights * (outcomes.scores - outcomes.fake)
    bins = binned_statistic(outcomes.scores, excess, "sum", ECE_BINS, (0, 1)).statistic
    return float(np.abs(bins).sum() / weights.sum())


METRICS: dict[str, Metric] = {
    "auc": auc,
    "average_precision": average_precision,
    "eer": equal_error_rate,
    "tpr_at_fpr_1": found_at(0.01),
    "tpr_at_fpr_5": found_at(0.05),
    "false_alarms": false_alarms,
    "misses": misses,
    "coverage": coverage,
    "error_where_called": error_where_called,
    "brier": brier,
    "ece": expected_calibration_error,
}
_RATES = {"tpr_at_fpr_1": 0.01, "tpr_at_fpr_5": 0.05}


def draws(clusters: Sequence[str], fake: Bools) -> NDArray[np.int64]:
    """How often each resample draws each file.

    Args:
        clusters: of each of the `n` files; those of one cluster are drawn together.
        fake: `(n,)` their labels.

    Returns:
        `(1000, n)`, seeded, so that equal clusters give equal draws; `(0, n)` where the clusters of a label are too few
        to stand for others.
    """
    names, members = np.unique(np.asarray(clusters), return_inverse=True)
    fewest = min(len(np.unique(members[fake])), len(np.unique(members[~fake])))
    resamples = RESAMPLES if fewest >= MIN_CLUSTERS else 0
    rng = np.random.default_rng(SEED)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    return counts[:, members]


def resampled(metric: Metric, outcomes: Outcomes, counts: NDArray[np.int64]) -> Floats:
    """A metric of each resample, `(1000,)` or `(0,)`; NaN where a resample lacks what it needs."""
    return np.array([_of_resample(metric, outcomes, count) for count in counts])


def figure(name: str, outcomes: Outcomes, samples: Floats) -> Figure:
    """One of `METRICS` with its percentile interval.

    Args:
        name: which.
        outcomes: of all files.
        samples: `resampled` of the same.
    """
    reals = int((~outcomes.fake).sum())
    needed = round(MIN_FALSE_ALARMS / _RATES[name]) if name in _RATES else 1
    if reals < needed:
        return Figure(value=None, withheld=f"needs {needed} reals, there are {reals}")
    value = METRICS[name](outcomes, np.ones(len(outcomes.fake)))
    if np.isnan(value):
        return Figure(value=None, withheld="no file is called")
    return Figure(value=value, interval=interval(samples))


def difference(first: Figure, second: Figure, samples: Floats) -> Figure:
    """What the first has more than the second.

    Args:
        first: a metric.
        second: the same of another net, or of other files.
        samples: difference of both's `resampled`, draw by draw.
    """
    if first.value is None or second.value is None:
        return Figure(value=None, withheld=first.withheld or second.withheld)
    return Figure(value=first.value - second.value, interval=interval(samples))


def interval(samples: Floats) -> tuple[float, float] | None:
    """The 95 % percentile interval of resampled values `(n,)`, those that are NaN left out; None of none."""
    if not np.isfinite(samples).any():
        return None
    low, high = np.nanquantile(samples, [0.025, 0.975])
    return float(low), float(high)


def _of_resample(metric: Metric, outcomes: Outcomes, count: NDArray[np.int64]) -> float:
    drawn = count > 0
    chosen = outcomes.among(drawn)
    if chosen.fake.all() or not chosen.fake.any():
        return np.nan
    return metric(chosen, count[drawn].astype(np.float64))


def _share(counted: NDArray[Any], among: Bools, weights: Floats) -> float:
    total = (weights * among).sum()
    return float((weights * (counted & among)).sum() / total) if total else np.nan
