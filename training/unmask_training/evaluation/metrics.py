"""What is told of scores and labels; scikit-learn and SciPy do the arithmetic, and `resampling.py` the intervals."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import binned_statistic
from sklearn.metrics import auc as area
from sklearn.metrics import average_precision_score, brier_score_loss, roc_curve

OF_95_PERCENT = (0.025, 0.975)
ECE_BINS = 15
RATES = np.linspace(0, 1, 101)
# A rate of false alarms is told where it amounts to at least so many reals; below, one file more or less decides.
MIN_FALSE_ALARMS = 5

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

    @classmethod
    def uncalled(cls, fake: Bools, scores: Floats) -> "Outcomes":
        """Scores without thresholds: all inconclusive."""
        return cls(fake, scores, np.zeros_like(fake), np.zeros_like(fake))

    @property
    def called(self) -> Bools:
        """Not inconclusive."""
        return self.alarmed | self.cleared

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

    def shown(self, form: str, bounds: str) -> str:
        """Value and interval in formats as `.3f`; of what is withheld, why."""
        if self.value is None:
            return self.withheld or ""
        if self.interval is None:
            return f"{self.value:{form}}"
        low, high = self.interval
        return f"{self.value:{form}} ({low:{bounds}} to {high:{bounds}})"


class Roc(BaseModel):
    """A ROC curve by straight lines, at even rates of false alarms.

    Attributes:
        fpr: these rates, from 0 to 1.
        tpr: share of fakes found at each.
        low, high: its 95 % interval; None where people or videos are too few for one.
    """

    model_config = ConfigDict(frozen=True)

    fpr: list[float]
    tpr: list[float]
    low: list[float] | None
    high: list[float] | None


class Share(NamedTuple):
    """Which files are counted among which others, both masks `(n,)`."""

    counted: Bools
    among: Bools


Metric = Callable[[Outcomes], float]


def roc_points(outcomes: Outcomes) -> tuple[Floats, Floats]:
    """False alarms and fakes found at every threshold, `(t,)` each, from none to all of both."""
    alarms, found, _ = roc_curve(outcomes.fake, outcomes.scores, drop_intermediate=False)
    return alarms, found


def auc(outcomes: Outcomes) -> float:
    """Area under the ROC curve."""
    return float(area(*roc_points(outcomes)))


def average_precision(outcomes: Outcomes) -> float:
    """Mean precision over the recalls, fakes being what is looked for."""
    return float(average_precision_score(outcomes.fake, outcomes.scores))


def equal_error_rate(alarms: Floats, found: Floats) -> float:
    """Where a ROC curve, drawn by straight lines, has as many misses as false alarms."""
    # Along the curve false alarms less misses rises from -1 to 1.
    return float(np.interp(0, alarms + found - 1, alarms))


def found_at(rate: float) -> Callable[[Floats, Floats], float]:
    """Share of fakes that a ROC curve finds where so many reals are alarmed at (TPR at that FPR)."""

    def reading(alarms: Floats, found: Floats) -> float:
        return float(found[alarms <= rate].max())

    return reading


def curve(alarms: Floats, found: Floats) -> Floats:
    """Fakes found at 101 even rates of false alarms, `(101,)`."""
    return np.interp(RATES, alarms, found)


def false_alarms(outcomes: Outcomes) -> Share:
    """Of the reals those called likely manipulated (FPR at the shipped threshold)."""
    return Share(outcomes.alarmed, ~outcomes.fake)


def misses(outcomes: Outcomes) -> Share:
    """Of the fakes those called likely authentic (FNR at the shipped threshold)."""
    return Share(outcomes.cleared, outcomes.fake)


def coverage(outcomes: Outcomes) -> Share:
    """Of all files those that are called one or the other."""
    return Share(outcomes.called, np.ones_like(outcomes.fake))


def error_where_called(outcomes: Outcomes) -> Share:
    """Of those the ones that are called wrongly."""
    return Share(np.where(outcomes.fake, outcomes.cleared, outcomes.alarmed), outcomes.called)


def brier(outcomes: Outcomes) -> float:
    """Mean squared error of the score."""
    return float(brier_score_loss(outcomes.fake, outcomes.scores))


def binned_excess(outcomes: Outcomes, weights: Floats) -> Floats:
    """By how much scores exceed the fakes, summed in 15 even bins of the score.

    Args:
        outcomes: of `n` files.
        weights: `(..., n)`, how often each counts.

    Returns:
        `(..., 15)`.
    """
    excess = weights * (outcomes.scores - outcomes.fake)
    sums: Floats = binned_statistic(outcomes.scores, excess, "sum", ECE_BINS, (0, 1)).statistic
    return sums


def expected_calibration_error(outcomes: Outcomes) -> float:
    """Mean distance of score and share of fakes over 15 even bins (Guo et al., ICML 2017)."""
    return float(np.abs(binned_excess(outcomes, np.ones(len(outcomes.fake)))).sum() / len(outcomes.fake))


# False alarms at which it is told how many fakes are found.
_ALLOWED = {"tpr_at_fpr_1": 0.01, "tpr_at_fpr_5": 0.05}
READINGS = {"eer": equal_error_rate, **{name: found_at(rate) for name, rate in _ALLOWED.items()}}
SHARES = {
    "false_alarms": false_alarms,
    "misses": misses,
    "coverage": coverage,
    "error_where_called": error_where_called,
}


def _read(reading: Callable[[Floats, Floats], float]) -> Metric:
    return lambda outcomes: reading(*roc_points(outcomes))


def _share(masks: Callable[[Outcomes], Share]) -> Metric:
    """NaN among none."""

    def metric(outcomes: Outcomes) -> float:
        counted, among = masks(outcomes)
        return float(counted[among].mean()) if among.any() else np.nan

    return metric


METRICS: dict[str, Metric] = {
    "auc": auc,
    "average_precision": average_precision,
    **{name: _read(reading) for name, reading in READINGS.items()},
    **{name: _share(masks) for name, masks in SHARES.items()},
    "brier": brier,
    "ece": expected_calibration_error,
}


def figure(name: str, outcomes: Outcomes, samples: Floats) -> Figure:
    """One of `METRICS` with its percentile interval.

    Args:
        name: which.
        outcomes: of all files.
        samples: the same of each resample; NaN where it has none.
    """
    reals = int((~outcomes.fake).sum())
    needed = round(MIN_FALSE_ALARMS / _ALLOWED[name]) if name in _ALLOWED else 1
    if reals < needed:
        return Figure(value=None, withheld=f"needs {needed} reals, there are {reals}")
    value = METRICS[name](outcomes)
    if np.isnan(value):
        return Figure(value=None, withheld="no file is called")
    return Figure(value=value, interval=interval(samples))


def difference(first: Figure, second: Figure, samples: Floats) -> Figure:
    """What the first has more than the second.

    Args:
        first: a metric.
        second: the same of another net, or of other files.
        samples: the difference in each resample.
    """
    if first.value is None or second.value is None:
        return Figure(value=None, withheld=first.withheld or second.withheld)
    return Figure(value=first.value - second.value, interval=interval(samples))


def roc(outcomes: Outcomes, samples: Floats) -> Roc:
    """The ROC curve.

    Args:
        outcomes: of all files.
        samples: `(resamples, 101)`, `curve` of each; of none there is no interval.
    """
    low, high = np.nanquantile(samples, OF_95_PERCENT, axis=0).tolist() if len(samples) else (None, None)
    return Roc(fpr=RATES.tolist(), tpr=curve(*roc_points(outcomes)).tolist(), low=low, high=high)


def interval(samples: Floats) -> tuple[float, float] | None:
    """The 95 % percentile interval of resampled values `(n,)`, those that are NaN left out; None of none."""
    if not np.isfinite(samples).any():
        return None
    low, high = np.nanquantile(samples, OF_95_PERCENT)
    return float(low), float(high)
