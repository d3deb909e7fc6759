"""Watches a folder and scores the pictures and clips that arrive in it, each once, when it is whole."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from threading import Event
from time import monotonic, process_time, thread_time

from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.inputs import MEDIA_SUFFIXES
from unmask_edge.watch.events import FileEvent, SourceEvent, file_event, source_event
from unmask_edge.watch.pace import Pace
from unmask_edge.watch.stats import Stats

LOG = logging.getLogger(__name__)

POLL_S = 1.0
# Share of one core to look for new files with: a folder of a hundred thousand is looked at less often.
MAX_LOOKING = 0.05
# A file that has not grown for so long is taken for whole.
SETTLED_S = 2.0
# So many files that have gone are still known, lest a disk that was away for a while be told of anew.
KEPT_GONE = 100_000
# So many lines that say nothing more may be in a journal beside as many as say something.
SPARE_LINES = 1000
# A file that takes longer hangs the decoder.
LONGEST_FILE_S = 900.0

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
        there = dict(_media_in(str(self._folder), ""))
        self._forget(there)
        for name, stamp in sorted(one for one in there.items() if self._known.get(one[0]) != one[1]):
            before, since_s = self._growing.get(name, (None, now_s))
            if before != stamp:
                self._growing[name] = stamp, now_s
            elif now_s - since_s >= SETTLED_S:
                del self._growing[name]
                self._known[name] = stamp
                yield Arrival(self._folder / name, name, stamp)

    def _forget(self, there: dict[str, Stamp]) -> None:
        """Forget what went before it was whole and, once too many others have gone, the oldest of these."""
        self._growing = {name: seen for name, seen in self._growing.items() if name in there}
        if len(self._known) - len(there) > 1.1 * KEPT_GONE:
            gone = [name for name in self._known if name not in there]
            for name in gone[:-KEPT_GONE]:
                del self._known[name]


class Journal:
    """Which files have been told of, in a file of one JSON array a line, so that a restart tells none twice."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; with None nothing outlasts the program."""
        self._path = path
        self._unwritten = b""
        self._lines = 0

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
        self._lines = whole.count(b"\n")
        return known

    def add(self, arrival: Arrival) -> None:
        """Note a file that was told of; what cannot be written, as on a full disk, is tried again with the next."""
        if self._path is None:
            return
        self._unwritten += _line(arrival.name, arrival.stamp)
        self._lines += 1
        try:
            with self._path.open("ab", buffering=0) as file:
                end = file.tell()
                if file.write(self._unwritten) < len(self._unwritten):
                    file.truncate(end)  # half a line would spoil those after it
                    raise OSError(ENOSPC, os.strerror(ENOSPC))
        except OSError as error:
            LOG.warning("Expected a journal that can be written. Received: %s: %s.", self._path, error.strerror)
            return
        self._unwritten = b""

    def shorten(self, known: dict[str, Stamp]) -> None:
        """Write it anew once most of its lines are of files that are known no more; a full disk leaves it as it is.

        Args:
            known: all that was told of and may come again.
        """
        if self._path is None or self._lines <= 2 * len(known) + SPARE_LINES:
            return
        new = self._path.with_name(self._path.name + ".new")
        try:
            with new.open("wb") as file:
                file.writelines(_line(name, stamp) for name, stamp in known.items())
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError:
            with suppress(OSError):
                new.unlink()
            return
        self._lines, self._unwritten = len(known), b""


class FolderWatch:
    """Watches one folder."""

    def __init__(
        self, folder: Path, journal: Journal, detector: Detector, pace: Pace, stats: Stats | None = None
    ) -> None:
        """Prepare.

        Args:
            folder: which.
            journal: what was told before, and where this is noted.
            detector: scores; not to be used elsewhere meanwhile.
            pace: how much to do; its rate counts files.
            stats: where to count, and what the folder is called.

        Raises:
            UnmaskError: if the journal is none.
        """
        self._folder = folder
        self._journal = journal
        self._known = journal.read()
        self._arriving = Folder(folder, self._known)
        self._detector = detector
        self._pace = pace
        self._stats = stats or Stats(str(folder))

    def run(self, tell: Callable[[SourceEvent | FileEvent], None], stop: Event) -> None:
        """Score what arrives until `stop` is set; what cannot be scored is told with the reason.

        Raises:
            UnmaskError: if the folder is not there any more.
        """
        name, stats = self._stats.name, self._stats
        self._require()
        stats.opened += 1
        tell(source_event("source_live", name, ""))
        while not stop.is_set():
            self._require()
            began_s = thread_time()
            arrivals = list(self._arriving.arrivals(monotonic()))
            looked_s = thread_time() - began_s
            for arrival in arrivals:
                stats.seen += 1
                stats.looking.beat(LONGEST_FILE_S)
                taken_s = monotonic()
                tell(file_event(self._detector.score(arrival.path), name))
                stats.looked_at, stats.lag_s = stats.looked_at + 1, monotonic() - taken_s
                self._journal.add(arrival)
                self._wait(stop)
                if stop.is_set():
                    break
            else:
                self._journal.shorten(self._known)
            stop.wait(max(POLL_S, looked_s / MAX_LOOKING))
        stats.looking.end()
        tell(source_event("source_ended", name, "closed"))

    def _require(self) -> None:
        """Also notes that the folder is there."""
        if not self._folder.is_dir():
            raise UnmaskError(f"Expected the folder {self._folder}. Received: none; it may come back.")
        self._stats.came_s = monotonic()
        self._stats.looking.beat(LONGEST_FILE_S)

    def _wait(self, stop: Event) -> None:
        wait_s = self._pace.wait_s(monotonic(), process_time())
        self._stats.came_s = monotonic()
        self._stats.looking.beat(wait_s + LONGEST_FILE_S)
        stop.wait(wait_s)


def _line(name: str, stamp: Stamp) -> bytes:
    return json.dumps([name, *stamp]).encode() + b"\n"


def _media_in(folder: str, prefix: str) -> Iterator[tuple[str, Stamp]]:
    """Pictures and clips in a folder and below it, by their paths in it; what has gone meanwhile is passed over."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _media_in(entry.path, f"{prefix}{entry.name}/")
                elif os.path.splitext(entry.name)[1].lower() in MEDIA_SUFFIXES and entry.is_file():
                    status = entry.stat()
                    yield prefix + entry.name, (status.st_size, status.st_mtime_ns)
