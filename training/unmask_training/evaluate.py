"""Scores labelled folders as a user would, with several nets side by side, and says how well each tells fakes apart.

Each file is read once: all nets look at the same faces of the same frames.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from unmask_training.evaluation.crops import FileCrops, file_crops, start_worker
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.judge import Judged, judge
from unmask_training.evaluation.labelled import Case, labelled_files
from unmask_training.evaluation.metadata_baseline import metadata_scores
from unmask_training.evaluation.scorers import Scorer
from unmask_training.evaluation.summary import Evaluation, summarise, summarise_metadata, with_loss

# Files whose faces are held in memory at a time.
BLOCK = 32


def evaluate(
    folders: Sequence[Path], scorers: Sequence[Scorer], distortions: Sequence[Distortion], workers: int
) -> list[Evaluation]:
    """Score every labelled file of every folder with every net, as it is and distorted, and summarise.

    Args:
        folders: as `unmask_training.evaluation.labelled` describes them.
        scorers: the nets.
        distortions: what to measure again after.
        workers: processes that decode and find faces.

    Returns:
        For each folder one evaluation for each net and for the metadata baseline, then for each distortion one for each
        net.

    Raises:
        UnmaskError: if a folder is not labelled, or no file of one label could be scored.
    """
    cases = [Case(str(folder), labelled_files(folder)) for folder in folders]
    evaluations = []
    # Spawned, because forked processes hang once TensorFlow has started its threads.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), start_worker)
    with pool, Progress(console=Console(stderr=True)) as progress:
        for case in cases:
            plain = _measure(case, scorers, pool, progress)
            evaluations += [*plain, summarise_metadata(plain[0], case, metadata_scores(case.files))]
            for distortion in distortions:
                distorted = _measure(replace(case, distortion=distortion), scorers, pool, progress)
                evaluations += with_loss(distorted, plain)
    return evaluations


def _measure(case: Case, scorers: Sequence[Scorer], pool: Executor, progress: Progress) -> list[Evaluation]:
    """One evaluation for each net. Nets that sample alike share one reading of the files."""
    shown = partial(progress.track, description=f"{case.data} {case.distortion or ''}")
    paths = [file.path for file in case.files]
    outcomes: dict[Scorer, list[Judged | None]] = {scorer: [] for scorer in scorers}
    for looking in {scorer.rules.looking: None for scorer in scorers}:
        alike = [scorer for scorer in scorers if scorer.rules.looking == looking]
        views = {view for scorer in alike for view in (scorer.view, scorer.rules.quality)}
        read = partial(file_crops, looking=looking, views=views, distortion=case.distortion)
        for start in shown(range(0, len(paths), BLOCK)):
            block = list(pool.map(read, paths[start : start + BLOCK], chunksize=4))
            for scorer in alike:
                outcomes[scorer] += _judge_block(block, scorer)
    return [summarise(scorer.name, case, outcomes[scorer]) for scorer in scorers]


def _judge_block(block: Sequence[FileCrops], scorer: Scorer) -> list[Judged | None]:
    crops = [face.crops[scorer.view] for file in block for face in file.faces]
    raw_scores = scorer.raw_scores(np.stack(crops)) if crops else np.empty(0)
    ends = np.cumsum([len(file.faces) for file in block])
    return [
        judge(file, scores, scorer.rules) for file, scores in zip(block, np.split(raw_scores, ends[:-1]), strict=True)
    ]
