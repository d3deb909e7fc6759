"""Damaged and hostile files: each is answered, and the companion goes on.

`UNMASK_MUTATIONS=10000 pytest tests/server/test_malformed.py` tries as many mutations; the suite tries a few.
"""

import io
import os
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from tests.server.conftest import client_of
from unmask_edge.assets import asset_path
from unmask_server.app import create_app
from unmask_server.companion import Companion
from unmask_server.settings import Settings

MUTATIONS = int(os.environ.get("UNMASK_MUTATIONS", "60"))
WORKERS = 2


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Whole files of each format, small."""
    folder = tmp_path_factory.mktemp("seeds")
    encoders = {
        "mp4": ["-pix_fmt", "yuv420p", "-movflags", "+faststart"],
        "webm": ["-c:v", "libvpx-vp9", "-b:v", "200k", "-deadline", "realtime"],
        "gif": [],
        "jpg": ["-frames:v", "1"],
        "png": ["-frames:v", "1"],
        "avif": ["-frames:v", "1", "-c:v", "libaom-av1", "-cpu-used", "8"],
    }
    for suffix, options in encoders.items():
        source = ["-loop", "1", "-r", "5", "-i", str(asset_path("portrait")), "-t", "1", "-vf", "scale=160:160"]
        path = folder / f"seed.{suffix}"
        subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, *options, str(path)], check=True)
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def robust(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companion]:
    """A companion with a place for each sender."""
    own = replace(
        settings, data_dir=tmp_path_factory.mktemp("robust"), workers=WORKERS, queue=16, timeout_s=30, cpu_s=20
    )
    with Companion(own, lambda _: None) as companion:
        yield companion


@pytest.fixture
def sender(robust: Companion) -> FlaskClient:
    """Its client, whose rate is not limited."""
    app = create_app(robust)
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False
    return client_of(app, robust.pairings.page_token)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip, overwrite, cut, repeat or drop bytes, most of them near the head, where the structure is told."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        place = int(len(changed) * rng.random() ** 3)
        length = int(rng.integers(1, 9))
        match rng.integers(6):
            case 0:
                changed[place] ^= 1 << int(rng.integers(8))
            case 1:
                changed[place : place + length] = rng.bytes(length)
            case 2:
                changed[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
            case 3:
                del changed[int(len(changed) * rng.random()) + 1 :]
            case 4:
                changed[place:place] = changed[place : place + 64 * length]
            case _:
                del changed[place : place + length]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


def answer(sender: FlaskClient, content: bytes, name: str) -> int:
    """Have a file scored; returns the status, which tells of an answer in one of the two shapes."""
    response = sender.post("/v1/score", data={"file": (io.BytesIO(content), name)})
    assert response.status_code in {200, 422}, response.text
    body = response.get_json(force=True)
    assert ("detail" in body) != ("verdict" in body)
    return response.status_code


def test_mutated_files_are_all_answered(sender: FlaskClient, seeds: dict[str, bytes], robust: Companion) -> None:
    """Seeded mutations of every format, a result or a reason for each; what is whole is scored after all of them."""
    rng = np.random.default_rng(7)
    suffixes = sorted(seeds)
    files = [(mutated(seeds[suffix], rng), suffix) for suffix in suffixes * (MUTATIONS // len(suffixes) + 1)]
    with ThreadPoolExecutor(4) as senders:
        statuses = list(senders.map(lambda file: answer(sender, *file), files[:MUTATIONS]))
    assert 422 in statuses
    replaced = robust.metrics.registry.get_sample_value("unmask_worker_restarts_total")
    print(f"{MUTATIONS} mutations: {statuses.count(200)} scored, {replaced:.0f} workers replaced")
    for suffix, content in seeds.items():
        assert answer(sender, content, suffix) == 200


def png_bomb(width_px: int) -> bytes:
    """A small PNG that unpacks to a black square of the given width."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width_px // 8)
    pixels = b"".join([*(packer.compress(row) for _ in range(width_px)), packer.flush()])
    header = struct.pack(">IIBBBBB", width_px, width_px, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zip_file() -> bytes:
    """An archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clip.mp4", bytes(10**6))
    return buffer.getvalue()


def huge_video(tmp_path: Path) -> bytes:
    """A clip of some kB whose one frame has 67 million pixels."""
    path = tmp_path / "huge.mp4"
    source = ["-f", "lavfi", "-i", "color=black:s=8192x8192:r=1", "-frames:v", "1"]
    subprocess.run([get_ffmpeg_exe(), "-loglevel", "error", *source, "-preset", "ultrafast", str(path)], check=True)
    return path.read_bytes()


def many_faces() -> bytes:
    """A picture with two hundred copies of one face."""
    face = cv2.imread(str(asset_path("portrait")))
    assert face is not None
    tile: NDArray[np.uint8] = cv2.resize(face[40:200, 150:310], (100, 100)).astype(np.uint8)
    encoded = cv2.imencode(".jpg", np.tile(tile, (14, 14, 1)), [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return encoded.tobytes()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (zip_file(), "clip.mp4"),
        (b"<!doctype html><script>alert(1)</script>", "clip.mp4"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/secret\n", "clip.m3u8"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "clip.mp4"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "picture.png"),
        (b"RIFF" + b"\xff" * 4 + b"AVI LIST", "clip.avi"),
        (b"\0\0\0\x18ftypmp42" + b"\xff" * 200, "clip.mp4"),
        (b"GIF89a" + b"\xff" * 100, "picture.gif"),
        (png_bomb(20_000), "bomb.png"),
        (png_bomb(7_000), "large.png"),
    ],
    ids=["zip", "html", "playlist", "concat", "svg", "avi", "mp4", "gif", "bomb", "large"],
)
def test_hostile_files_get_a_reason(sender: FlaskClient, content: bytes, name: str) -> None:
    """Other kinds under a clip's name, references to other files, pictures that unpack to a flood."""
    assert answer(sender, content, name) == 422


def test_floods_of_pixels_and_faces_are_answered(sender: FlaskClient, seeds: dict[str, bytes], tmp_path: Path) -> None:
    """A huge frame is refused, many faces are scored, and a whole file after them."""
    assert answer(sender, huge_video(tmp_path), "huge.mp4") == 422
    answer(sender, many_faces(), "crowd.jpg")
    assert answer(sender, seeds[".jpg"], "whole.jpg") == 200
