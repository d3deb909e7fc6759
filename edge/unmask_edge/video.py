"""Samples frames of a clip evenly by time, decoding as little as that allows.

OpenCV's FFmpeg backend applies rotation metadata and reports each frame's own presentation time, so clips of variable
frame rate are sampled by time and not by frame number.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import MediaError

# A longer way to the next sample is seeked, a shorter one decoded: keyframes commonly lie 2 to 10 s apart.
SEEK_FROM_S = 4.0
# A clip whose decodable part is shorter than this share of its stated duration counts as truncated.
WHOLE_SHARE = 0.9
MAX_PIXELS = 8192 * 8192

Frame = tuple[float, NDArray[np.uint8]]


def sample_times(duration_s: float, frames: int) -> list[float]:
    """Middles in s of `frames` equal parts of a clip."""
    return [(k + 0.5) / frames * duration_s for k in range(frames)]


class Clip:
    """An opened clip.

    Attributes:
        duration_s: stated by the container, or found by reading to the end where it states none.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            MediaError: `no_video_stream`, `zero_frames`, `truncated` or `too_large`.
        """
        self._path = str(path)
        self._capture = self._open()
        self._time_s = 0.0
        self.duration_s = self._stated_duration_s() or self._counted_duration_s()

    def close(self) -> None:
        """Release the decoder."""
        self._capture.release()

    def sample(self, frames: int) -> Iterator[Frame]:
        """Yield `(time_s, (H, W, 3) uint8 RGB)` of the frame shown at each sample time, each frame once.

        Raises:
            MediaError: `truncated` where the clip ends well before its stated duration, `zero_frames` for none.
        """
        shown, upcoming = None, self._read()
        if upcoming is None:
            raise MediaError("zero_frames", "Expected at least one decodable frame. Received: none.")
        yielded = -1.0
        for time_s in sample_times(self.duration_s, frames):
            if upcoming is not None and time_s - upcoming[0] > SEEK_FROM_S:
                shown, upcoming = None, self._seek(time_s)
            while upcoming is not None and (shown is None or upcoming[0] <= time_s):
                shown, upcoming = upcoming, self._read()
            if shown is not None and shown[0] > yielded:
                yielded = shown[0]
                yield shown
        if upcoming is None and shown is not None:
            self._require_whole(shown[0])

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._path, cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise MediaError(
                "no_video_stream",
                "Expected a clip with a video stream. Received: a file that has none, is damaged, or is no media file.",
            )
        if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MAX_PIXELS:
            raise MediaError("too_large", f"Expected at most {MAX_PIXELS} pixels a frame. Received: more.")
        return capture

    def _read(self) -> Frame | None:
        if not self._capture.grab():
            return None
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        decoded, frame = self._capture.retrieve()
        if not decoded:
            return None
        return time_s, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)

    def _seek(self, time_s: float) -> Frame | None:
        """The frame at or shortly before a time; from the start where the container's index misleads."""
        for margin_s in (0.0, 1.0, 10.0):
            self._capture.set(cv2.CAP_PROP_POS_MSEC, max(0.0, time_s - margin_s) * 1000)
            frame = self._read()
            if frame is not None and frame[0] <= time_s:
                return frame
        self._capture.release()
        self._capture = self._open()
        return self._read()

    def _stated_duration_s(self) -> float:
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return frames / rate if rate > 0 and frames > 0 else 0.0

    def _counted_duration_s(self) -> float:
        """Time of the last frame plus one frame, by reading a clip whose container states no duration."""
        times = []
        while self._capture.grab():
            times.append(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        self._capture.release()
        self._capture = self._open()
        if not times:
            raise MediaError("zero_frames", "Expected at least one decodable frame. Received: none.")
        return float(times[-1] + times[-1] / max(len(times) - 1, 1))

    def _require_whole(self, last_s: float) -> None:
        frame_s = 1 / max(self._capture.get(cv2.CAP_PROP_FPS), 1e-3)
        if last_s + 2 * frame_s < WHOLE_SHARE * self.duration_s:
            raise MediaError(
                "truncated", f"Expected {self.duration_s:.2f} s of video. Received: frames up to {last_s:.2f} s only."
            )
