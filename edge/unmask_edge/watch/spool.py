"""Events that wait to be sent, in order, on disk.

SQLite, because its commits are whole or not there after a kill -9 or a power cut, because it deletes the oldest without
a file for each event, and because it is part of Python. What the disk cannot take waits in memory.
"""

import logging
import sqlite3
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from uuid import uuid4

from unmask_edge.database import Database
from unmask_edge.errors import UnmaskError

LOG = logging.getLogger(__name__)

SCHEMA = "CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, body BLOB)"
VERSION = 1
# A file that cannot be opened is tried again so often.
REOPEN_S = 60.0


@dataclass(frozen=True)
class Waiting:
    """An event that waits.

    Attributes:
        number: its place on disk; None in memory.
        id: tells it from all others, also when it is sent twice.
        body: as it is sent.
    """

    number: int | None
    id: str
    body: bytes


class Spool:
    """A bounded queue that outlasts the program; safe between threads."""

    def __init__(self, path: Path, max_events: int, max_bytes: int) -> None:
        """Open or make the file; where it cannot be, events wait in memory until it can."""
        self._path = path
        self._max_events, self._max_bytes = max_events, max_bytes
        self._lock = Lock()
        self._unsaved: deque[Waiting] = deque()
        self._sent = 0
        self._database: Database | None = None
        self._tried_s = -REOPEN_S
        self.events = self.bytes = 0
        with self._lock:
            self._open()

    @property
    def unsaved(self) -> int:
        """How many events are in memory alone."""
        return len(self._unsaved)

    def add(self, body: bytes) -> int:
        """Put an event at the end; returns how many of the oldest had to go for it."""
        with self._lock:
            self._unsaved.append(Waiting(None, f"event_{uuid4().hex}", body))
            self.events, self.bytes = self.events + 1, self.bytes + len(body)
            dropped = 0
            while self.events > self._max_events or self.bytes > self._max_bytes:
                oldest = self._first()
                assert oldest is not None
                self._forget(oldest)
                dropped += 1
            self._save()
            return dropped

    def first(self) -> Waiting | None:
        """The oldest event; None if none waits."""
        with self._lock:
            return self._first()

    def remove(self, waiting: Waiting) -> None:
        """Forget an event that was sent, unless it had to go meanwhile."""
        with self._lock:
            oldest = self._first()
            if oldest is not None and oldest.id == waiting.id:
                self._forget(oldest)
            self._save()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database:
                self._database.close()

    def _first(self) -> Waiting | None:
        if self._database:
            query = "SELECT number, id, body FROM events WHERE number > ? ORDER BY number LIMIT 1"
            for row in self._database.rows(query, self._sent):
                return Waiting(row["number"], row["id"], row["body"])
        return self._unsaved[0] if self._unsaved else None

    def _forget(self, oldest: Waiting) -> None:
        self.events, self.bytes = self.events - 1, self.bytes - len(oldest.body)
        if oldest.number is None:
            self._unsaved.popleft()
            return
        assert self._database is not None
        # A full disk takes no deletion either; this is made up for by the next.
        self._sent = oldest.number
        try:
            self._database.write("DELETE FROM events WHERE number <= ?", self._sent)
        except sqlite3.Error as error:
            self._complain(error)

    def _save(self) -> None:
        """Write what is in memory alone, if the disk takes it."""
        if not self._unsaved or not self._open():
            return
        assert self._database is not None
        try:
            with self._database.transaction() as connection:
                connection.executemany(
                    "INSERT INTO events (id, body) VALUES (?, ?)", [(one.id, one.body) for one in self._unsaved]
                )
        except sqlite3.Error as error:
            self._complain(error)
            return
        self._unsaved.clear()

    def _open(self) -> bool:
        """Open the file unless it is, or was tried a moment ago; whether it is."""
        if self._database is None and monotonic() - self._tried_s >= REOPEN_S:
            self._tried_s = monotonic()
            try:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._database = Database(self._path, SCHEMA, VERSION, exclusive=True)
            except (OSError, UnmaskError) as error:
                self._complain(error)
                return False
            saved = self._database.rows("SELECT count(*), coalesce(sum(length(body)), 0) FROM events")[0]
            self.events, self.bytes = self.events + saved[0], self.bytes + saved[1]
        return self._database is not None

    def _complain(self, error: Exception) -> None:
        LOG.warning("Expected a disk that takes events. Received: %s: %s; they wait in memory.", self._path, error)
