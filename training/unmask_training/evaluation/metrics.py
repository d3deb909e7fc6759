"""What is told of scores and labels, each with its interval; scikit-learn and SciPy do the arithmetic.

Intervals come from a bootstrap clustered by identity: files of one person, or made from one video, are drawn together,
for they are no independent evidence (Cameron, Gelbach and Miller, "Bootstrap-Based Improvements for Inference with
Clustered Errors", 2008). All nets see the same draws, so that the differences between them are paired.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import binned_statistic
from sklearn.metrics import auc as area
from sklearn.metrics import average_precision_score, brier_score_loss, roc_curve

RESAMPLES = 1000
SEED = 1
OF_95_PERCENT = (0.025, 0.975)
ECE_BINS = 15
RATES = np.linspace(0, 1, 101)
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


@dataclass(frozen=True, eq=False)
class Weighted:
    """Outcomes of which some count more than once, as in a resample.

    Attributes:
        weights: `(n,)`.
    """

    outcomes: Outcomes
    weights: Floats

    @classmethod
    def evenly(cls, outcomes: Outcomes) -> "Weighted":
        """Each file once."""
        return cls(outcomes, np.ones(len(outcomes.fake)))

    @cached_property
    def roc(self) -> tuple[Floats, Floats]:
        """False alarms and fakes found at every threshold, from none to all of both."""
        fake, scores = self.outcomes.fake, self.outcomes.scores
        alarms, found, _ = roc_curve(fake, scores, sample_weight=self.weights, drop_intermediate=False)
        return alarms, found

    def share(self, counted: Bools, among: Bools) -> float:
        """Share of some files among others, both told by masks `(n,)`; NaN among none."""
        total = (self.weights * among).sum()
        return float((self.weights * (counted & among)).sum() / total) if total else np.nan


Metric = Callable[[Weighted], float]
Measure = Metric | Callable[[Weighted], Floats]


def auc(files: Weighted) -> float:
    """Area under the ROC curve."""
    return float(area(*files.roc))


def average_precision(files: Weighted) -> float:
    """Mean precision over the recalls, fakes being what is looked for."""
    fake, scores = files.outcomes.fake, files.outcomes.scores
    return float(average_precision_score(fake, scores, sample_weight=files.weights))


def equal_error_rate(files: Weighted) -> float:
    """Where the ROC curve, drawn by straight lines, has as many misses as false alarms."""
    alarms, found = files.roc
    # Along the curve false alarms less misses rises from -1 to 1.
    return float(np.interp(0, alarms + found - 1, alarms))


def found_at(rate: float) -> Metric:
    """Share of fakes that are found where so many reals are alarmed at (TPR at that FPR)."""

    def metric(files: Weighted) -> float:
        alarms, found = files.roc
        return float(found[alarms <= rate].max())

    return metric


def false_alarms(files: Weighted) -> float:
    """Share of reals called likely manipulated (FPR at the shipped threshold)."""
    return files.share(files.outcomes.alarmed, ~files.outcomes.fake)


def misses(files: Weighted) -> float:
    """Share of fakes called likely authentic (FNR at the shipped threshold)."""
    return files.share(files.outcomes.cleared, files.outcomes.fake)


def coverage(files: Weighted) -> float:
    """Share of all files that are called one or the other."""
    return files.share(files.outcomes.called, np.ones_like(files.outcomes.fake))


def error_where_called(files: Weighted) -> float:
    """Share of those that are called wrongly; NaN where none is called."""
    outcomes = files.outcomes
    return files.share(np.where(outcomes.fake, outcomes.cleared, outcomes.alarmed), outcomes.called)


def brier(files: Weighted) -> float:
    """Mean squared error of the score."""
    return float(brier_score_loss(files.outcomes.fake, files.outcomes.scores, sample_weight=files.weights))


def expected_calibration_error(files: Weighted) -> float:
    """Mean distance of score and share of fakes over 15 even bins (Guo et al., ICML 2017)."""
    excess = files.weights * (files.outcomes.scores - files.outcomes.fake)
    bins = binned_statistic(files.outcomes.scores, excess, "sum", ECE_BINS, (0, 1)).statistic
    return float(np.abs(bins).sum() / files.weights.sum())


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


def resampled(measures: Mapping[str, Measure], outcomes: Outcomes, counts: NDArray[np.int64]) -> dict[str, Floats]:
    """What each resample measures.

    Args:
        measures: by name.
        outcomes: of `n` files.
        counts: `(resamples, n)`, how often each draws each file.

    Returns:
        `(resamples,)` and the shape of what is measured; NaN where a resample lacks a label.
    """
    whole = Weighted.evenly(outcomes)
    samples = {name: np.full((len(counts), *np.shape(measure(whole))), np.nan) for name, measure in measures.items()}
    for number, count in enumerate(counts):
        drawn = count > 0
        chosen = outcomes.among(drawn)
        if chosen.fake.any() and not chosen.fake.all():
            files = Weighted(chosen, count[drawn].astype(np.float64))
            for name, measure in measures.items():
                samples[name][number] = measure(files)
    return samples


def figure(name: str, outcomes: Outcomes, samples: Floats) -> Figure:
    """One of `METRICS` with its percentile interval.

    Args:
        name: which.
        outcomes: of all files.
        samples: the same of each resample; NaN where it has none.
    """
    reals = int((~outcomes.fake).sum())
    needed = round(MIN_FALSE_ALARMS / _RATES[name]) if name in _RATES else 1
    if reals < needed:
        return Figure(value=None, withheld=f"needs {needed} reals, there are {reals}")
    value = METRICS[name](Weighted.evenly(outcomes))
    if np.isnan(value):
        return Figure(value=None, withheld="no file is called")
    return Figure(value=value, interval=interval(samples))


def auc_figure(outcomes: Outcomes, counts: NDArray[np.int64]) -> Figure:
    """The AUC with its interval, by the resamples `(resamples, n)` of `draws`."""
    return figure("auc", outcomes, resampled({"auc": auc}, outcomes, counts)["auc"])


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


def curve(files: Weighted) -> Floats:
    """Fakes found at 101 even rates of false alarms, `(101,)`."""
    return np.interp(RATES, *files.roc)


def roc(outcomes: Outcomes, samples: Floats) -> Roc:
    """The ROC curve.

    Args:
        outcomes: of all files.
        samples: `(resamples, 101)`, `curve` of each; of none there is no interval.
    """
    low, high = np.nanquantile(samples, OF_95_PERCENT, axis=0).tolist() if len(samples) else (None, None)
    return Roc(fpr=RATES.tolist(), tpr=curve(Weighted.evenly(outcomes)).tolist(), low=low, high=high)


def interval(samples: Floats) -> tuple[float, float] | None:
    """The 95 % percentile interval of resampled values `(n,)`, those that are NaN left out; None of none."""
    if not np.isfinite(samples).any():
        return None
    low, high = np.nanquantile(samples, OF_95_PERCENT)
    return float(low), float(high)
