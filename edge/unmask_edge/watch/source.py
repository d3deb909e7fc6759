"""Reads a camera, a stream or a file in a thread of its own and hands out the newest frame alone.

Frames that nobody asked for are decoded and dropped, so nothing queues up, however slow the reader is.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Literal
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import CAPTURE_OPTIONS, cv2
from unmask_edge.watch.stats import Stats

URL_SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "rtmp")
SECRET_PARAMETER = re.compile(r"([^&=]*(?:usr|user|pass|pwd|token|key|secret|auth)[^&=]*)=[^&]*", re.IGNORECASE)
# A stream that says nothing for so long is lost.
TIMEOUT_MS = 10_000
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# FFmpeg would read five seconds of a stream to tell its frame rate, and hand them out late, before newer frames.
STREAM_OPTIONS = f"fpsprobesize;0|{CAPTURE_OPTIONS}"
# So many damaged frames in a row, and the stream is opened anew.
DAMAGED_FRAMES = 100
# OpenCV's own time limits end a read sooner; one that outlasts this hangs.
HANGS_S = 60.0

# The options are the whole process's while something is opened.
_opening = Lock()

State = Literal["source_live", "source_lost", "source_ended"]
OnState = Callable[[State, str], None]


@dataclass(frozen=True)
class Address:
    """Where frames come from.

    Attributes:
        opens: what OpenCV opens: a camera's number, a device or file path, or a URL.
        name: the same without password, for people.
        is_file: a file ends; cameras and streams are opened again.
    """

    opens: int | str
    name: str
    is_file: bool

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read a source as it is given on a command line.

        Raises:
            UnmaskError: if it is neither a number, a URL of a known kind nor an existing path.
        """
        if text.isdecimal():
            return cls(int(text), f"camera {text}", is_file=False)
        scheme, sign, _ = text.partition("://")
        if sign and scheme in URL_SCHEMES:
            return cls(text, without_password(text), is_file=False)
        path = Path(text)
        if path.is_file():
            return cls(text, text, is_file=True)
        if path.is_char_device() or text.startswith("/dev/"):  # it may be plugged in later
            return cls(text, text, is_file=False)
        raise UnmaskError(
            f"Expected a camera's number, a device such as /dev/video0, a URL ({', '.join(URL_SCHEMES)}), a file or a "
            f"folder. Received: {without_password(text)}."
        )


class Source:
    """Frames of one address, newest first and last."""

    def __init__(self, address: Address, on_state: OnState, stats: Stats | None = None) -> None:
        """Begin to read.

        Args:
            address: what to read.
            on_state: told, in the reading thread, when frames come, stop coming, or have ended for good, and why.
            stats: where to count.
        """
        self._address = address
        self._on_state = on_state
        self._stats = stats or Stats(address.name)
        self._closing = Event()
        self._changed = Condition()
        self._wanted = False
        self._frame: NDArray[np.uint8] | None = None
        self._ended = False
        self._thread = Thread(target=self._run, name=f"read {address.name}", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether no frame will come any more."""
        return self._ended

    def newest(self, timeout_s: float) -> NDArray[np.uint8] | None:
        """The next frame to come, `(H, W, 3)` uint8 RGB, or None if none comes in time or ever."""
        with self._changed:
            self._wanted, self._frame = True, None
            self._changed.wait_for(lambda: self._frame is not None or self._ended, timeout_s)
            self._wanted = False
            return self._frame

    def close(self) -> None:
        """Stop reading; a read in progress ends at its time limit."""
        self._closing.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._closing.is_set():
            self._stats.reading.beat(HANGS_S)
            capture = _open(self._address)
            reason = "it cannot be opened"
            if capture.isOpened() and self._read(capture):
                wait_s, reason = FIRST_WAIT_S, "no frame comes any more"
            capture.release()
            if self._address.is_file or self._closing.is_set():
                break
            self._on_state("source_lost", reason)
            self._stats.reading.beat(wait_s + HANGS_S)
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        self._stats.reading.end()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._stats.ended = True
        self._on_state("source_ended", "closed" if self._closing.is_set() else "the file is over")

    def _read(self, capture: cv2.VideoCapture) -> bool:
        """Read until nothing comes; whether anything came."""
        came, damaged, started_s = False, 0, monotonic()
        while not self._closing.is_set() and damaged < DAMAGED_FRAMES and _grabbed(capture):
            self._stats.seen, self._stats.came_s = self._stats.seen + 1, monotonic()
            due_s = started_s + capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            wait_s = max(0.0, due_s - monotonic()) if self._address.is_file else 0.0
            self._stats.reading.beat(wait_s + HANGS_S)
            self._closing.wait(wait_s)  # a file goes at its own pace, as a camera would
            if self._wanted or not came:
                decoded, frame = capture.retrieve()
                damaged = 0 if decoded else damaged + 1
                if decoded and not came:
                    came = True
                    self._stats.opened += 1
                    self._on_state("source_live", "")
                if decoded:
                    self._hand_over(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False))
        return came

    def _hand_over(self, frame: NDArray[np.uint8]) -> None:
        with self._changed:
            self._frame = frame
            self._changed.notify_all()


def _grabbed(capture: cv2.VideoCapture) -> bool:
    """Whether the next frame came in time: one that comes once time is up was left in the decoder."""
    asked_s = monotonic()
    return capture.grab() and monotonic() - asked_s < TIMEOUT_MS / 1000


def _open(address: Address) -> cv2.VideoCapture:
    if isinstance(address.opens, int):
        return cv2.VideoCapture(address.opens)
    if address.opens.startswith("/dev/"):
        return cv2.VideoCapture(address.opens, cv2.CAP_V4L2)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS]
    if address.is_file:
        return cv2.VideoCapture(address.opens, cv2.CAP_FFMPEG, limits)
    with _opening:
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = STREAM_OPTIONS
        try:
            return cv2.VideoCapture(address.opens, cv2.CAP_FFMPEG, limits)
        finally:
            os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = CAPTURE_OPTIONS


def without_password(url: str) -> str:
    """A URL without user and password, also where its query holds them as many cameras' do; a path as it is."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    host = f"***@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    return parts._replace(netloc=host, query=SECRET_PARAMETER.sub(r"\1=***", parts.query)).geturl()
