"""Where an evaluation finds faces and runs nets: in processes of this machine, or in actors of a Ray cluster.

Whichever it is, what scores are known by is read here: only then is it known whether there is anything to score.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from unmask_edge.errors import UnmaskError
from unmask_training.data.copies import Location, look_at
from unmask_training.evaluation.crops import FileCrops, Looking, Source, source_crops, start_worker
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.judge import Judged, judge
from unmask_training.evaluation.nets import open_nets, whole_names
from unmask_training.evaluation.scorers import Scorer
from unmask_training.process_pool import process_pool

# Files whose faces are held in memory at a time.
BLOCK = 32

T = TypeVar("T")
# What each of several nets says of each file of a block; None of one that could not be scored.
Said = list[list[Judged | None]]


class Reading(NamedTuple):
    """How files are read for nets that look alike at them."""

    looking: Looking
    distortion: Distortion | None


class Engine(Protocol):
    """Where work is done."""

    def each(self, look: Callable[[Path], T], files: Sequence[Location]) -> list[T]:
        """What a function of a module says of each file, in order, by processes of this machine."""

    def judged(
        self, blocks: Sequence[Sequence[Source]], scorers: Sequence[Scorer], reading: Reading
    ) -> Iterator[tuple[int, Said]]:
        """What nets say of the files of each block, by its number, as soon as it is known.

        Raises:
            UnmaskError: if there is no cluster; once all other blocks are told, if a worker was lost over one again and
                again.
        """


@contextmanager
def local_engine(workers: int) -> Iterator[Engine]:
    """Processes of this machine that read files; nets run in this one."""
    with process_pool(workers, start_worker) as pool:
        yield _Local(pool)


@contextmanager
def ray_engine(workers: int, nets: Sequence[str], peers: Path | None) -> Iterator[Engine]:
    """Actors of a Ray cluster, each of which finds faces and runs the nets; joined once there are files to score.

    Args:
        workers: actors.
        nets: names by which `open_nets` opens them, on every machine of the cluster.
        peers: as for `open_nets`.

    Raises:
        UnmaskError: if there is no Ray.
    """
    from unmask_training.ray_engine import cluster

    open_scorers = partial(open_nets, whole_names(nets), peers and peers.resolve())
    with local_engine(min(workers, os.cpu_count() or 1)) as here, ExitStack() as stack:
        yield _OnRay(here, cache(lambda: stack.enter_context(cluster(workers))), workers, open_scorers)


class _Local:
    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def each(self, look: Callable[[Path], T], files: Sequence[Location]) -> list[T]:
        return list(self._pool.map(partial(look_at, look=look), files, chunksize=16))

    def judged(
        self, blocks: Sequence[Sequence[Source]], scorers: Sequence[Scorer], reading: Reading
    ) -> Iterator[tuple[int, Said]]:
        read = _reader(scorers, reading)
        for number, block in enumerate(blocks):
            files = list(self._pool.map(read, block, chunksize=4))
            yield number, [list(_judge(files, scorer)) for scorer in scorers]


class _OnRay:
    def __init__(
        self, here: Engine, join: Callable[[], None], workers: int, open_scorers: Callable[[], list[Scorer]]
    ) -> None:
        self._here = here
        self._join = join
        self._workers = workers
        self._open_scorers = open_scorers

    def each(self, look: Callable[[Path], T], files: Sequence[Location]) -> list[T]:
        return self._here.each(look, files)

    def judged(
        self, blocks: Sequence[Sequence[Source]], scorers: Sequence[Scorer], reading: Reading
    ) -> Iterator[tuple[int, Said]]:
        from unmask_training.ray_engine import Lost, each

        self._join()
        lost = []
        names = [scorer.name for scorer in scorers]
        prepare = partial(_judge_of_block, self._open_scorers, names, reading)
        for number, said in each(prepare, blocks, self._workers):
            if isinstance(said, Lost):
                lost.append(f"{blocks[number][0].path} to {blocks[number][-1].path}: {said.reason}")
            else:
                yield number, said
        if lost:
            raise UnmaskError(
                "Expected to score every file. Received: files that could not be worked on; what was scored is kept in "
                "--out, and given again, the command tries these once more.\n" + "\n".join(lost)
            )


def _judge_of_block(
    open_scorers: Callable[[], list[Scorer]], names: Sequence[str], reading: Reading
) -> Callable[[Sequence[Source]], Said]:
    """Prepares an actor that holds nets and the face finder."""
    start_worker()
    opened = {scorer.name: scorer for scorer in open_scorers()}
    scorers = [opened[name] for name in names]
    read = _reader(scorers, reading)

    def judge_block(block: Sequence[Source]) -> Said:
        files = [read(file) for file in block]
        return [list(_judge(files, scorer)) for scorer in scorers]

    return judge_block


def _reader(scorers: Sequence[Scorer], reading: Reading) -> Callable[[Source], FileCrops]:
    views = {view for scorer in scorers for view in (scorer.view, scorer.rules.quality)}
    return partial(source_crops, looking=reading.looking, views=views, distortion=reading.distortion)


def _judge(files: Sequence[FileCrops], scorer: Scorer) -> Iterator[Judged | None]:
    """What a net says of each file, from one run over the faces of all."""
    looks = [file.looks(scorer.view) for file in files]
    crops = list(chain.from_iterable(looks))
    raw_scores = scorer.raw_scores(np.stack(crops)) if crops else np.empty(0)
    ends = np.cumsum([len(of_file) for of_file in looks])
    for file, scores in zip(files, np.split(raw_scores, ends[:-1]), strict=True):
        yield judge(file, scores, scorer.rules)
