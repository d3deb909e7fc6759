"""Scores the files of data sets as a user would, with several nets side by side, and tells how well each finds fakes.

Each file is read once: all nets look at the same faces of the same frames. What was scored before is not read again.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np
from rich.console import Console
from rich.progress import Progress

from unmask_training.evaluation.cache import ScoreCache, outcome_key
from unmask_training.evaluation.cases import Case, require_windows
from unmask_training.evaluation.crops import FileCrops, Looking, file_crops, file_digest, start_worker
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.judge import Judged, judge
from unmask_training.evaluation.metadata_baseline import metadata_scores
from unmask_training.evaluation.scorers import Scorer
from unmask_training.evaluation.summary import Evaluation, summarise, summarise_metadata, with_loss

# Files whose faces are held in memory at a time.
BLOCK = 32


def evaluate(
    cases: Sequence[Case],
    scorers: Sequence[Scorer],
    distortions: Sequence[Distortion],
    cache: ScoreCache,
    workers: int,
) -> list[Evaluation]:
    """Score every file of every case with every net, as it is and distorted, and summarise.

    Args:
        cases: what to measure.
        scorers: the nets; the others are compared with the first.
        distortions: what to measure again after.
        cache: what earlier evaluations scored; keeps what this one does.
        workers: processes that decode and find faces.

    Returns:
        For each case one evaluation for each net and for the metadata baseline, then for each distortion one for each
        net.

    Raises:
        UnmaskError: if no file of one label could be scored, or a face store does not hold what is looked at.
    """
    for case in cases:
        require_windows(case, scorers, distortions)
    evaluations = []
    # Spawned, because forked processes hang once TensorFlow has started its threads.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), start_worker)
    with pool, Progress(console=Console(stderr=True)) as progress:
        bench = _Bench(scorers, cache, pool, progress)
        for case in cases:
            digests = list(pool.map(file_digest, case.files, chunksize=16))
            plain = bench.measure(case, digests)
            evaluations += [*plain, summarise_metadata(plain[0], case, metadata_scores(case))]
            for distortion in distortions:
                evaluations += with_loss(bench.measure(replace(case, distortion=distortion), digests), plain)
    return evaluations


@dataclass(frozen=True, eq=False)
class _Bench:
    """Where nets are measured; a case's digests tell the contents of its files."""

    scorers: Sequence[Scorer]
    cache: ScoreCache
    pool: Executor
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
            (path, digest)
            for path, digest in zip(case.files, digests, strict=True)
            if not all(self._knows(case, digest, scorer) for scorer in scorers)
        ]
        views = {view for scorer in scorers for view in (scorer.view, scorer.rules.quality)}
        read = partial(file_crops, looking=looking, views=views, distortion=case.distortion)
        description = f"{case.data} {case.distortion or ''}"
        for start in self.progress.track(range(0, len(todo), BLOCK), description=description):
            block = todo[start : start + BLOCK]
            files = list(self.pool.map(read, [path for path, _ in block], chunksize=4))
            for scorer in scorers:
                keys = [outcome_key(digest, scorer, case.distortion) for _, digest in block]
                self.cache.update(list(zip(keys, _judge_block(files, scorer), strict=True)))

    def _knows(self, case: Case, digest: str, scorer: Scorer) -> bool:
        return outcome_key(digest, scorer, case.distortion) in self.cache


def _judge_block(block: Sequence[FileCrops], scorer: Scorer) -> Iterator[Judged | None]:
    crops = [face.crops[scorer.view] for file in block for face in file.faces]
    raw_scores = scorer.raw_scores(np.stack(crops)) if crops else np.empty(0)
    ends = np.cumsum([len(file.faces) for file in block])
    for file, scores in zip(block, np.split(raw_scores, ends[:-1]), strict=True):
        yield judge(file, scores, scorer.rules)
