"""Keeps the frames around a verdict of "likely manipulated", and nothing else, for a while.

A folder for each verdict: `event.json` and the frames as JPEG pictures, named by their time in ms before or after it.
"""

import shutil
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2
from unmask_edge.result import FaceFrame
from unmask_edge.watch.config import RecordConfig
from unmask_edge.watch.events import AnyEvent, FaceEvent, OutputEvent
from unmask_edge.watch.faces import Faces
from unmask_edge.watch.outputs import Standing

BEFORE_S, AFTER_S = 3.0, 2.0
JPEG_QUALITY = 85
MINUTE_S = 60.0
PRUNE_S = 3600.0
# A clock that was set meanwhile may be wrong; by the next time it is believed.
TOLERATED_JUMP_S = 60.0
STAMP = "%Y-%m-%dT%H-%M-%S.%fZ"

# A frame as a JPEG file, and when it came, by a clock that never jumps.
Picture = tuple[float, bytes]


class Recordings:
    """The folder of all sources' recordings; safe between threads."""

    def __init__(self, config: RecordConfig, tell: Callable[[OutputEvent], None]) -> None:
        """Take where and how much to keep, and who is told when the disk is full."""
        self._config = config
        self._lock = Lock()
        self._begun_s: deque[float] = deque()
        self._clocks_differ_s = time.time() - monotonic()
        self.standing = Standing("record", tell)
        Thread(target=self._prune, name="prune recordings", daemon=True).start()

    def may_begin(self, now_s: float) -> bool:
        """Whether one more may be made within this minute; if so it is counted."""
        with self._lock:
            while self._begun_s and now_s - self._begun_s[0] > MINUTE_S:
                self._begun_s.popleft()
            if len(self._begun_s) >= self._config.per_minute:
                return False
            self._begun_s.append(now_s)
            return True

    def keep(self, slug: str, event: FaceEvent, at_s: float, pictures: list[Picture]) -> None:
        """Write a recording, once there is room for it; a full disk is told and spoils nothing else.

        Args:
            slug: of the source.
            event: the verdict.
            at_s: when it was given, by the pictures' clock.
            pictures: in order of time.
        """
        stamp = datetime.fromisoformat(event.at.replace("Z", "+00:00"))
        name = f"{stamp.strftime(STAMP)}_{slug}_{event.track}"
        part = self._config.dir / f".{name}"
        with self._lock:
            try:
                self._make_room(sum(len(picture) for _, picture in pictures))
                part.mkdir(mode=0o700, parents=True)
                (part / "event.json").write_text(event.model_dump_json(indent=2) + "\n", "utf-8")
                for came_s, picture in pictures:
                    (part / f"{round(1000 * (came_s - at_s)):+06d}.jpg").write_bytes(picture)
                part.rename(self._config.dir / name)
            except OSError as error:
                shutil.rmtree(part, ignore_errors=True)
                reason = f"{self._config.dir}: {error.strerror}"
                self.standing.failing(reason)
                self.standing.dropped(1, reason)
                return
        self.standing.working()

    def _prune(self) -> None:
        """Delete what is too old, also where nothing is recorded for long."""
        while True:
            with self._lock, suppress(OSError):
                self._make_room(0)
            sleep(PRUNE_S)

    def _make_room(self, coming_bytes: int) -> None:
        """Delete what is older or larger than is kept, the oldest first, and what a kill left half written."""
        self._config.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        differ_s = time.time() - monotonic()
        jumped, self._clocks_differ_s = abs(differ_s - self._clocks_differ_s) > TOLERATED_JUMP_S, differ_s
        for left in self._config.dir.glob(".*_*"):
            shutil.rmtree(left, ignore_errors=True)
        oldest = (datetime.now(timezone.utc) - timedelta(days=self._config.keep_days)).strftime(STAMP)
        kept = [(path, _size(path)) for path in sorted(self._config.dir.iterdir()) if _is_recording(path)]
        total = coming_bytes + sum(size for _, size in kept)
        for path, size in kept:
            if (path.name < oldest and not jumped) or total > self._config.keep_mb * 2**20:
                shutil.rmtree(path)
                total -= size


class Recorder:
    """Follows one source: holds its last frames, and keeps those around a verdict."""

    def __init__(self, recordings: Recordings, source: str, slug: str) -> None:
        """Take where to keep them, and the source's name."""
        self._recordings = recordings
        self._source, self._slug = source, slug
        self._lock = Lock()
        self._last: deque[Picture] = deque()
        self._open: list[tuple[FaceEvent, float, list[Picture]]] = []

    def see(self, frame: NDArray[np.uint8], _found: list[FaceFrame], _faces: Faces) -> None:
        """Take a frame, `(H, W, 3)` uint8 RGB, before what is new of it is told."""
        now_s = monotonic()
        _, jpeg = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        picture = now_s, jpeg.tobytes()
        with self._lock:
            self._last.append(picture)
            while now_s - self._last[0][0] > BEFORE_S:
                self._last.popleft()
            for _, _, pictures in self._open:
                pictures.append(picture)
        self._finish(lambda at_s: now_s - at_s >= AFTER_S)

    def tell(self, event: AnyEvent) -> None:
        """Begin a recording at a verdict of this source; end all where it has no more frames."""
        if isinstance(event, OutputEvent) or event.source != self._source:
            return
        if not isinstance(event, FaceEvent):
            self._finish(lambda _: True)
        elif event.verdict == "likely manipulated" and self._recordings.may_begin(monotonic()):
            with self._lock:
                self._open.append((event, monotonic(), list(self._last)))

    def close(self) -> None:
        """Keep what is there of those that are not over."""
        self._finish(lambda _: True)

    def _finish(self, is_over: Callable[[float], bool]) -> None:
        with self._lock:
            over = [one for one in self._open if is_over(one[1])]
            self._open = [one for one in self._open if one not in over]
        for event, at_s, pictures in over:
            self._recordings.keep(self._slug, event, at_s, pictures)


def _is_recording(path: Path) -> bool:
    """Whether a folder is one of ours: others are left alone."""
    return (path / "event.json").is_file()


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
