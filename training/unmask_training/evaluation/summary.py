"""Puts what nets say of a case's files into numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from unmask_edge.errors import UnmaskError
from unmask_edge.scoring import Verdict
from unmask_training.data.record import Label, Record
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.metrics import Figure, Floats, Outcomes, Roc, difference, figure, roc
from unmask_training.evaluation.resampling import CURVE, MEASURES, auc_figure, draws, resampled
from unmask_training.evaluation.slices import Slice, slices

METADATA = "metadata only"


class ScoredFile(BaseModel):
    """A file and its score.

    Attributes:
        path: relative to the folder of the set.
        score: calibrated P(fake) in [0, 1].
    """

    model_config = ConfigDict(frozen=True)

    path: str
    label: Label
    score: float
    verdict: Verdict


class Evaluation(BaseModel):
    """How one net did on one case.

    Attributes:
        data: the set and folder, as they were named.
        split: which files of them; None for all.
        distortion: what was done to each file before faces were looked for, as in `h264:35`; None for nothing.
        unit: what is scored: images, by their most suspicious face, or clips.
        unscored: files that could not be scored, mostly for want of a face; they are in no figure.
        figures: by the names of `METRICS`; of distorted files and of the metadata baseline the AUC alone.
        beside_first: what each figure has more than the first net's on the same files, the interval paired.
        auc_lost: what the distortion costs: AUC without less AUC with it.
        slices: AUC of parts of the files.
        roc: the ROC curve; None, like the next one, of distorted files and of the metadata baseline.
        files: what came of each.
        swaps_above_originals: fakes that scored higher than their original.
        pairs: fakes of which the original was scored too.
        pair_auc: mean over the pairs of the AUC of a forgery's frames against its own original's, where a clip's scene,
            camera and coding tell nothing; None without pairs.
        false_alarm_files: paths of the reals called likely manipulated.
        sharpness_r_reals, sharpness_r_fakes: Spearman's correlation of score and sharpness over the reals and over the
            fakes; None where either is constant.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    data: str
    split: str | None
    distortion: str | None
    unit: Literal["image", "clip"]
    reals: int
    fakes: int
    unscored: int
    figures: dict[str, Figure]
    beside_first: dict[str, Figure] = {}
    auc_lost: float | None = None
    slices: list[Slice] = []
    roc: Roc | None = None
    files: list[ScoredFile] = []
    swaps_above_originals: int = 0
    pairs: int = 0
    pair_auc: float | None = None
    false_alarm_files: list[str] = []
    sharpness_r_reals: float | None = None
    sharpness_r_fakes: float | None = None


class _Scored(NamedTuple):
    """The files that a net could score, and what came of it.

    Attributes:
        counts: `(1000, n)`, how often each resample draws each of them.
        samples: what `resampled` gives.
    """

    records: list[Record]
    judged: list[Judged]
    outcomes: Outcomes
    counts: NDArray[np.int64]
    samples: dict[str, Floats]


def summarise(case: Case, outcomes: Mapping[str, Sequence[Judged | None]]) -> list[Evaluation]:
    """Put into numbers what each net says of each file, None being one that could not be scored.

    Args:
        case: the files.
        outcomes: by the net's name; the others are compared with the first.

    Raises:
        UnmaskError: if no file of one label could be scored.
    """
    counts = draws(case.clusters, case.fake)
    scored = {model: _scored(case, judged, counts) for model, judged in outcomes.items()}
    evaluations = [_evaluation(model, case, part) for model, part in scored.items()]
    first = next(iter(scored.values()))
    return [
        evaluations[0],
        *(
            evaluation.model_copy(update={"beside_first": _beside(evaluation, part, evaluations[0], first)})
            for evaluation, part in zip(evaluations[1:], list(scored.values())[1:], strict=True)
        ),
    ]


def summarise_metadata(beside: Evaluation, case: Case, scores: Floats | None) -> Evaluation:
    """Put the metadata baseline into numbers.

    Args:
        beside: a net's evaluation of the same case.
        case: the files.
        scores: `(n,)`, one a file; None where they were too few to fit on, or a store stands for them.
    """
    fake = case.fake
    if scores is None:
        told = Figure(value=None, withheld="no metadata in a store" if case.stored else "too few files")
    else:
        told = auc_figure(Outcomes.uncalled(fake, scores), draws(case.clusters, fake))
    return Evaluation(
        model=METADATA,
        data=case.data,
        split=case.split,
        distortion=beside.distortion,
        unit=beside.unit,
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=0,
        figures={"auc": told},
    )


def with_loss(distorted: Sequence[Evaluation], plain: Sequence[Evaluation]) -> Iterator[Evaluation]:
    """The evaluations after a distortion, each with what it lost against the same net's without."""
    for after, before in zip(distorted, plain, strict=True):
        values = before.figures["auc"].value, after.figures["auc"].value
        lost = None if values[0] is None or values[1] is None else values[0] - values[1]
        yield after.model_copy(update={"auc_lost": lost})


def _scored(case: Case, judged: Sequence[Judged | None], counts: NDArray[np.int64]) -> _Scored:
    there = np.array([outcome is not None for outcome in judged], bool)
    records = [record for record, is_there in zip(case.records, there, strict=True) if is_there]
    judgements = [outcome for outcome in judged if outcome is not None]
    outcomes = Outcomes(
        fake=case.fake[there],
        scores=np.array([outcome.score for outcome in judgements], np.float64),
        alarmed=np.array([outcome.verdict == "likely manipulated" for outcome in judgements], bool),
        cleared=np.array([outcome.verdict == "likely authentic" for outcome in judgements], bool),
    )
    if outcomes.fake.all() or not outcomes.fake.any():
        raise UnmaskError(
            f"Expected scored reals and fakes in {case.data}. Received: {len(records)} scored of {len(case.records)}."
        )
    drawn = counts[:, there]
    # Of distorted files no more is asked than what the distortion costs.
    names = ["auc"] if case.distortion else list(MEASURES)
    return _Scored(records, judgements, outcomes, drawn, resampled(names, outcomes, drawn))


def _evaluation(model: str, case: Case, scored: _Scored) -> Evaluation:
    records, judged, outcomes, counts, samples = scored
    fake, scores = outcomes.fake, outcomes.scores
    sharpnesses = np.array([outcome.sharpness for outcome in judged])
    pairs = _pairs(records, judged)
    alarms = ~fake & outcomes.alarmed
    return Evaluation(
        model=model,
        data=case.data,
        split=case.split,
        distortion=case.distortion and str(case.distortion),
        unit="clip" if any(outcome.is_clip for outcome in judged) else "image",
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=len(case.records) - len(records),
        figures={name: figure(name, outcomes, sample) for name, sample in samples.items() if name != CURVE},
        slices=[] if case.distortion else slices(records, judged, outcomes, counts),
        roc=None if case.distortion else roc(outcomes, samples[CURVE]),
        files=[] if case.distortion else _files(records, judged),
        swaps_above_originals=sum(swap.score > original.score for swap, original in pairs),
        pairs=len(pairs),
        pair_auc=_pair_auc(pairs),
        false_alarm_files=[record.path for record, alarm in zip(records, alarms, strict=True) if alarm],
        sharpness_r_reals=_correlation(scores[~fake], sharpnesses[~fake]),
        sharpness_r_fakes=_correlation(scores[fake], sharpnesses[fake]),
    )


def _files(records: Sequence[Record], judged: Sequence[Judged]) -> list[ScoredFile]:
    return [
        ScoredFile(path=record.path, label=record.label, score=outcome.score, verdict=outcome.verdict)
        for record, outcome in zip(records, judged, strict=True)
    ]


def _beside(evaluation: Evaluation, scored: _Scored, first: Evaluation, first_scored: _Scored) -> dict[str, Figure]:
    return {
        name: difference(told, first.figures[name], scored.samples[name] - first_scored.samples[name])
        for name, told in evaluation.figures.items()
    }


def _pairs(records: Sequence[Record], judged: Sequence[Judged]) -> list[tuple[Judged, Judged]]:
    """Forgeries and their originals, of one source video in one version."""
    originals = {
        (record.source_video, record.compression): outcome
        for record, outcome in zip(records, judged, strict=True)
        if record.source_video and record.label == "real"
    }
    keyed = [
        ((record.source_video, record.compression), outcome)
        for record, outcome in zip(records, judged, strict=True)
        if record.label == "fake"
    ]
    return [(outcome, originals[key]) for key, outcome in keyed if key in originals]


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
