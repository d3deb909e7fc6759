"""Samples frames of a clip evenly by time, decoding as little as that allows.

OpenCV's FFmpeg backend applies rotation metadata and reports each frame's own presentation time. The durations and
frame rates that it states are guesses where the rate varies, so the times of all frames are read from the container
first, which decodes nothing; then the frame that is shown at each sample time is decoded. Where samples lie far apart,
they may move to frames nearby that follow a key frame closely, or else to earlier ones: others cost the decoding of
seconds of film each.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.container import is_container, is_cut_short
from unmask_edge.errors import MediaError, MediaErrorReason
from unmask_edge.opencv import MAX_PIXELS as MAX_IMAGE_PIXELS
from unmask_edge.opencv import cv2

# Samples at least so far apart may each move by less than half of that.
MOVE_FROM_S = 2.0
# A shorter way to the next sample is always decoded.
SEEK_FROM_S = 0.5
# OpenCV seeks to the key frame that lies at least 16 frames before the one that is wanted, and decodes from there.
AFTER_KEY = 17
# Times closer than this are one: containers round them, some to whole ms.
SAME_TIME_S = 0.0005
# Less than this share missing at the end of a file is no reason to refuse the rest.
TOLERATED_LOSS = 0.1
MAX_PIXELS = min(8192 * 8192, MAX_IMAGE_PIXELS)

Frame = tuple[float, NDArray[np.uint8]]


def sample_times(duration_s: float, frames: int) -> list[float]:
    """Middles in s of `frames` equal parts of a clip."""
    return [(k + 0.5) / frames * duration_s for k in range(frames)]


def decoded_ahead(frames: Iterator[Frame]) -> Generator[Frame, None, None]:
    """Decode each next frame in a thread of its own while the one before is looked at; to be closed before the clip."""
    with ThreadPoolExecutor(1, "decode") as thread:
        coming = thread.submit(next, frames, None)
        while (frame := coming.result()) is not None:
            coming = thread.submit(next, frames, None)
            yield frame


class Clip:
    """An opened clip.

    Attributes:
        duration_s: from the first frame to the end of the last.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            MediaError: `truncated`, `unreadable`, `no_video_stream`, `zero_frames` or `too_large`.
        """
        self._path = path
        if is_cut_short(path, TOLERATED_LOSS):
            raise _truncated()
        self._capture = self._open()
        self._frame_s = 1 / max(self._capture.get(cv2.CAP_PROP_FPS), 1e-3)
        self._times_s, self._keys = self._container_times()
        # Bare H.264 and the like have no times; their frames are counted.
        self._untimed = len(self._times_s) > 1 and bool(self._times_s[0] == self._times_s[-1])
        if self._untimed:
            self._times_s = np.arange(len(self._times_s)) * self._frame_s
        self._index, self._time_s = -1, 0.0
        self.duration_s = float(self._times_s[-1]) + self._typical_interval_s()

    def close(self) -> None:
        """Release the decoder."""
        self._capture.release()

    def sample(self, frames: int, near_keys: bool = False) -> Iterator[Frame]:
        """Yield `(time_s, (H, W, 3) uint8 RGB)` of the frame shown at each sample time, each frame once.

        Args:
            frames: how many.
            near_keys: whether samples two seconds or more apart may each move by less than half of that.

        Raises:
            MediaError: `zero_frames` where none can be decoded.
        """
        yielded_s = -1.0
        for time_s in self._times_of_samples(frames, near_keys):
            if time_s <= yielded_s:  # damaged frames were passed over
                continue
            frame = self._frame_from(time_s)
            if frame is None:
                break
            yielded_s = frame[0]
            yield frame
        if yielded_s < 0:
            raise self._without("zero_frames", "Expected at least one decodable frame. Received: none.")

    def _times_of_samples(self, frames: int, near_keys: bool) -> list[float]:
        """Start times of the frames that are on screen at the sample times or, near key frames, about then."""
        indices = {self._index_at(time_s) for time_s in sample_times(self.duration_s, frames)}
        reach_s = self.duration_s / frames / 2
        if near_keys and 2 * reach_s >= MOVE_FROM_S and not self._untimed:
            indices = set(self._sooner(sorted({self._cheap_near(index, reach_s) for index in indices}), reach_s))
        return [float(self._times_s[index]) for index in sorted(indices)]

    def _index_at(self, time_s: float) -> int:
        """The frame that is on screen at a time."""
        return max(bisect_right(self._times_s, time_s + SAME_TIME_S) - 1, 0)

    def _cheap_near(self, index: int, reach_s: float) -> int:
        """The nearest frame within reach that follows a key frame as closely as can be sought; else the frame."""
        time_s = self._times_s[index]
        near = slice(bisect_left(self._keys, self._index_at(time_s - reach_s) - AFTER_KEY), None)
        best = index
        for cheap in (key + AFTER_KEY for key in self._keys[near]):
            if cheap >= len(self._times_s) or self._times_s[cheap] >= time_s + reach_s:
                break
            distance_s = abs(self._times_s[cheap] - time_s)
            if distance_s < reach_s and (best == index or distance_s < abs(self._times_s[best] - time_s)):
                best = cheap
        return best

    def _sooner(self, indices: list[int], reach_s: float) -> list[int]:
        """Move the last frame before each seek, unless it follows a key frame closely, as early as reach allows.

        What lies between it and the seek is then not decoded. No two frames come closer than reach by that.
        """
        sooner: list[int] = []
        for index, following in zip(indices, [*indices[1:], None], strict=True):
            is_cheap = self._decoded_from(index) + AFTER_KEY == index
            is_last = following is None or self._decoded_from(following) > index
            if is_last and not is_cheap:
                earliest_s = self._times_s[index] - reach_s
                if sooner:
                    earliest_s = max(earliest_s, self._times_s[sooner[-1]] + reach_s)
                sooner.append(min(bisect_right(self._times_s, earliest_s), index))
            else:
                sooner.append(index)
        return sooner

    def _decoded_from(self, index: int) -> int:
        """The key frame from which a frame is decoded where it is sought."""
        return self._keys[max(bisect_right(self._keys, index - AFTER_KEY) - 1, 0)] if self._keys else 0

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._without(
                "no_video_stream",
                "Expected a clip with a video stream. Received: a file that has none or whose contents are damaged.",
            )
        if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MAX_PIXELS:
            raise MediaError("too_large", f"Expected at most {MAX_PIXELS} pixels a frame. Received: more.")
        return capture

    def _without(self, reason: MediaErrorReason, message: str) -> MediaError:
        """Why a file gives no pictures: that it lacks its end or is of another kind says more than the given reason."""
        if is_cut_short(self._path):
            return _truncated()
        if is_container(self._path):
            return MediaError(reason, message)
        return MediaError("unreadable", "Expected an image or a clip. Received: a file of another kind.")

    def _container_times(self) -> tuple[NDArray[np.float64], list[int]]:
        """Times of all frames in s, in order, and the indices of key frames, without decoding them."""
        packets = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
        # Of two hours, lists of Python's numbers would take ten times as much, and not all of it is given back.
        times_s, are_keys = array("d"), array("b")
        while packets.grab():
            times_s.append(packets.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            are_keys.append(packets.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) > 0)
        packets.release()
        if not times_s:
            raise self._without("zero_frames", "Expected at least one frame. Received: none.")
        order = np.lexsort((are_keys, times_s))
        return np.asarray(times_s)[order], np.flatnonzero(np.asarray(are_keys)[order]).tolist()

    def _typical_interval_s(self) -> float:
        """How long a frame is shown, as a guess at how long the last one is."""
        return float(np.median(np.diff(self._times_s))) if len(self._times_s) > 1 else self._frame_s

    def _frame_from(self, time_s: float) -> Frame | None:
        """The first frame from a time on that can be decoded."""
        grabbed = self._seek(time_s) if self._is_sooner_sought(time_s) else self._grab()
        while grabbed:
            if self._time_s >= time_s - SAME_TIME_S:
                decoded, frame = self._capture.retrieve()
                if decoded:
                    return self._time_s, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            grabbed = self._grab()
        return None

    def _is_sooner_sought(self, time_s: float) -> bool:
        """Whether a seek decodes fewer frames on the way to a later time than to go on does."""
        if self._untimed or time_s - self._time_s < SEEK_FROM_S:
            return False
        return self._decoded_from(self._index_at(time_s)) > self._index_at(self._time_s)

    def _grab(self) -> bool:
        if not self._capture.grab():
            return False
        self._index += 1
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self._time_s = self._index * self._frame_s if self._untimed else time_s
        return True

    def _seek(self, time_s: float) -> bool:
        """Grab a frame at or shortly before a time; the first one where the container's index misleads."""
        for margin_s in (0.0, 1.0, 10.0):
            self._capture.set(cv2.CAP_PROP_POS_MSEC, max(0.0, time_s - margin_s) * 1000)
            if self._grab() and self._time_s <= time_s + SAME_TIME_S:
                return True
        self._capture.release()
        self._capture = self._open()
        return self._grab()


def _truncated() -> MediaError:
    return MediaError("truncated", "Expected a whole file. Received: one that ends before its headers say it does.")
