"""A worker process: decodes and scores untrusted files, so that what they break breaks here and not in the companion.

    python -m unmask_server.worker FD SETTINGS

reads tasks from the socket with file descriptor FD and answers them until it is closed. The kernel bounds its memory
and its CPU time for each task, and lets it write no file; the companion bounds the time and kills it.
"""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.media import read_image
from unmask_edge.result import Result
from unmask_edge.video import Frame
from unmask_server.heap import keep_heap_small
from unmask_server.messages import OutOfMemory, Progress, Ready, Reply, Scored, Task, Unfit, WorkerSettings


class Companion:
    """The other end of the socket."""

    def __init__(self, descriptor: int) -> None:
        self._connection = Connection(descriptor)

    def say(self, reply: Reply) -> None:
        """Send a message."""
        self._connection.send_bytes(reply.model_dump_json().encode())

    def tasks(self) -> Iterator[Task]:
        """What it wants scored, until it goes away."""
        with suppress(EOFError):
            while True:
                yield Task.model_validate_json(self._connection.recv_bytes())


def main() -> None:
    """Serve one companion; ends with it."""
    keep_heap_small()
    companion, settings = Companion(int(sys.argv[1])), WorkerSettings.model_validate_json(sys.argv[2])
    # Ctrl+C reaches the whole group of a terminal's processes; the companion decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(settings.memory_bytes)
    try:
        bundle = Bundle(settings.bundle) if settings.bundle else None
        detector = Detector(bundle, settings.format, settings.threads, near_keys=True)
    except UnmaskError as error:
        companion.say(Unfit(message=str(error)))
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        companion.say(Ready(model=detector.model))
        for task in companion.tasks():
            _allow_cpu_time(settings.cpu_s)
            companion.say(_scored(detector, task, settings.max_duration_s, companion))


def _scored(detector: Detector, task: Task, max_duration_s: float, companion: Companion) -> Reply:
    def tell(done: int, wanted: int) -> None:
        companion.say(Progress(done=done, wanted=wanted))

    try:
        if task.times_s is None:
            return Scored(result=detector.score(task.path, progress=tell, max_duration_s=max_duration_s))
        return Scored(result=_score_frames(detector, Path(task.path), task.times_s))
    except MemoryError:
        return OutOfMemory()


def _score_frames(detector: Detector, folder: Path, times_s: list[float]) -> Result:
    def frames() -> Iterator[Frame]:
        for index, time_s in enumerate(times_s):
            yield time_s, read_image(folder / str(index))

    return detector.score_frames(frames(), times_s[-1])


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu_time(seconds: int) -> None:
    """Let the kernel end this process by SIGXCPU once it has spent some more CPU time."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent.ru_utime + spent.ru_stime) + seconds, hard))


if __name__ == "__main__":
    main()
