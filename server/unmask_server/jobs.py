"""The bounded queue, and the threads that hand its files to workers."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timezone
from threading import Condition, Thread
from time import monotonic

from unmask_edge.result import ModelInfo
from unmask_server.history import History
from unmask_server.job import Job
from unmask_server.messages import Task
from unmask_server.metrics import Metrics
from unmask_server.settings import Settings
from unmask_server.uploads import Upload, Uploads
from unmask_server.worker_process import WorkerError, WorkerProcess

log = logging.getLogger(__name__)

# A guess at when a place is free: files take some seconds.
RETRY_AFTER_S = 5


class QueueFullError(Exception):
    """No more files are taken for now."""


class _Live:
    """An unfinished job: its newest state, its file, and the worker that has it."""

    def __init__(self, job: Job, upload: Upload) -> None:
        self.job, self.upload = job, upload
        self.worker: WorkerProcess | None = None
        self.cancelled = False


class Jobs:
    """Takes files, has them scored in order, tells how far they are. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        history: History,
        uploads: Uploads,
        metrics: Metrics,
        worker: WorkerProcess | None = None,
    ) -> None:
        """Start the first worker, where it is not given, and take up what an earlier process left."""
        self._settings, self._history, self._uploads, self._metrics = settings, history, uploads, metrics
        self._changed = Condition()
        self._live: dict[str, _Live] = {}
        self._queue: deque[_Live] = deque()
        self._stopping = False
        self._workers = [worker or WorkerProcess(settings)]
        self._threads: list[Thread] = []
        self._take_up()

    def start(self) -> ModelInfo:
        """Begin to score; returns which detector does, once it is loaded.

        Raises:
            BundleError: if it cannot be loaded.
        """
        model = self._workers[0].model()
        # The others load once the first is there, which would be later if they all did at once.
        self._workers += [WorkerProcess(self._settings) for _ in range(1, self._settings.workers)]
        for worker in self._workers:
            self._threads.append(Thread(target=self._serve, args=(worker,), daemon=True))
            self._threads[-1].start()
        return model

    def stop(self, grace_s: float = 10.0) -> None:
        """Take nothing more, wait a while for what is being scored, then end the workers; the rest stays queued."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        until = monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))
        self._end_workers()

    def pids(self) -> list[int]:
        """Process identifiers of the workers."""
        return [worker.pid for worker in self._workers]

    def count(self) -> dict[str, int]:
        """How many jobs wait and how many are being scored."""
        with self._changed:
            return {"queued": len(self._queue), "running": len(self._live) - len(self._queue)}

    def submit(self, upload: Upload) -> Job:
        """Queue a received file; it is deleted where that fails.

        Raises:
            QueueFullError: if as many wait as may.
        """
        job = _new_job(upload)
        try:
            with self._changed:
                if len(self._queue) >= self._settings.queue or self._stopping:
                    raise QueueFullError
                self._history.add(job, upload.times_s)
                self._add(_Live(job, upload))
        except BaseException:
            self._uploads.delete(upload)
            raise
        return job

    def job(self, job_id: str) -> Job | None:
        """A job as it is now; None if there is none of this identifier."""
        with self._changed:
            live = self._live.get(job_id)
        return live.job if live else self._history.job(job_id)

    def jobs(self, limit: int, before: str | None) -> list[Job]:
        """The newest jobs, newest first."""
        with self._changed:
            live = {job_id: live.job for job_id, live in self._live.items()}
        return [live.get(job.id, job) for job in self._history.jobs(limit, before)]

    def watch(self, job_id: str, beat_s: float) -> Iterator[Job | None]:
        """Yield a job as it is, then each time it has changed, until it is finished; None after `beat_s` of silence."""
        shown = self.job(job_id)
        while shown is not None:
            yield shown
            if shown.is_finished:
                return
            until = monotonic() + beat_s
            while (newest := self.job(job_id)) == shown:
                with self._changed:
                    self._changed.wait(min(1.0, beat_s))
                if monotonic() > until:
                    yield None
                    until = monotonic() + beat_s
            shown = newest

    def wait(self, job_id: str) -> Job | None:
        """A job once it is finished; None if it is deleted before or the companion stops."""
        with self._changed:
            self._changed.wait_for(lambda: job_id not in self._live or self._stopping)
        job = self.job(job_id)
        return job if job and job.is_finished else None

    def cancel(self, job_id: str) -> None:
        """End a job that is not finished; its file is deleted."""
        with self._changed:
            live = self._live.get(job_id)
            if live is None:
                return
            live.cancelled = True
            if live in self._queue:
                self._queue.remove(live)
                self._end(live, self._history.give_up(job_id, "cancelled", "Cancelled."))
            elif live.worker:
                live.worker.kill()

    def delete(self, job_id: str) -> bool:
        """End a job where it is not finished, and forget it; false if there is none of this identifier."""
        self.cancel(job_id)
        return self._history.delete(job_id)

    def _take_up(self) -> None:
        for job, times_s in self._history.unfinished():
            upload = self._uploads.found(job.id, job.path, job.size_bytes, job.sha256, times_s)
            if upload:
                self._add(_Live(job, upload))
            else:
                self._history.give_up(job.id, "failed", "Expected the file. Received: none; it is gone.")
        self._uploads.keep_only(self._live)

    def _add(self, live: _Live) -> None:
        with self._changed:
            self._live[live.job.id] = live
            self._queue.append(live)
            self._changed.notify_all()

    def _serve(self, worker: WorkerProcess) -> None:
        while live := self._next(worker):
            try:
                self._score(worker, live)
            except Exception:  # one file's trouble, such as a full disk, ends no thread
                log.exception("job broke down", extra={"job": live.job.id})
                self._end(live, live.job.model_copy(update={"state": "failed", "detail": "Internal error."}))

    def _next(self, worker: WorkerProcess) -> _Live | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if self._stopping:
                return None
            live = self._queue.popleft()
            live.worker = worker
            live.job = live.job.model_copy(update={"state": "running"})
            self._changed.notify_all()
            return live

    def _score(self, worker: WorkerProcess, live: _Live) -> None:
        def tell(done: int, wanted: int) -> None:
            with self._changed:
                live.job = live.job.model_copy(update={"frames_done": done, "frames_wanted": wanted})
                self._changed.notify_all()

        job_id, start = live.job.id, monotonic()
        self._history.start(job_id)
        try:
            result = worker.score(Task(path=str(live.upload.path), times_s=live.upload.times_s), tell)
        except WorkerError as error:
            if self._stopping and not live.cancelled:
                return  # it stays queued for the next start
            worker.restart()
            self._metrics.restarted()
            log.warning("worker replaced", extra={"job": job_id, "cause": str(error)})
            state, detail = ("cancelled", "Cancelled.") if live.cancelled else ("failed", str(error))
            self._end(live, self._history.give_up(job_id, state, detail))  # type: ignore[arg-type]
        else:
            self._end(live, self._history.finish(job_id, result.model_copy(update={"path": live.job.path})))
            if live.cancelled:  # too late for this one; the next needs a worker that was not killed
                worker.restart()
        self._metrics.finished(live.job.state, monotonic() - start)
        self._history.prune()

    def _end(self, live: _Live, job: Job | None) -> None:
        """A job is finished: its file goes, those who wait are told."""
        self._uploads.delete(live.upload)
        with self._changed:
            self._live.pop(live.job.id, None)
            if job:
                live.job = job
            self._changed.notify_all()

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.close()


def _new_job(upload: Upload) -> Job:
    return Job(
        id=upload.id,
        path=upload.name,
        state="queued",
        created=datetime.fromtimestamp(round(time.time(), 3), timezone.utc),
        finished=None,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        frames_done=0,
        frames_wanted=0,
        score=None,
        verdict=None,
        error=None,
        detail=None,
    )
