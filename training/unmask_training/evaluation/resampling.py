"""How sure a metric is: the same of a thousand resamples of the files, many of them at once.

Intervals come from a bootstrap clustered by identity: files of one person, or made from one video, are drawn together,
for they are no independent evidence (Cameron, Gelbach and Miller, "Bootstrap-Based Improvements for Inference with
Clustered Errors", 2008). All nets see the same draws, so that the differences between them are paired.

Files are sorted once, and running sums of how often each was drawn give every resample's ROC curve, since to ask
scikit-learn a thousand times takes minutes. Tests hold each resample to what it says of files truly repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid

from unmask_training.evaluation.metrics import (
    RATES,
    READINGS,
    SHARES,
    Bools,
    Figure,
    Floats,
    Outcomes,
    Share,
    binned_excess,
    curve,
    figure,
)

RESAMPLES = 1000
SEED = 1
# Drawn from fewer people or videos of a label, resamples hardly differ, and intervals are far too narrow.
MIN_CLUSTERS = 10
# Resamples that are held in memory at a time.
BLOCK = 50
CURVE = "roc"


@dataclass(frozen=True, eq=False)
class Resamples:
    """`k` resamples of `n` files, of which each has both labels.

    Attributes:
        outcomes: of the files.
        weights: `(k, n)`, how often each resample draws each file.
    """

    outcomes: Outcomes
    weights: Floats

    @cached_property
    def above(self) -> tuple[Floats, Floats]:
        """How many reals and fakes score at least each of `t` thresholds, `(k, t)` each, from none to all."""
        order = np.argsort(-self.outcomes.scores)
        falling, fake = self.outcomes.scores[order], self.outcomes.fake[order]
        # Files of one score are told apart by no threshold.
        last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
        drawn = self.weights[:, order]
        reals, fakes = (np.cumsum(drawn * label, axis=1)[:, last] for label in (~fake, fake))
        return _from_none(reals), _from_none(fakes)

    @cached_property
    def roc(self) -> tuple[Floats, Floats]:
        """False alarms and fakes found at each threshold, `(k, t)` each."""
        reals, fakes = self.above
        return reals / reals[:, -1:], fakes / fakes[:, -1:]


def _from_none(sums: Floats) -> Floats:
    """`(k, t)` with a column of zeros before."""
    return np.pad(sums, ((0, 0), (1, 0)))


Measure = Callable[[Resamples], Floats]


def auc(files: Resamples) -> Floats:
    """Area under each ROC curve, `(k,)`."""
    alarms, found = files.roc
    areas: Floats = trapezoid(found, alarms, axis=1)
    return areas


def average_precision(files: Resamples) -> Floats:
    """Mean precision over the recalls, `(k,)`."""
    reals, fakes = files.above
    alarmed = reals + fakes
    precision = np.divide(fakes, alarmed, out=np.zeros_like(fakes), where=alarmed > 0)
    gained = np.diff(files.roc[1], axis=1)
    means: Floats = (gained * precision[:, 1:]).sum(axis=1)
    return means


def brier(files: Resamples) -> Floats:
    """Mean squared error of the score, `(k,)`."""
    squared = (files.outcomes.scores - files.outcomes.fake) ** 2
    means: Floats = files.weights @ squared / files.weights.sum(axis=1)
    return means


def expected_calibration_error(files: Resamples) -> Floats:
    """Mean distance of score and share of fakes, `(k,)`."""
    distances = np.abs(binned_excess(files.outcomes, files.weights))
    means: Floats = distances.sum(axis=1) / files.weights.sum(axis=1)
    return means


def _read(reading: Callable[[Floats, Floats], float | Floats]) -> Measure:
    return lambda files: np.array([reading(alarms, found) for alarms, found in zip(*files.roc, strict=True)])


def _share(masks: Callable[[Outcomes], Share]) -> Measure:
    """NaN among none."""

    def measure(files: Resamples) -> Floats:
        counted, among = masks(files.outcomes)
        total = files.weights @ among
        return np.divide(files.weights @ (counted & among), total, out=np.full(len(total), np.nan), where=total > 0)

    return measure


# What `METRICS` are of all files, and the ROC curve, `(k, 101)`.
MEASURES: dict[str, Measure] = {
    "auc": auc,
    "average_precision": average_precision,
    **{name: _read(reading) for name, reading in READINGS.items()},
    **{name: _share(masks) for name, masks in SHARES.items()},
    "brier": brier,
    "ece": expected_calibration_error,
    CURVE: _read(curve),
}


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


def resampled(names: Sequence[str], outcomes: Outcomes, counts: NDArray[np.int64]) -> dict[str, Floats]:
    """What each resample measures.

    Args:
        names: of `MEASURES`.
        outcomes: of `n` files.
        counts: `(resamples, n)`, how often each draws each file.

    Returns:
        By name `(resamples,)`, of the ROC curve `(resamples, 101)`; NaN where a resample lacks a label.
    """
    has_both = counts[:, outcomes.fake].any(axis=1) & counts[:, ~outcomes.fake].any(axis=1)
    shapes = {name: (len(counts), len(RATES)) if name == CURVE else len(counts) for name in names}
    samples = {name: np.full(shape, np.nan) for name, shape in shapes.items()}
    usable = np.flatnonzero(has_both)
    for start in range(0, len(usable), BLOCK):
        rows = usable[start : start + BLOCK]
        files = Resamples(outcomes, counts[rows].astype(np.float64))
        for name in names:
            samples[name][rows] = MEASURES[name](files)
    return samples


def auc_figure(outcomes: Outcomes, counts: NDArray[np.int64]) -> Figure:
    """The AUC with its interval, by the resamples `(resamples, n)` of `draws`."""
    return figure("auc", outcomes, resampled(["auc"], outcomes, counts)["auc"])
