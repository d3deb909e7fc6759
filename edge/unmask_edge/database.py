"""SQLite files: one connection for all threads, in WAL mode, whose commits outlive a kill -9 and a power cut."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from unmask_edge.errors import UnmaskError

IN_MEMORY = Path(":memory:")


class Database:
    """A database whose tables are made where they are missing."""

    def __init__(self, path: Path, schema: str, version: int, exclusive: bool = False) -> None:
        """Open or make a file.

        Args:
            path: of the file.
            schema: statements that make its tables where they are missing.
            version: of the schema.
            exclusive: whether no other program may open it meanwhile.

        Raises:
            UnmaskError: if it cannot be written, is no database or is of another version.
        """
        self._lock = Lock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=0 if exclusive else 5, check_same_thread=False, isolation_level=None
            )
            self._connection.row_factory = sqlite3.Row
            if exclusive:
                self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA secure_delete = ON")
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found not in {0, version}:
                raise UnmaskError(f"Expected {path} of version {version}. Received: version {found}.")
            self._connection.executescript(f"{schema}; PRAGMA user_version = {version}")
        except sqlite3.Error as error:
            raise UnmaskError(f"Expected a database that can be written. Received: {path}: {error}.") from error

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """What a query yields."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def write(self, statement: str, *values: Any) -> int:
        """Carry out one statement; returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Statements that are carried out all or not at all."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    def close(self) -> None:
        """Write everything into the one file."""
        with self._lock:
            self._connection.close()
