"""The companion's end of a worker: starts it, gives it a file, kills and replaces it when it hangs or dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from time import monotonic

from pydantic import ValidationError

from unmask_edge.errors import BundleError, UnmaskError
from unmask_edge.result import ModelInfo, Result
from unmask_server.messages import (
    MAX_REPLY_BYTES,
    REPLY,
    OutOfMemory,
    Progress,
    Ready,
    Reply,
    Scored,
    Task,
    Unfit,
    WorkerSettings,
)
from unmask_server.settings import Settings

START_TIMEOUT_S = 60.0


class WorkerError(UnmaskError):
    """A file that its worker did not survive; the message is for people."""


class WorkerProcess:
    """A process that scores one file at a time. Used by one thread, but for `kill`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: ModelInfo | None = None
        self._start()

    @property
    def pid(self) -> int:
        """Its process's identifier."""
        return self._process.pid

    def model(self) -> ModelInfo:
        """Which detector it runs; waits until that is loaded.

        Raises:
            BundleError: if it cannot be loaded.
            WorkerError: if the process ends without a word.
        """
        if self._model is None:
            reply = self._receive(START_TIMEOUT_S, f"a worker that is ready within {START_TIMEOUT_S:g} s")
            if isinstance(reply, Unfit):
                raise BundleError(reply.message)
            if not isinstance(reply, Ready):
                raise WorkerError("Expected a worker that is ready. Received: one that speaks out of turn.")
            self._model = reply.model
        return self._model

    def score(self, task: Task, on_progress: Callable[[int, int], None]) -> Result:
        """Have a file scored.

        Raises:
            WorkerError: if the worker died or had to be killed; `restart` replaces it.
        """
        if self._process.poll() is not None:  # it died while it had nothing to do
            self.restart()
        self.model()
        try:
            self._connection.send_bytes(task.model_dump_json().encode())
        except OSError as error:
            raise WorkerError(self._cause_of_death()) from error
        timeout_s = self._settings.timeout_s
        deadline = monotonic() + timeout_s
        while True:
            reply = self._receive(deadline - monotonic(), f"a file that can be scored within {timeout_s:g} s")
            if isinstance(reply, Progress):
                on_progress(reply.done, reply.wanted)
            elif isinstance(reply, Scored):
                return reply.result
            elif isinstance(reply, OutOfMemory):
                raise WorkerError(self._out_of_memory())
            else:
                raise WorkerError("Expected a result. Received: something else.")

    def kill(self) -> None:
        """End it at once; safe to call from any thread."""
        self._process.kill()

    def close(self) -> None:
        """End it and forget it."""
        self.kill()
        self._process.wait()
        self._connection.close()

    def restart(self) -> None:
        """Replace the process."""
        self.close()
        self._start()

    def _start(self) -> None:
        ours, theirs = Pipe()
        self._connection: Connection = ours
        self._model = None
        settings = self._settings
        told = WorkerSettings(
            bundle=str(settings.bundle) if settings.bundle else None,
            format=settings.format,
            threads=settings.threads,
            max_duration_s=settings.max_duration_s,
            memory_bytes=settings.memory_mb * 2**20,
            cpu_s=settings.cpu_s,
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "unmask_server.worker", str(theirs.fileno()), told.model_dump_json()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "OPENCV_IO_MAX_IMAGE_PIXELS": str(settings.max_pixels)},
            )

    def _receive(self, timeout_s: float, expected: str) -> Reply:
        try:
            if not self._connection.poll(max(timeout_s, 0)):
                self.kill()
                raise WorkerError(f"Expected {expected}. Received: a slower one.")
            return REPLY.validate_json(self._connection.recv_bytes(MAX_REPLY_BYTES))
        except (EOFError, OSError) as error:
            raise WorkerError(self._cause_of_death()) from error
        except ValidationError as error:
            self.kill()
            raise WorkerError("Expected a result. Received: something else.") from error

    def _cause_of_death(self) -> str:
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return f"Expected a file that takes at most {self._settings.cpu_s} s of CPU time. Received: a longer one."
        if code == -signal.SIGKILL:
            return self._out_of_memory()
        return f"Expected a file that can be decoded. Received: one that ends the decoder (exit status {code})."

    def _out_of_memory(self) -> str:
        return f"Expected a file that takes at most {self._settings.memory_mb} MiB of memory. Received: a larger one."
