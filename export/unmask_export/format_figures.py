"""Puts into numbers how a bundle's formats differ from its Keras net on one set."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.scoring import Verdict, calibrate
from unmask_export.comparison import KERAS, Drift, Figures, Flip, FormatOnSet, SetComparison
from unmask_export.kept_outputs import FileOutputs
from unmask_training.data.record import Record
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.metrics import METRICS, Bools, Outcomes, difference, figure
from unmask_training.evaluation.resampling import draws, resampled
from unmask_training.evaluation.scorers import Rules


def compare_on(case: Case, said: Mapping[str, Sequence[FileOutputs]], rules: Rules) -> SetComparison:
    """Compare formats with Keras.

    Args:
        case: the `n` files.
        said: what `keras` and each format says of each of them, by name.
        rules: temperature and bands of all.

    Raises:
        UnmaskError: if no file of one label could be scored.
    """
    # A file's faces, and with them whether it could be scored, are the same for all.
    there = np.array([bool(len(one.outputs.scores)) for one in said[KERAS]])
    fake = case.fake[there]
    if fake.all() or not fake.any():
        raise UnmaskError(
            f"Expected scored reals and fakes in {case.data}. Received: {len(fake)} scored of {len(there)}."
        )
    records = [record for record, is_there in zip(case.records, there, strict=True) if is_there]
    scored = {name: [one for one in of_net if one.judged] for name, of_net in said.items()}
    judged = {name: [one.judged for one in of_net if one.judged] for name, of_net in scored.items()}
    clusters = np.array(case.clusters)[there]
    faces = np.array([len(one.outputs.scores) for one in scored[KERAS]])
    files = paired({name: _of_files(fake, of_net) for name, of_net in judged.items()}, clusters)
    crops = paired(
        {name: _of_crops(np.repeat(fake, faces), of_net, rules) for name, of_net in scored.items()},
        np.repeat(clusters, faces),
    )
    return SetComparison(
        data=case.data,
        split=case.split,
        unit="clip" if any(one.is_clip for one in judged[KERAS]) else "image",
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=int((~there).sum()),
        crops=int(faces.sum()),
        formats=[
            _on_set(name, (files[name], crops[name]), (scored[KERAS], scored[name]), _flips(records, judged, name))
            for name in said
        ],
    )


def paired(outcomes: Mapping[str, Outcomes], clusters: Sequence[str] | NDArray[np.str_]) -> dict[str, Figures]:
    """Every metric of each net, and of the difference from the first, all by the same draws.

    Args:
        outcomes: of the same `n` files or crops, by the net's name.
        clusters: `(n,)`, those of one cluster are drawn together.
    """
    first, reference = next(iter(outcomes.items()))
    counts = draws(list(clusters), reference.fake)
    samples = {name: resampled(list(METRICS), of_net, counts) for name, of_net in outcomes.items()}
    told = {
        name: {metric: figure(metric, of_net, samples[name][metric]) for metric in METRICS}
        for name, of_net in outcomes.items()
    }
    return {
        name: Figures(
            figures=told[name],
            beside_keras={
                metric: difference(
                    told[name][metric], told[first][metric], samples[name][metric] - samples[first][metric]
                )
                for metric in METRICS
            },
        )
        for name in outcomes
    }


def drift(first: NDArray[np.float32], second: NDArray[np.float32]) -> Drift:
    """How far two arrays of one shape, values in [0, 1], lie apart."""
    distances = np.abs(first.astype(np.float64) - second)
    median, quantile_90, quantile_99 = np.quantile(distances, (0.5, 0.9, 0.99)).tolist()
    return Drift(
        mean=float(distances.mean()),
        median=median,
        quantile_90=quantile_90,
        quantile_99=quantile_99,
        largest=float(distances.max()),
    )


def _on_set(
    name: str,
    figures: tuple[Figures, Figures],
    scored: tuple[Sequence[FileOutputs], Sequence[FileOutputs]],
    flips: list[Flip],
) -> FormatOnSet:
    """Figures of files and of crops; what Keras and the format say of the scored files."""
    of_keras, of_format = ([one.outputs for one in of_net] for of_net in scored)
    files, crops = figures
    return FormatOnSet(
        format=name,
        files=files,
        crops=crops,
        score_drift=drift(
            np.concatenate([one.scores for one in of_keras]), np.concatenate([one.scores for one in of_format])
        ),
        region_map_drift=drift(
            np.concatenate([one.region_maps for one in of_keras]),
            np.concatenate([one.region_maps for one in of_format]),
        ),
        flipped=len(flips) / len(of_keras),
        flips=flips,
    )


def _of_files(fake: Bools, judged: Sequence[Judged]) -> Outcomes:
    verdicts: list[Verdict] = [one.verdict for one in judged]
    return Outcomes(
        fake=fake,
        scores=np.array([one.score for one in judged], np.float64),
        alarmed=np.array([verdict == "likely manipulated" for verdict in verdicts], bool),
        cleared=np.array([verdict == "likely authentic" for verdict in verdicts], bool),
    )


def _of_crops(fake: Bools, said: Sequence[FileOutputs], rules: Rules) -> Outcomes:
    raw_scores = np.concatenate([one.outputs.scores for one in said])
    scores = np.array([calibrate(float(score), rules.temperature) for score in raw_scores], np.float64)
    return Outcomes(
        fake, scores, scores >= rules.bands.likely_manipulated_from, scores < rules.bands.likely_authentic_below
    )


def _flips(records: Sequence[Record], judged: Mapping[str, Sequence[Judged]], name: str) -> list[Flip]:
    return [
        Flip(
            path=record.path,
            label=record.label,
            keras_verdict=before.verdict,
            keras_score=before.score,
            verdict=after.verdict,
            score=after.score,
        )
        for record, before, after in zip(records, judged[KERAS], judged[name], strict=True)
        if after.verdict != before.verdict
    ]
