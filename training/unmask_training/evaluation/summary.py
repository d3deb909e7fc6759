"""Puts what a net says of a folder's files into numbers."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from unmask_edge.errors import UnmaskError
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.labelled import Case, LabelledFile

RESAMPLES = 1000
SEED = 1


class Evaluation(BaseModel):
    """How one net did on one folder, as it is or distorted.

    Attributes:
        distortion: what was done to each file before faces were looked for, as in `h264:35`; None for nothing.
        metric: what `auc` is: of images, by their most suspicious face, or of clips.
        unscored: files that could not be scored, mostly for want of a face; they are not in the AUC.
        auc: area under the ROC curve of the files' scores, in [0, 1]; None where the files are too few to fit on.
        auc_interval: its 95 % bootstrap interval, reals and fakes resampled apart.
        auc_lost: what the distortion costs: AUC without less AUC with it.
        swaps_above_originals: pairs whose forgery scored higher than its original.
        pairs: pairs of which both were scored.
        pair_auc: mean over the pairs of the AUC of a forgery's frames against its own original's, where a clip's scene,
            camera and coding tell nothing; None without pairs.
        false_alarms: share of scored reals that were called likely manipulated; None, like the next two, for what gives
            no verdicts.
        misses: share of scored fakes that were called likely authentic.
        inconclusive: share of all scored that were called inconclusive.
        false_alarm_files: names of those reals.
        sharpness_r_reals, sharpness_r_fakes: Spearman's correlation of score and sharpness over the reals and over the
            fakes; None where either is constant.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    data: str
    distortion: str | None
    metric: Literal["frame_auc", "video_auc"]
    reals: int
    fakes: int
    unscored: int
    auc: float | None
    auc_interval: tuple[float, float] | None
    auc_lost: float | None = None
    swaps_above_originals: int = 0
    pairs: int = 0
    pair_auc: float | None = None
    false_alarms: float | None = None
    misses: float | None = None
    inconclusive: float | None = None
    false_alarm_files: list[str] = []
    sharpness_r_reals: float | None = None
    sharpness_r_fakes: float | None = None


def summarise(model: str, case: Case, outcomes: Sequence[Judged | None]) -> Evaluation:
    """Put into numbers what a net says of each file, None being one that could not be scored.

    Raises:
        UnmaskError: if no file of one label could be scored.
    """
    scored = [(file, judged) for file, judged in zip(case.files, outcomes, strict=True) if judged is not None]
    fake = np.array([file.label == "fake" for file, _ in scored], bool)
    if fake.all() or not fake.any():
        raise UnmaskError(
            f"Expected scored reals and fakes in {case.data}. Received: {len(scored)} scored of {len(case.files)}."
        )
    scores = np.array([judged.score for _, judged in scored])
    verdicts = np.array([judged.verdict for _, judged in scored])
    sharpnesses = np.array([judged.sharpness for _, judged in scored])
    alarms = ~fake & (verdicts == "likely manipulated")
    pairs = _pairs(scored)
    return Evaluation(
        model=model,
        data=case.data,
        distortion=case.distortion and str(case.distortion),
        metric="video_auc" if any(judged.is_clip for _, judged in scored) else "frame_auc",
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=len(case.files) - len(scored),
        auc=float(roc_auc_score(fake, scores)),
        auc_interval=auc_interval(scores[~fake], scores[fake]),
        swaps_above_originals=sum(swap.score > original.score for swap, original in pairs),
        pairs=len(pairs),
        pair_auc=_pair_auc(pairs),
        false_alarms=float(alarms.sum() / (~fake).sum()),
        misses=float((verdicts[fake] == "likely authentic").mean()),
        inconclusive=float((verdicts == "inconclusive").mean()),
        false_alarm_files=[file.path.name for (file, _), alarm in zip(scored, alarms, strict=True) if alarm],
        sharpness_r_reals=_correlation(scores[~fake], sharpnesses[~fake]),
        sharpness_r_fakes=_correlation(scores[fake], sharpnesses[fake]),
    )


def summarise_metadata(beside: Evaluation, case: Case, scores: NDArray[Any] | None) -> Evaluation:
    """Put the metadata baseline into numbers.

    Args:
        beside: a net's evaluation of the same case.
        case: the files.
        scores: `(n,)`, one a file; None where they were too few to fit on.
    """
    fake = np.array([file.label == "fake" for file in case.files])
    return Evaluation(
        model="metadata only",
        data=beside.data,
        distortion=beside.distortion,
        metric=beside.metric,
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=0,
        auc=None if scores is None else float(roc_auc_score(fake, scores)),
        auc_interval=None if scores is None else auc_interval(scores[~fake], scores[fake]),
    )


def with_loss(distorted: Sequence[Evaluation], plain: Sequence[Evaluation]) -> list[Evaluation]:
    """The evaluations after a distortion, each with what it lost against the same net's without."""
    pairs = zip(distorted, plain, strict=True)
    return [after.model_copy(update={"auc_lost": _difference(before.auc, after.auc)}) for after, before in pairs]


def auc_interval(reals: NDArray[Any], fakes: NDArray[Any]) -> tuple[float, float]:
    """95 % interval of the AUC of `(n,)` scores of reals and `(m,)` of fakes, by a seeded percentile bootstrap."""
    rng = np.random.default_rng(SEED)
    wins = (fakes[:, None] > reals) + 0.5 * (fakes[:, None] == reals)
    fake_counts, real_counts = (rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) for n in wins.shape)
    aucs = ((fake_counts @ wins) * real_counts).sum(axis=1) / wins.size
    low, high = np.quantile(aucs, [0.025, 0.975])
    return float(low), float(high)


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else before - after


def _pairs(scored: Sequence[tuple[LabelledFile, Judged]]) -> list[tuple[Judged, Judged]]:
    """Forgeries and their originals."""
    originals = {file.pair: judged for file, judged in scored if file.pair and file.label == "real"}
    return [
        (judged, originals[file.pair]) for file, judged in scored if file.label == "fake" and file.pair in originals
    ]


def _pair_auc(pairs: Sequence[tuple[Judged, Judged]]) -> float | None:
    aucs = [
        roc_auc_score(
            [True] * len(swap.frame_scores) + [False] * len(original.frame_scores),
            [*swap.frame_scores, *original.frame_scores],
        )
        for swap, original in pairs
    ]
    return float(np.mean(aucs)) if aucs else None


def _correlation(scores: NDArray[Any], sharpnesses: NDArray[Any]) -> float | None:
    if np.ptp(scores) == 0 or np.ptp(sharpnesses) == 0:
        return None
    return float(spearmanr(scores, sharpnesses).statistic)
