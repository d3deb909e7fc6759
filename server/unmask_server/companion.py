"""Everything that the companion's routes work with, opened together and closed together."""

import fcntl
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Self

from unmask_edge.bundle import Bundle
from unmask_edge.database import IN_MEMORY
from unmask_edge.errors import UnmaskError
from unmask_edge.result import ModelInfo
from unmask_server.history import History
from unmask_server.jobs import Jobs
from unmask_server.metrics import Metrics
from unmask_server.pairing import Pairings
from unmask_server.settings import Settings
from unmask_server.uploads import Uploads
from unmask_server.worker_process import WorkerProcess


class Companion:
    """An opened data folder, the workers, and who may use them; a context manager that is entered once.

    Attributes:
        settings: as it was started.
        bundle: whose manifest it tells.
        model: which detector its workers run, once it is entered.
        history, uploads, pairings, jobs, metrics: its parts.
    """

    def __init__(
        self, settings: Settings, announce: Callable[[str], None], worker: WorkerProcess | None = None
    ) -> None:
        """Open the folder and start to load the detector.

        Args:
            settings: how to run.
            announce: shows a person the code for pairing.
            worker: the first one, if it was started already; it is ended with the others.

        Raises:
            UnmaskError: if the folder cannot be written or is in use, or the bundle is unfit.
        """
        self.settings = settings
        with ExitStack() as stack:
            if worker:
                stack.callback(worker.close)
            folder = _made(settings.data_dir)
            _lock(stack.enter_context((folder / "lock").open("w")), folder)
            self.uploads = Uploads(_made(folder / "uploads"))
            self.bundle = Bundle(settings.bundle) if settings.bundle else Bundle()
            self.pairings = Pairings(folder / "pairings.sqlite", announce)
            stack.callback(self.pairings.close)
            history = folder / "history.sqlite" if settings.history else IN_MEMORY
            self.history = History(history, settings.keep_days, settings.keep_results)
            stack.callback(self.history.close)
            self.metrics = Metrics()
            self.jobs = Jobs(settings, self.history, self.uploads, self.metrics, worker)
            stack.callback(self.jobs.stop)
            self.metrics.watch(self.jobs.count)
            self._opened = stack.pop_all()

    def __enter__(self) -> Self:
        """Wait for the detector, then begin to score.

        Raises:
            BundleError: if it cannot be loaded.
        """
        with ExitStack() as stack:
            stack.push(self._opened)
            self.model: ModelInfo = self.jobs.start()
            self._opened = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let running jobs end for a while, end the workers, close the files."""
        self._opened.close()


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UnmaskError(f"Expected a writable data folder. Received: {folder}: {error.strerror}.") from error
    return folder


def _lock(file: IO[str], folder: Path) -> None:
    """Hold the folder until the file is closed, also by a kill -9."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise UnmaskError(
            f"Expected a data folder of its own. Received: {folder}, which another companion uses. "
            "Choose another: unmask serve --data-dir DIR"
        ) from error
