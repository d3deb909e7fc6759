"""What is no whole, readable picture or clip gets the reason why, never an exception and never a score."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.edge.media_files import H264, PORTRAIT, cut, ffmpeg, flat_clip, portrait_clip, portrait_picture
from unmask_edge import Detector

FASTSTART = (*H264, "-movflags", "+faststart")
VP8 = ("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8")


def written(path: Path, content: bytes) -> Path:
    """Write a file and say where."""
    path.write_bytes(content)
    return path


def png_bomb(path: Path) -> Path:
    """A PNG of a few bytes that claims 60,000 x 60,000 px."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return written(path, b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))


def audio(path: Path) -> Path:
    """A sound without pictures."""
    ffmpeg("-f", "lavfi", "-i", "sine", "-t", "1", path)
    return path


def jpeg_with_thumbnail(path: Path) -> Path:
    """The first half of a JPEG whose EXIF-like segment holds a whole small JPEG, end mark and all."""
    content = portrait_picture(path).read_bytes()
    _, thumbnail = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail.tobytes()
    return written(path, content[:2] + segment + content[2 : len(content) // 2])


def zero_seconds(path: Path) -> Path:
    """A clip that was cut to nothing."""
    whole = flat_clip(path.with_name("whole.mp4"), [90, 100])
    ffmpeg("-i", whole, "-t", "0", path)
    return path


def empty_folder(path: Path) -> Path:
    """A folder that is called like a clip."""
    path.mkdir()
    return path


def silent_pipe(path: Path) -> Path:
    """A named pipe that nobody writes to."""
    os.mkfifo(path)
    return path


CASES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "absent.mp4": ("missing", lambda p: p),
    "absent_folder/a.png": ("missing", lambda p: p),
    "x" * 400: ("missing", lambda p: p),
    "empty.mp4": ("unreadable", lambda p: written(p, b"")),
    "empty.jpg": ("unreadable", lambda p: written(p, b"")),
    "one_byte.mp4": ("unreadable", lambda p: written(p, b"x")),
    "text.mp4": ("unreadable", lambda p: written(p, b"Dear diary, this is no clip.\n" * 50)),
    "text.png": ("unreadable", lambda p: written(p, b"Dear diary, this is no picture.\n")),
    "noise.mp4": ("unreadable", lambda p: written(p, b"\x01\x02\x03\x04" * 5000)),
    "folder.mp4": ("unreadable", empty_folder),
    "pipe.mp4": ("unreadable", silent_pipe),
    "audio.mp4": ("no_video_stream", audio),
    "audio.wav": ("no_video_stream", audio),
    "audio.mp3": ("no_video_stream", audio),
    "audio.ogg": ("no_video_stream", audio),
    "audio.mkv": ("no_video_stream", audio),
    "zero_seconds.mp4": ("no_video_stream", zero_seconds),
    "faststart_half.mp4": ("truncated", lambda p: cut(portrait_clip(p, options=FASTSTART), 0.5)),
    "faststart_tenth.mp4": ("truncated", lambda p: cut(portrait_clip(p, options=FASTSTART), 0.1)),
    "no_moov.mp4": ("truncated", lambda p: cut(portrait_clip(p), 0.5)),
    "half_a_moov.mp4": ("truncated", lambda p: cut(portrait_clip(p), 0.98)),
    "half.mkv": ("truncated", lambda p: cut(portrait_clip(p), 0.5)),
    "half.webm": ("truncated", lambda p: cut(portrait_clip(p, options=VP8), 0.5)),
    "half.avi": ("truncated", lambda p: cut(portrait_clip(p, options=("-c:v", "mpeg4")), 0.5)),
    "half.jpg": ("truncated", lambda p: cut(portrait_picture(p), 0.5)),
    "most.jpg": ("truncated", lambda p: cut(portrait_picture(p), 0.99)),
    "half_with_thumbnail.jpg": ("truncated", jpeg_with_thumbnail),
    "half.png": ("truncated", lambda p: cut(portrait_picture(p), 0.5)),
    "half.webp": ("truncated", lambda p: cut(portrait_picture(p), 0.5)),
    "half.avif": ("truncated", lambda p: cut(portrait_picture(p), 0.5)),
    "half.bmp": ("unreadable", lambda p: cut(portrait_picture(p), 0.5)),
    "head.jpg": ("truncated", lambda p: cut(portrait_picture(p), 0.002)),
    "bomb.png": ("too_large", png_bomb),
    "grey.png": ("no_face", lambda p: portrait_picture(p, filters="drawbox=t=fill:color=gray")),
    "grey.mp4": ("no_face", lambda p: flat_clip(p, [90, 100, 110])),
    "upper_corner.png": ("no_face", lambda p: portrait_picture(p, filters="crop=100:100:0:0")),
    "one_pixel.png": ("no_face", lambda p: portrait_picture(p, filters="scale=1:1")),
    "one_row.png": ("no_face", lambda p: portrait_picture(p, filters="scale=2000:1")),
}


@pytest.mark.parametrize("name", CASES)
def test_reason(name: str, tmp_path: Path, detector: Detector, capfd: pytest.CaptureFixture[str]) -> None:
    """Each bad input gets its reason and a message of what was expected; decoders print nothing beside it."""
    reason, make = CASES[name]
    result = detector.score(make(tmp_path / name), frames=4)
    assert result.error is not None
    assert result.error.reason == reason
    assert result.error.message.startswith("Expected ")
    assert "Received: " in result.error.message
    assert (result.score, result.verdict, result.reason, result.tracks) == (None, None, None, [])
    assert capfd.readouterr() == ("", "")


def test_no_permission(tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is unreadable, and the system's words say why."""

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path / "a.png", b"x")
    monkeypatch.setattr(Path, "open", forbidden)
    error = detector.score(path).error
    assert error is not None
    assert error.reason == "unreadable"
    assert "Permission denied" in error.message


@pytest.mark.parametrize("name", ["tail.mp4", "tail.webm"])
def test_small_loss_is_tolerated(name: str, tmp_path: Path, detector: Detector) -> None:
    """A clip that lacks only its last few percent is scored by what is there."""
    options = VP8 if name.endswith("webm") else FASTSTART
    moving = portrait_clip(tmp_path / name, seconds=2, filters="noise=alls=20:allf=t", options=options)
    result = detector.score(cut(moving, 0.95), frames=8)
    assert result.error is None
    assert result.frames_sampled >= 6


def test_appended_data_is_harmless(tmp_path: Path, detector: Detector) -> None:
    """What programs append behind a whole picture or clip does not make it truncated."""
    for path in (
        portrait_picture(tmp_path / "a.jpg"),
        portrait_picture(tmp_path / "a.png"),
        portrait_clip(tmp_path / "a.mp4"),
    ):
        path.write_bytes(path.read_bytes() + b"appended by a phone" * 20)
        assert detector.score(path, frames=2).error is None


def test_bad_neighbours_do_not_spoil(tmp_path: Path, detector: Detector) -> None:
    """A good picture gets the same answer before and after a bad one."""
    before = detector.score(PORTRAIT)
    detector.score(png_bomb(tmp_path / "bomb.png"))
    after = detector.score(PORTRAIT)
    assert before.model_copy(update={"timings_ms": {}}) == after.model_copy(update={"timings_ms": {}})
