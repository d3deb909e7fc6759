"""What each format may lose against Keras on any set, by which `unmask compare --gate` decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unmask_edge.errors import UnmaskError
from unmask_export.comparison import KERAS, Breach, Comparison, FormatOnSet, SetComparison


@dataclass(frozen=True)
class StatedLoss:
    """What a format may lose.

    Attributes:
        auc: of files, Keras's less the format's.
        flipped: share of files whose verdict is not Keras's.
        mean_drift: mean over crops of the distance of the raw scores.
        reason: why there is a loss at all, and why no more of it.
    """

    auc: float
    flipped: float
    mean_drift: float
    reason: str


# Who picks a format by its size or speed reads the same verdicts: so all have the same to keep to.
STATED_LOSSES = {
    "float32": StatedLoss(0.003, 0.01, 0.01, "sums in another order; the Keras net's weights are kept as float16"),
    "float16": StatedLoss(0.003, 0.01, 0.01, "weights rounded to 11 bits, as the Keras net's are"),
    "tfjs": StatedLoss(0.003, 0.01, 0.01, "weights rounded to 11 bits; sums in another order"),
    "tfjs_float32": StatedLoss(0.003, 0.01, 0.01, "sums in another order"),
    "tfjs_uint8": StatedLoss(0.003, 0.01, 0.01, "weights rounded to 8 bits; a page shows the same verdicts"),
    "onnx_float32": StatedLoss(0.003, 0.01, 0.01, "sums in another order"),
    "onnx_float16": StatedLoss(0.003, 0.01, 0.01, "weights and activations rounded to 11 bits"),
    "onnx_batched": StatedLoss(0.003, 0.01, 0.01, "sums in another order"),
    "onnx_int8": StatedLoss(0.003, 0.01, 0.01, "8-bit integers, calibrated on faces: rounding may not move a verdict"),
    "int8": StatedLoss(0.003, 0.01, 0.01, "8-bit integers, calibrated on faces: rounding may not move a verdict"),
    "int16": StatedLoss(0.003, 0.01, 0.01, "activations of 16 bits, weights of 8"),
    "dynamic": StatedLoss(0.003, 0.01, 0.01, "weights of 8 bits, activations rounded by their own range in each crop"),
}


def breaches(sets: Sequence[SetComparison]) -> list[Breach]:
    """Every stated loss that a format exceeds, set by set."""
    return [breach for part in sets for told in part.formats if told.format != KERAS for breach in _of(part.data, told)]


def require_stated(comparison: Comparison) -> None:
    """Make sure that every format is within its stated loss.

    Raises:
        UnmaskError: if one is not.
    """
    if comparison.breaches:
        told = [
            f"{breach.format} on {breach.data}: {breach.measure} at most {breach.stated:g}, found {breach.found:.4f}"
            for breach in comparison.breaches
        ]
        raise UnmaskError("\n".join(("Expected every format within its stated loss. Received:", *told)))


def _of(data: str, told: FormatOnSet) -> Iterator[Breach]:
    stated, found = STATED_LOSSES[told.format], losses(told)
    limits = {"AUC lost": stated.auc, "verdicts flipped": stated.flipped, "mean score drift": stated.mean_drift}
    for measure, limit in limits.items():
        # Written so that a NaN exceeds it too.
        if not found[measure] <= limit:
            yield Breach.model_validate(
                {"format": told.format, "data": data, "measure": measure, "stated": limit, "found": found[measure]}
            )


def losses(told: FormatOnSet) -> dict[str, float]:
    """What a format lost, by the measures of `Breach`."""
    beside = told.files.beside_keras["auc"].value
    return {
        "AUC lost": float("nan") if beside is None else -beside,
        "verdicts flipped": told.flipped,
        "mean score drift": told.score_drift.mean,
    }
