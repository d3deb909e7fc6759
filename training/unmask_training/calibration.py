"""What turns scores into verdicts: temperature and bands, fitted on validation faces."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from unmask_edge.manifest import Bands
from unmask_edge.scoring import calibrate
from unmask_training.recipe import DecisionRecipe


def fit_temperature(labels: NDArray[Any], raw_scores: NDArray[Any]) -> float:
    """The temperature in [0.1, 10] that minimises log loss (Guo et al., ICML 2017).

    Args:
        labels: `(n,)`, fake = 1.
        raw_scores: `(n,)` P(fake) before temperature.
    """

    def loss(log_temperature: float) -> float:
        return float(log_loss(labels, calibrated(raw_scores, float(np.exp(log_temperature))), labels=[0, 1]))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def calibrated(raw_scores: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """`(n,)` scores after temperature, by the edge runtime's own arithmetic."""
    return np.array([calibrate(float(score), temperature) for score in raw_scores])


def fit_bands(labels: NDArray[Any], scores: NDArray[Any], decision: DecisionRecipe) -> Bands:
    """Bands that keep false alarms and misses on validation faces below the recipe's shares.

    Args:
        labels: `(n,)`, fake = 1.
        scores: `(n,)` calibrated P(fake).
        decision: the shares.
    """
    manipulated_from = float(np.quantile(scores[labels == 0], 1 - decision.max_false_alarms, method="higher"))
    authentic_below = float(np.quantile(scores[labels == 1], decision.max_misses, method="lower"))
    # "From" includes its bound, so it must lie above the real face that marks it.
    manipulated_from = float(np.nextafter(manipulated_from, 1))
    return Bands(
        likely_authentic_below=min(authentic_below, manipulated_from), likely_manipulated_from=manipulated_from
    )
