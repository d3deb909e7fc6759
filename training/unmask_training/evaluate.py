"""Scores the files of data sets as a user would, with several nets side by side, and tells how well each finds fakes.

Each file is read once: all nets look at the same faces of the same frames. What was scored before is not read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from unmask_training.evaluation.cache import ScoreCache, outcome_key
from unmask_training.evaluation.cases import Case, require_windows
from unmask_training.evaluation.crops import Looking
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.engines import BLOCK, Engine, Reading
from unmask_training.evaluation.metadata import digest_and_metadata
from unmask_training.evaluation.metadata_baseline import metadata_scores
from unmask_training.evaluation.scorers import Scorer
from unmask_training.evaluation.summary import Evaluation, summarise, summarise_metadata, with_loss


def evaluate(
    cases: Sequence[Case],
    scorers: Sequence[Scorer],
    distortions: Sequence[Distortion],
    cache: ScoreCache,
    engine: Engine,
) -> list[Evaluation]:
    """Score every file of every case with every net, as it is and distorted, and summarise.

    Args:
        cases: what to measure.
        scorers: the nets; the others are compared with the first.
        distortions: what to measure again after.
        cache: what earlier evaluations scored; keeps what this one does.
        engine: where files are read and nets run.

    Returns:
        For each case one evaluation for each net and for the metadata baseline, then for each distortion one for each
        net.

    Raises:
        UnmaskError: if no file of one label could be scored, some could not be worked on, or a face store does not hold
            what is looked at.
    """
    for case in cases:
        require_windows(case, scorers, distortions)
    evaluations = []
    with Progress(console=Console(stderr=True)) as progress:
        bench = _Bench(scorers, cache, engine, progress)
        for case in cases:
            digests, facts = _read(case, engine)
            plain = bench.measure(case, digests)
            evaluations += [*plain, summarise_metadata(plain[0], case, metadata_scores(case, facts))]
            for distortion in distortions:
                evaluations += with_loss(bench.measure(replace(case, distortion=distortion), digests), plain)
    return evaluations


def _read(case: Case, engine: Engine) -> tuple[Sequence[str], Sequence[NDArray[np.float64]] | None]:
    """Digests, by which scores are kept, and metadata; a store tells the former unread and lacks the latter."""
    if case.stored:
        return [case.stored.files[record].digest for record in case.records], None
    digests, facts = zip(*engine.each(digest_and_metadata, case.locations), strict=True)
    return digests, facts


@dataclass(frozen=True, eq=False)
class _Bench:
    """Where nets are measured; a case's digests tell the contents of its files."""

    scorers: Sequence[Scorer]
    cache: ScoreCache
    engine: Engine
    progress: Progress

    def measure(self, case: Case, digests: Sequence[str]) -> list[Evaluation]:
        """One evaluation for each net. Nets that sample alike share one reading of the files."""
        for looking in {scorer.rules.looking: None for scorer in self.scorers}:
            alike = [scorer for scorer in self.scorers if scorer.rules.looking == looking]
            self._score(case, digests, alike, looking)
        outcomes = {
            scorer.name: [self.cache[outcome_key(digest, scorer, case.distortion)] for digest in digests]
            for scorer in self.scorers
        }
        return summarise(case, outcomes)

    def _score(self, case: Case, digests: Sequence[str], scorers: Sequence[Scorer], looking: Looking) -> None:
        """Put into the cache what nets say of the files, unless it knows that of all of them already."""
        scorers = [scorer for scorer in scorers if not all(self._knows(case, digest, scorer) for digest in digests)]
        todo = [
            (file, digest)
            for file, digest in zip(case.files, digests, strict=True)
            if not all(self._knows(case, digest, scorer) for scorer in scorers)
        ]
        if not todo:
            return
        blocks = [todo[start : start + BLOCK] for start in range(0, len(todo), BLOCK)]
        judged = self.engine.judged(
            [[file for file, _ in block] for block in blocks], scorers, Reading(looking, case.distortion)
        )
        description = f"{case.data} {case.distortion or ''}"
        for number, said in self.progress.track(judged, total=len(blocks), description=description):
            for scorer, outcomes in zip(scorers, said, strict=True):
                keys = [outcome_key(digest, scorer, case.distortion) for _, digest in blocks[number]]
                self.cache.update(list(zip(keys, outcomes, strict=True)))

    def _knows(self, case: Case, digest: str, scorer: Scorer) -> bool:
        return outcome_key(digest, scorer, case.distortion) in self.cache
