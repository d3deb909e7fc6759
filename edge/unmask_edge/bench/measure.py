"""Measures formats and numbers of threads in turn, so that a busy moment falls on all alike."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import track

from unmask_edge.bench import worker
from unmask_edge.bench.machine import Machine, this_machine
from unmask_edge.detector import TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.version import __version__

STAGES = ("decode", "find", "crop", "score")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Spread(_Strict):
    """Of one stage, over all frames of all rounds, in milliseconds."""

    p50_ms: float
    p95_ms: float


class Measured(_Strict):
    """One format on one number of threads.

    Attributes:
        stages: decode and find of one frame, crop and score of one face.
        frames_per_s: frames with one face that can be scored, decoding included, by the medians.
        peak_memory_mb: of the process, in 10^6 bytes, libraries included.
    """

    format: TFLiteFormat
    threads: int
    stages: dict[str, Spread]
    frames_per_s: float
    peak_memory_mb: float


class Bench(_Strict):
    """What `unmask bench --json` prints.

    Attributes:
        delegate: library of the external delegate that all ran with, if any.
    """

    version: str
    machine: Machine
    delegate: str | None
    clip: str
    rounds: int
    measured: list[Measured]


@dataclass(frozen=True)
class Choice:
    """A format and a number of threads to measure."""

    format: TFLiteFormat
    threads: int


def bench(clip: Path, bundle: Path, choices: list[Choice], rounds: int, delegate: str | None = None) -> Bench:
    """Measure choices on a clip.

    Args:
        clip: with a face in it.
        bundle: whose formats.
        choices: what to measure, each in a process of its own.
        rounds: how often each has its turn, after one that does not count.
        delegate: library of an external delegate that all run with.

    Raises:
        UnmaskError: if a choice cannot be loaded or the clip shows no face.
    """
    context = get_context("spawn")
    with ExitStack() as stack:
        pools = [stack.enter_context(ProcessPoolExecutor(1, context)) for _ in choices]
        for pool, choice in zip(pools, choices, strict=True):
            pool.submit(worker.start, clip, bundle, choice.format, choice.threads, delegate).result()
        frames: list[list[worker.Stages]] = [[] for _ in choices]
        for number in track(range(rounds + 1), "Measuring", console=Console(stderr=True)):
            for pool, taken in zip(pools, frames, strict=True):
                measured = pool.submit(worker.measure).result()
                taken.extend(measured if number else [])
        memory_mb = [pool.submit(worker.peak_memory_mb).result() for pool in pools]
    return Bench(
        version=__version__,
        machine=this_machine(),
        delegate=delegate,
        clip=clip.name,
        rounds=rounds,
        measured=[
            _summed_up(choice, taken, memory) for choice, taken, memory in zip(choices, frames, memory_mb, strict=True)
        ],
    )


def _summed_up(choice: Choice, frames: list[worker.Stages], memory_mb: float) -> Measured:
    stages = dict(_spreads(frames))
    if set(stages) != set(STAGES):
        raise UnmaskError("Expected a clip that shows a face. Received: one in whose frames none was found.")
    return Measured(
        format=choice.format,
        threads=choice.threads,
        stages=stages,
        frames_per_s=round(1000 / sum(spread.p50_ms for spread in stages.values()), 1),
        peak_memory_mb=round(memory_mb, 1),
    )


def _spreads(frames: list[worker.Stages]) -> Iterator[tuple[str, Spread]]:
    for stage in STAGES:
        times_ms = [frame[stage] for frame in frames if stage in frame]
        if times_ms:
            p50, p95 = np.percentile(times_ms, [50, 95])
            yield stage, Spread(p50_ms=round(float(p50), 3), p95_ms=round(float(p95), 3))
