"""Who may use the companion: one-time codes, and the tokens that they are exchanged for.

A code is read from the terminal or the page and typed into the extension; guessing is bounded by a few tries a code.
Tokens are 256 random bits; only their digests are kept.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from time import monotonic
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from unmask_edge.database import Database

VERSION = 1
CODE_DIGITS = 8
CODE_LIFE_S = 600.0
TRIES = 5
SCHEMA = """
CREATE TABLE IF NOT EXISTS pairings (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    origin TEXT,
    created_s REAL NOT NULL,
    token_sha256 TEXT NOT NULL UNIQUE
)
"""


class Pairing(BaseModel):
    """A program that was given a token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    origin: str | None = Field(description="the extension's, to which the token is bound; null for other programs")
    created: datetime


class Codes:
    """The one-time code that counts now, if any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._code, self._until, self._tries = "", 0.0, 0

    def new(self) -> str:
        """A fresh code, such as `4821-0937`; the one before counts no more."""
        digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        with self._lock:
            self._code, self._until, self._tries = digits, monotonic() + CODE_LIFE_S, TRIES
        return f"{digits[:4]}-{digits[4:]}"

    def use(self, code: str) -> bool:
        """Whether a code is the one that counts; it is used up by this, or by a few wrong ones."""
        digits = "".join(character for character in code if character in "0123456789")
        with self._lock:
            valid = self._tries > 0 and monotonic() < self._until
            right = secrets.compare_digest(digits, self._code) and valid
            self._tries = 0 if right else self._tries - 1
            return right


class Pairings:
    """Programs that were paired, by the digests of their tokens, and the companion's own page."""

    def __init__(self, path: Path, announce: Callable[[str], None]) -> None:
        """Open or make the file, whose name is `path`.

        Args:
            path: of the database.
            announce: shows a person a code.

        Raises:
            UnmaskError: if it cannot be written.
        """
        self._database = Database(path, SCHEMA, VERSION)
        self._codes, self._announce = Codes(), announce
        # Lives as long as the process: the page asks for the next one's.
        self.page_token = secrets.token_urlsafe(32)
        self._known: dict[str, Pairing] = {}
        for row in self._database.rows("SELECT * FROM pairings"):
            created = datetime.fromtimestamp(row["created_s"], timezone.utc)
            pairing = Pairing(id=row["id"], name=row["name"], origin=row["origin"], created=created)
            self._known[row["token_sha256"]] = pairing

    def close(self) -> None:
        """Write everything into the one file."""
        self._database.close()

    def announce_code(self) -> None:
        """Show a person a fresh code."""
        self._announce(self._codes.new())

    def new_code(self) -> str:
        """A fresh code for someone who is paired already."""
        return self._codes.new()

    def pair(self, code: str, name: str, origin: str | None) -> str | None:
        """Exchange a code for a token; None if it is not the one that counts.

        Args:
            code: as it was typed.
            name: what the program calls itself, for people.
            origin: of the extension; the token is then good for nobody else in a browser.
        """
        if not self._codes.use(code):
            return None
        token = secrets.token_urlsafe(32)
        pairing = Pairing(id=uuid4().hex, name=name, origin=origin, created=datetime.now(timezone.utc))
        self._database.write(
            "INSERT INTO pairings VALUES (?, ?, ?, ?, ?)",
            *(pairing.id, name, origin, time.time(), _digest(token)),
        )
        self._known = {**self._known, _digest(token): pairing}
        return token

    def all(self) -> list[Pairing]:
        """Every paired program, oldest first."""
        return sorted(self._known.values(), key=lambda pairing: pairing.created)

    def delete(self, pairing_id: str) -> bool:
        """Make a program's token worthless; false if there is none of this identifier."""
        self._known = {digest: known for digest, known in self._known.items() if known.id != pairing_id}
        return self._database.write("DELETE FROM pairings WHERE id = ?", pairing_id) > 0

    def knows(self, token: str, origin: str | None) -> bool:
        """Whether a token is good for a request of this origin; `origin` is None where the browser states none."""
        if secrets.compare_digest(token.encode(), self.page_token.encode()):
            return True
        pairing = self._known.get(_digest(token))
        return pairing is not None and (pairing.origin == origin or origin is None or pairing.origin is None)

    def has_origin(self, origin: str) -> bool:
        """Whether an extension of this origin is paired."""
        return any(pairing.origin == origin for pairing in self._known.values())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
