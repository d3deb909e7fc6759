"""Watches a folder and scores the pictures and clips that arrive in it, each once, when it is whole."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic, process_time

from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.inputs import MEDIA_SUFFIXES
from unmask_edge.watch.events import FileEvent, file_event
from unmask_edge.watch.loop import Limits
from unmask_edge.watch.pace import Pace

POLL_S = 1.0
# A file that has not grown for so long is taken for whole.
SETTLED_S = 2.0

# Size in bytes and time of change in ns: what tells a file from another one of its name.
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Arrival:
    """A file that is whole.

    Attributes:
        name: its path in the folder.
    """

    path: Path
    name: str
    stamp: Stamp


class Folder:
    """Notices new and changed files in a folder and below it."""

    def __init__(self, folder: Path, known: dict[str, Stamp]) -> None:
        """Take what is known already by its path in the folder."""
        self._folder = folder
        self._known = known
        self._growing: dict[str, tuple[Stamp, float]] = {}

    def arrivals(self, now_s: float) -> Iterator[Arrival]:
        """Files that have become whole since the last call, in the order of their names.

        Args:
            now_s: by a clock that never jumps.
        """
        for path in sorted(self._folder.rglob("*")):
            stamp = _stamp(path)
            name = str(path.relative_to(self._folder))
            if stamp is None or self._known.get(name) == stamp:
                continue
            before, since_s = self._growing.get(name, (None, now_s))
            if before != stamp:
                self._growing[name] = stamp, now_s
            elif now_s - since_s >= SETTLED_S:
                del self._growing[name]
                self._known[name] = stamp
                yield Arrival(path, name, stamp)


class Journal:
    """Which files have been told of, in a file of one JSON array a line, so that a restart tells none twice."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; with None nothing outlasts the program."""
        self._path = path

    def read(self) -> dict[str, Stamp]:
        """All that is known.

        Raises:
            UnmaskError: if the file is no such journal.
        """
        if self._path is None or not self._path.exists():
            return {}
        content = self._path.read_bytes()
        # A line that was cut off as the machine went down is told again.
        whole = content[: content.rfind(b"\n") + 1]
        try:
            known = {str(name): (int(size), int(at_ns)) for name, size, at_ns in map(json.loads, whole.splitlines())}
        except (ValueError, TypeError) as error:
            raise UnmaskError(f"Expected a journal of `unmask watch` in {self._path}. Received: {error}") from error
        os.truncate(self._path, len(whole))
        return known

    def add(self, arrival: Arrival) -> None:
        """Note a file that was told of."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([arrival.name, *arrival.stamp]) + "\n")


class FolderWatch:
    """Watches one folder."""

    def __init__(self, folder: Path, journal: Journal, detector: Detector, limits: Limits) -> None:
        """Prepare.

        Args:
            folder: which.
            journal: what was told before, and where this is noted.
            detector: scores; not to be used elsewhere meanwhile.
            limits: how much to do; of them the rate counts files.

        Raises:
            UnmaskError: if the journal is none.
        """
        self._folder = folder
        self._journal = journal
        self._arriving = Folder(folder, journal.read())
        self._detector = detector
        self._limits = limits

    def run(self, tell: Callable[[FileEvent], None], stop: Event) -> None:
        """Score what arrives until time is up or `stop` is set; what cannot be scored is told with the reason."""
        pace, until_s = Pace(self._limits.frames_per_s, self._limits.max_cpu), self._limits.until_s()
        while not stop.is_set() and monotonic() < until_s:
            for arrival in self._arriving.arrivals(monotonic()):
                tell(file_event(self._detector.score(arrival.path), str(self._folder)))
                self._journal.add(arrival)
                stop.wait(pace.wait_s(monotonic(), process_time()))
                if stop.is_set() or monotonic() >= until_s:
                    return
            stop.wait(POLL_S)


def _stamp(path: Path) -> Stamp | None:
    """None of what is no picture or clip, or has gone."""
    if path.suffix.lower() not in MEDIA_SUFFIXES:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if path.is_file() else None
