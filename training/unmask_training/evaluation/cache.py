"""Keeps what nets said of files, so that to measure again by another metric costs seconds."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.scorers import Scorer


def opened_database(path: Path | None, table: str, writer: str) -> sqlite3.Connection:
    """An SQLite file with one table, made if it is not there.

    Args:
        path: the file; None for one in memory.
        table: its name and columns.
        writer: what kept scores in it, as in `evaluation`.

    Raises:
        UnmaskError: if it is no such file.
    """
    try:
        database = sqlite3.connect(path or ":memory:")
        with database:
            database.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    except sqlite3.Error as error:
        raise UnmaskError(f"Expected scores kept by an earlier {writer} in {path}. Received: {error}.") from error
    return database


class ScoreCache:
    """An SQLite file of outcomes by the content of file and net, not by their names."""

    def __init__(self, path: Path | None) -> None:
        """Open or make it.

        Args:
            path: the file; None to keep outcomes for as long as the process runs.

        Raises:
            UnmaskError: if it is no such file.
        """
        self._database = opened_database(path, "outcomes (key TEXT PRIMARY KEY, outcome TEXT)", "evaluation")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __contains__(self, key: str) -> bool:
        """Whether an outcome is known."""
        return self._row(key) is not None

    def __getitem__(self, key: str) -> Judged | None:
        """The outcome of a key that is there; None for a file that could not be scored."""
        row = self._row(key)
        if row is None:
            raise KeyError(key)
        return None if row == "null" else Judged.from_json(json.loads(row))

    def update(self, outcomes: Sequence[tuple[str, Judged | None]]) -> None:
        """Keep outcomes by their keys, all of them or, if interrupted, none."""
        rows = [(key, json.dumps(judged and judged.to_json())) for key, judged in outcomes]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO outcomes VALUES (?, ?)", rows)

    def _row(self, key: str) -> str | None:
        with closing(self._database.execute("SELECT outcome FROM outcomes WHERE key = ?", (key,))) as rows:
            found = rows.fetchone()
        return None if found is None else str(found[0])


def outcome_key(digest: str, scorer: Scorer, distortion: Distortion | None) -> str:
    """What an outcome depends on: the file's content, the net with its rules, and what was done to the file before."""
    return hashlib.sha256(f"{digest}\0{scorer.fingerprint}\0{distortion}".encode()).hexdigest()
