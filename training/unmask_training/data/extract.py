"""Cuts the faces of a data set into a face store, in parallel; given again after a kill, it goes on.

Worker processes (`extract_worker.py`) read the files and write the parts. Each holds the faces of one file at a time,
and this process none, so memory does not grow with the number of videos. On a Ray cluster workers send whole parts to
this process, which writes one at a time: its machines need to share no disk.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing
from ctypes import c_int
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Literal, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from unmask_edge.errors import UnmaskError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.fetch_assets import load_assets
from unmask_training.data import extract_worker
from unmask_training.data.check import Fault
from unmask_training.data.copies import opened
from unmask_training.data.extract_worker import Chunk, Job
from unmask_training.data.face_store import read_rows
from unmask_training.data.record import DataSet, Record
from unmask_training.data.store_files import SCHEMA_VERSION, StoredSet, StoreSettings, whole
from unmask_training.finder import face_finder_spec
from unmask_training.landmarks import LandmarkFinder
from unmask_training.process_pool import SPAWN, process_pool
from unmask_training.windows import WINDOW_SCALE

# A crop of 256 px at scale 1.2 is not scaled up from it.
WINDOW_MAX_PX = 448
# A kill costs a worker no more files than these.
FILES_A_PART = 32
LOOK_EVERY_S = 0.2
EngineName = Literal["local", "ray"]


@dataclass(frozen=True)
class Plan:
    """How to extract.

    Attributes:
        name: what the store calls the set.
        frames: of a clip that are sampled.
        replace: whether parts made from other files give way.
        workers: processes.
        engine: where they run, on this machine or on a Ray cluster.
    """

    name: str
    frames: int
    replace: bool
    workers: int
    engine: EngineName = "local"


class Failure(NamedTuple):
    """A part that could not be written.

    Attributes:
        path: of the file at which it failed, in the set's folder; where that is not known, the part's first and last.
    """

    part: str
    path: str
    reason: str


@dataclass(frozen=True)
class Extracted:
    """What a store holds of a set.

    Attributes:
        files: in the parts that are written.
        faces: in all sampled frames.
        faults: files without a face, and those that could not be read.
        failures: parts that are missing.
        files_now: of the files, those that were read just now and not by an earlier call.
        seconds: that this took.
    """

    files: int
    faces: int
    faults: list[Fault]
    failures: list[Failure]
    files_now: int
    seconds: float


def extract(data_set: DataSet, copy: str | Path, store: Path, plan: Plan) -> Extracted:
    """Cut all faces of a copy of a data set; parts that an earlier call has written are kept.

    Args:
        data_set: which.
        copy: where it lies and which of its files are meant, as `copies.py` tells.
        store: the face store, made where there is none.
        plan: how.

    Raises:
        UnmaskError: if the copy's lists cannot be read, the store has other settings, it holds parts of other files and
            `plan.replace` is false, the disk is full, or there is no Ray or no cluster.
    """
    if not re.fullmatch(r"\w[\w+.-]*", plan.name):
        raise UnmaskError(f"Expected a name of letters, digits and - + . _ for the set. Received: {plan.name!r}.")
    with opened(str(copy)) as source:
        job = Job(plan.name, source.root, settings(plan.frames))
        chunks = list(_chunks(job, source.records(data_set), source.folder, store / plan.name))
    job.settings.claim(store)
    others = StoredSet(parts=tuple(chunk.part.name for chunk in chunks)).claim(store / plan.name, plan.replace)
    todo = [chunk for chunk in chunks if not chunk.part.exists()]
    started = monotonic()
    write_parts = {"local": _write_parts, "ray": _write_parts_on_ray}[plan.engine]
    failures = write_parts(job, todo, plan.workers) if todo else []
    seconds = monotonic() - started
    if not failures:
        for part in others:
            part.unlink()
    files, faces, faults = _count([chunk.part for chunk in chunks if chunk.part.exists()])
    files_now = sum(len(chunk.records) for chunk in todo if chunk.part.exists())
    return Extracted(files, faces, faults, failures, files_now, seconds)


def settings(frames: int) -> StoreSettings:
    """How faces are found and cut, with so many frames of a clip."""
    return StoreSettings(
        schema_version=SCHEMA_VERSION,
        frames=frames,
        window_scale=WINDOW_SCALE,
        window_max_px=WINDOW_MAX_PX,
        face_finder=face_finder_spec(),
        face_landmarks_sha256=load_assets()["face_landmarks"]["sha256"],
    )


def _chunks(job: Job, records: Sequence[Record], folder: Path, target: Path) -> Iterator[Chunk]:
    """The parts there shall be. A file that has come, gone or changed its size gives its part another name."""
    for start in range(0, len(records), FILES_A_PART):
        some = tuple(records[start : start + FILES_A_PART])
        files = [(*record, _size(folder / record.path)) for record in some]
        content = json.dumps([job.name, job.settings.model_dump(), files])
        yield Chunk(target / f"{sha256(content.encode()).hexdigest()[:20]}.parquet", some)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _count(parts: Sequence[Path]) -> tuple[int, int, list[Fault]]:
    """Files, faces, and the files without one."""
    files, faces, faults = 0, 0, []
    for part in parts:
        rows = [row for _, row in read_rows(part, ("path", "fault"))]
        files += len({row["path"] for row in rows})
        faults += [Fault(row["path"], row["fault"]) for row in rows if row["fault"]]
        faces += sum(row["fault"] is None for row in rows)
    return files, faces, faults


class _Lane:
    """A worker process of its own, so that one that dies takes no other's work along and tells where it was."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._at = SPAWN.RawValue(c_int, 0)
        self._pool = self._start()

    def begin(self, chunk: Chunk) -> Future[None]:
        """Write a part; a process that has died is replaced by another."""
        self._at.value = 0
        try:
            return self._pool.submit(extract_worker.write, chunk)
        except BrokenProcessPool:
            self._pool = self._start()
            return self._pool.submit(extract_worker.write, chunk)

    @property
    def at(self) -> int:
        """Number of the file that is being read, in its chunk."""
        return int(self._at.value)

    def close(self) -> None:
        """Let it finish its part, and stop it."""
        self._pool.shutdown()

    def _start(self) -> ProcessPoolExecutor:
        return process_pool(1, extract_worker.start, self._job, self._at)


def _write_parts(job: Job, chunks: Sequence[Chunk], workers: int) -> list[Failure]:
    """Write parts in parallel; one that fails keeps no other from being written."""
    FaceFinder(job.settings.face_finder)  # here, where something missing gets one clear error
    LandmarkFinder()
    waiting, done, failures = deque(chunks), 0, []
    running: dict[Future[None], tuple[_Lane, Chunk]] = {}
    with ExitStack() as stack, _progress() as progress:
        bar = progress.add_task("Extracting faces", total=sum(len(chunk.records) for chunk in chunks))
        idle = [stack.enter_context(closing(_Lane(job))) for _ in range(min(workers, len(chunks)))]
        while waiting or running:
            while idle and waiting:
                lane, chunk = idle.pop(), waiting.popleft()
                running[lane.begin(chunk)] = lane, chunk
            for future in wait(running, LOOK_EVERY_S, FIRST_COMPLETED).done:
                lane, chunk = running.pop(future)
                if reason := _reason(future):
                    failures.append(Failure(chunk.part.name, chunk.records[lane.at].path, reason))
                idle.append(lane)
                done += len(chunk.records)
            progress.update(bar, completed=done + sum(lane.at for lane, _ in running.values()))
    return failures


def _write_parts_on_ray(job: Job, chunks: Sequence[Chunk], workers: int) -> list[Failure]:
    """Write parts that the actors of a Ray cluster make; one that fails keeps no other from being written."""
    from unmask_training.ray_engine import Lost, cluster, each

    failures = []
    with cluster(workers), _progress() as progress:
        bar = progress.add_task("Extracting faces", total=sum(len(chunk.records) for chunk in chunks))
        for number, part in each(partial(extract_worker.start_elsewhere, job), chunks, workers):
            chunk = chunks[number]
            if isinstance(part, Lost):
                span = f"{chunk.records[0].path} to {chunk.records[-1].path}"
                failures.append(Failure(chunk.part.name, span, part.reason))
            else:
                _keep(chunk.part, part)
            progress.advance(bar, len(chunk.records))
    return failures


def _keep(part: Path, content: bytes) -> None:
    try:
        with whole(part) as file:
            file.write(content)
    except OSError as error:
        _refuse_a_full_disk(error)
        raise


def _reason(future: Future[None]) -> str | None:
    """Why a part was not written; None if it was."""
    error = future.exception()
    if error is None:
        return None
    _refuse_a_full_disk(error)
    return "its process died" if isinstance(error, BrokenProcessPool) else f"{type(error).__name__}: {error}"


def _refuse_a_full_disk(error: BaseException) -> None:
    if isinstance(error, OSError) and error.errno in {ENOSPC, EDQUOT}:
        raise UnmaskError(f"Expected room for more faces. Received: {error}. Given again, the command goes on.")


def _progress() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True))
