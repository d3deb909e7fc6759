"""Jobs and results on disk: a kill -9 loses no finished result, and the unfinished are found again."""

import json
import sqlite3
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from unmask_edge.database import Database
from unmask_edge.result import Result
from unmask_server.job import Job, State

VERSION = 1
# What takes down the whole machine should not do so at each start.
MAX_ATTEMPTS = 3
DAY_S = 86400.0
# The wall clock may be set by hand or by the network; nothing is thrown away by a clock that jumped.
TOLERATED_JUMP_S = 3600.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    created_s REAL NOT NULL,
    finished_s REAL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    times_s TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    frames INTEGER NOT NULL DEFAULT 0,
    score REAL,
    verdict TEXT,
    error TEXT,
    detail TEXT,
    result TEXT
)
"""
COLUMNS = "id, path, state, created_s, finished_s, size_bytes, sha256, frames, score, verdict, error, detail"


class Unfinished(NamedTuple):
    """A job that an earlier process left, and the times of its frames, where it has frames."""

    job: Job
    times_s: list[float] | None


class History:
    """Jobs and their results, oldest first."""

    def __init__(self, path: Path, keep_days: int, keep_results: int) -> None:
        """Open or make the file.

        Raises:
            UnmaskError: if it cannot be written.
        """
        self._database = Database(path, SCHEMA, VERSION)
        self._keep_s, self._keep_results = keep_days * DAY_S, keep_results
        self._clocks_differ_s = time.time() - time.monotonic()

    def close(self) -> None:
        """Write everything into the one file."""
        self._database.close()

    def add(self, job: Job, times_s: list[float] | None) -> None:
        """Keep a new job."""
        self._database.write(
            "INSERT INTO jobs (id, path, state, created_s, size_bytes, sha256, times_s) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(job.id, job.path, job.state, job.created.timestamp(), job.size_bytes, job.sha256),
            None if times_s is None else json.dumps(times_s),
        )

    def start(self, job_id: str) -> None:
        """A worker has begun."""
        self._database.write("UPDATE jobs SET state = 'running', attempts = attempts + 1 WHERE id = ?", job_id)

    def finish(self, job_id: str, result: Result) -> Job | None:
        """Keep a result; returns its job, None if it was deleted meanwhile."""
        return self._end(
            "state = 'done', frames = ?, score = ?, verdict = ?, error = ?, result = ?",
            *(result.frames_sampled, result.score, result.verdict),
            *(result.error.reason if result.error else None, result.model_dump_json()),
            job_id,
        )

    def give_up(self, job_id: str, state: State, detail: str) -> Job | None:
        """Keep why there is no result; returns its job, None if it was deleted meanwhile."""
        return self._end("state = ?, detail = ?", state, detail, job_id)

    def _end(self, changes: str, *values: object) -> Job | None:
        *changed, job_id = values
        self._database.write(
            f"UPDATE jobs SET {changes}, finished_s = ? WHERE id = ?",  # noqa: S608  (no value is part of the text)
            *(*changed, time.time(), job_id),
        )
        return self.job(str(job_id))

    def job(self, job_id: str) -> Job | None:
        """A job; None if there is none of this identifier."""
        rows = self._database.rows(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", job_id)  # noqa: S608
        return _job(rows[0]) if rows else None

    def result_json(self, job_id: str) -> str | None:
        """A job's result as it was given; None if there is none."""
        rows = self._database.rows("SELECT result FROM jobs WHERE id = ?", job_id)
        return rows[0]["result"] if rows else None

    def jobs(self, limit: int, before: str | None = None) -> list[Job]:
        """The newest jobs, newest first, or those that came before a job."""
        return [
            _job(row)
            for row in self._database.rows(
                f"SELECT {COLUMNS} FROM jobs WHERE number < "  # noqa: S608
                "coalesce((SELECT number FROM jobs WHERE id = ?), CASE WHEN ? IS NULL THEN 9e18 ELSE 0 END) "
                "ORDER BY number DESC LIMIT ?",
                *(before, before, limit),
            )
        ]

    def unfinished(self) -> list[Unfinished]:
        """What an earlier process left undone; what was begun too often is given up first."""
        self._database.write(
            "UPDATE jobs SET state = 'failed', finished_s = ?, detail = ? "
            "WHERE state IN ('queued', 'running') AND attempts >= ?",
            *(time.time(), f"Expected a file that can be scored. Received: one begun {MAX_ATTEMPTS} times in vain."),
            MAX_ATTEMPTS,
        )
        self._database.write("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
        return [
            Unfinished(_job(row), json.loads(row["times_s"]) if row["times_s"] else None)
            for row in self._database.rows(
                f"SELECT {COLUMNS}, times_s FROM jobs WHERE state = 'queued' ORDER BY number"  # noqa: S608
            )
        ]

    def delete(self, job_id: str) -> bool:
        """Forget a job and its result; false if there is none of this identifier."""
        return self._database.write("DELETE FROM jobs WHERE id = ?", job_id) > 0

    def delete_finished(self) -> int:
        """Forget all that is finished; returns how many jobs that were."""
        return self._database.write("DELETE FROM jobs WHERE state NOT IN ('queued', 'running')")

    def prune(self) -> None:
        """Forget what is older or more than is kept; by age only while the clock runs evenly."""
        self._database.write(
            "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND number <= "
            "(SELECT number FROM jobs ORDER BY number DESC LIMIT 1 OFFSET ?)",
            self._keep_results,
        )
        if abs(time.time() - time.monotonic() - self._clocks_differ_s) < TOLERATED_JUMP_S:
            self._database.write("DELETE FROM jobs WHERE finished_s < ?", time.time() - self._keep_s)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        path=row["path"],
        state=row["state"],
        created=_utc(row["created_s"]),
        finished=None if row["finished_s"] is None else _utc(row["finished_s"]),
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        frames_done=row["frames"],
        frames_wanted=row["frames"],
        score=row["score"],
        verdict=row["verdict"],
        error=row["error"],
        detail=row["detail"],
    )


def _utc(time_s: float) -> datetime:
    return datetime.fromtimestamp(round(time_s, 3), timezone.utc)
