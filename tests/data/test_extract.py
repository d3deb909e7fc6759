"""From a copy of a data set to a face store, whatever happens on the way."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.edge.media_files import FACE_XYXY, portrait, portrait_clip
from unmask_edge.errors import UnmaskError
from unmask_edge.geometry import iou
from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_training.data import extract, extract_worker
from unmask_training.data.commands import data
from unmask_training.data.extract import Extracted, Plan
from unmask_training.data.face_store import SCHEMA, FaceStore
from unmask_training.data.folder import FOLDER
from unmask_training.faces import Face, read_window

MANIFEST = """file,label,pair,identity,method,split,compression
portrait.png,real,p,collins,,train,
two.png,fake,,,pasted,test,c23
clip.mp4,real,p,collins,,val,c40
flat.png,real,,,,,
broken.jpg,fake,,,,,
gone.png,fake,,,,,
"""
# Runs the command with two files a part, so that a few files make many parts.
COMMAND = """
import sys
from unmask_edge.cli import cli
from unmask_training.data import extract
if __name__ == "__main__":
    extract.FILES_A_PART = 2
    cli(["data", "faces", "folder", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with one face, two and none, a clip of three frames, and files that are damaged or missing."""
    folder = tmp_path_factory.mktemp("copy")
    (folder / "manifest.csv").write_text(MANIFEST)
    image = portrait()
    small = np.zeros_like(image)
    small[:384, :384] = cv2.resize(image, (384, 384), interpolation=cv2.INTER_AREA)
    _write(folder / "portrait.png", image)
    _write(folder / "two.png", np.hstack([small, image]))
    _write(folder / "flat.png", np.full((200, 200, 3), 127, np.uint8))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    portrait_clip(folder / "clip.mp4", seconds=0.3)
    return folder


@pytest.fixture(scope="module")
def store(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that the command makes of it."""
    store = tmp_path_factory.mktemp("store")
    result = CliRunner().invoke(data, ["faces", "folder", str(copy), "--out", str(store), "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert "6 files, 6 faces" in result.stdout
    assert "missing: gone.png" in result.stdout
    return store


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twenty small pictures, all the same."""
    folder = tmp_path / "many"
    (folder / "real").mkdir(parents=True)
    _write(folder / "real" / "00.png", portrait()[:240, 100:340])
    for number in range(1, 20):
        os.link(folder / "real" / "00.png", folder / "real" / f"{number:02}.png")
    return folder


def test_every_face_has_a_row_with_all_labels(store: Path) -> None:
    """Of pictures and of each sampled frame of clips, as the set's lists have it."""
    rows = [row for _, row in FaceStore(store).rows(SCHEMA.names) if row["fault"] is None]
    labels = ("path", "label", "split", "method", "compression", "identity", "source_video", "is_clip", "frame")
    assert [tuple(row[name] for name in labels) for row in rows] == [
        ("portrait.png", "real", "train", None, None, "collins", "p", False, 0),
        ("two.png", "fake", "test", "pasted", "c23", None, None, False, 0),
        ("two.png", "fake", "test", "pasted", "c23", None, None, False, 0),
        *(("clip.mp4", "real", "val", None, "c40", "collins", "p", True, frame) for frame in range(3)),
    ]
    assert {row["set"] for row in rows} == {"folder"}
    assert [row["time_s"] for row in rows] == pytest.approx([None, None, None, 0.0, 0.1, 0.2])
    assert [row["frames_sampled"] for row in rows] == [1, 1, 1, 3, 3, 3]


def test_a_file_without_a_face_leaves_a_row_that_says_why(store: Path) -> None:
    """It is counted, and not tried again."""
    rows = [row for _, row in FaceStore(store).rows(SCHEMA.names) if row["fault"]]
    faults = [(row["path"], row["fault"], row["frames_sampled"]) for row in rows]
    assert faults == [("flat.png", "no_face", 1), ("broken.jpg", "unreadable", 0), ("gone.png", "missing", 0)]
    assert all(row[name] is None for row in rows for name in ("largest", "box", "landmarks", "window"))


def test_the_largest_face_of_a_frame_is_marked(store: Path) -> None:
    """One in each, and it is the one with the longest side."""
    rows = [row for _, row in FaceStore(store).rows(("path", "box", "largest")) if row["path"] == "two.png"]
    sides = {bool(row["largest"]): (row["box"][2:] - row["box"][:2]).max() for row in rows}
    assert sides[True] > 1.2 * sides[False]


def test_a_window_shows_its_face_without_loss(store: Path, copy: Path) -> None:
    """Its pixels are the picture's, and box and landmarks lie where the face is in it."""
    place, row = next(FaceStore(store).rows(("path", "box", "window_box", "landmarks", "label", "sharpness")))
    assert iou(row["box"], np.array([FACE_XYXY], np.float32))[0] > 0.8
    face = Face(place, "folder", "train", "real", row["window_box"], row["landmarks"], row["sharpness"])
    window = read_window(store, face)
    left, top = np.round(row["box"][:2] - row["window_box"][:2]).astype(int)
    side = len(window)
    assert np.array_equal(window, read_image(copy / "portrait.png")[top : top + side, left : left + side])
    centre = (row["window_box"][:2] + row["window_box"][2:]) / 2
    assert np.abs(row["landmarks"].mean(axis=0) - centre).max() < side / 8


def test_a_killed_extraction_goes_on_and_repeats_nothing(many: Path, tmp_path: Path) -> None:
    """What was finished is not written again, and all rows are those of an extraction that nobody disturbed."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with _command(many, whole) as undisturbed:
        assert "20 files, 20 faces" in undisturbed.communicate()[0]
    with _command(many, killed) as process:
        while process.poll() is None and len(_parts(killed)) < 2:
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=60)  # ends once no worker is left to hold the pipe
    finished = _parts(killed)
    assert 2 <= len(finished) < 10
    with pytest.raises(UnmaskError, match=f"Expected all 10 parts of .*Received: {len(finished)}"):
        FaceStore(killed)
    with _command(many, killed) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert f"20 files, 20 faces.\n{20 - 2 * len(finished)} of the files were read now" in output
    assert finished.items() <= _parts(killed).items()
    assert not list(killed.rglob("*.tmp"))
    assert _rows(killed) == _rows(whole)


def test_what_is_done_is_not_done_again(store: Path, copy: Path) -> None:
    """A second call reads no file."""
    before = _parts(store)
    assert _extract(copy, store).files_now == 0
    assert _parts(store) == before


def test_several_sets_go_into_one_store(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under its own name, and the rows say which."""
    monkeypatch.setattr(extract, "FILES_A_PART", 10)
    for name in ("first", "second"):
        assert _extract(many, tmp_path / "store", name=name).faces == 20
    rows = [row["set"] for _, row in FaceStore(tmp_path / "store").rows(("set",))]
    assert rows == ["first"] * 20 + ["second"] * 20


def test_a_store_of_other_settings_is_refused(store: Path, copy: Path) -> None:
    """Faces that were sampled otherwise are never mixed."""
    with pytest.raises(UnmaskError, match=r"a store of frames 8\. Received: .* of frames 16"):
        _extract(copy, store, frames=8)


def test_a_name_that_is_no_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    """It would lie outside the store."""
    with pytest.raises(UnmaskError, match="Expected a name"):
        _extract(copy, tmp_path, name="../elsewhere")


def test_other_files_replace_parts_only_when_told(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is gone makes its part out of date; the error loses nothing, and the other parts are kept."""
    monkeypatch.setattr(extract, "FILES_A_PART", 5)
    store = tmp_path / "store"
    _extract(many, store)
    before = _parts(store)
    (many / "real" / "19.png").unlink()
    with pytest.raises(UnmaskError, match="1 of its parts are out of date"):
        _extract(many, store)
    assert _parts(store) == before
    assert FaceStore(store).fingerprint()
    assert _extract(many, store, replace=True).files_now == 4
    after = _parts(store)
    assert len(before.items() & after.items()) == 3
    assert len(after) == 4


def test_a_process_that_dies_costs_its_own_part_alone(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other parts are written, the error names part and file, and the command goes on from there."""
    monkeypatch.setattr(extract, "FILES_A_PART", 5)
    store = tmp_path / "store"
    arguments = ["faces", "folder", str(many), "--out", str(store), "--workers", "2"]
    with monkeypatch.context() as dying:
        dying.setattr(extract_worker, "write", _write_or_die)
        result = CliRunner().invoke(data, arguments)
    assert isinstance(result.exception, UnmaskError)
    assert "at real/07.png: its process died" in str(result.exception)
    assert "15 files, 15 faces" in result.stdout
    before = _parts(store)
    assert len(before) == 3
    assert CliRunner().invoke(data, arguments).exit_code == 0
    assert before.items() <= _parts(store).items()
    assert len(_parts(store)) == 4


def test_a_full_disk_ends_it(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To go through all other files would be in vain."""
    monkeypatch.setattr(extract_worker, "write", _write_on_a_full_disk)
    with pytest.raises(UnmaskError, match="Expected room"):
        _extract(many, tmp_path / "store")


def _write_or_die(chunk: extract_worker.Chunk) -> None:
    """Writes a part in a worker process, which dies when it comes to a certain file."""

    def kind(path: Path) -> Any:
        if path.name == "07.png":
            os.kill(os.getpid(), signal.SIGKILL)
        return media_kind(path)

    pytest.MonkeyPatch().setattr(extract_worker, "media_kind", kind)
    extract_worker.write(chunk)


def _write_on_a_full_disk(chunk: extract_worker.Chunk) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(chunk.part))


def _extract(folder: Path, store: Path, *, name: str = "folder", frames: int = 16, replace: bool = False) -> Extracted:
    return extract.extract(FOLDER, folder, store, Plan(name, frames, replace, workers=1))


def _command(folder: Path, store: Path) -> "subprocess.Popen[str]":
    script = folder.parent / "command.py"
    script.write_text(COMMAND)
    arguments = [sys.executable, str(script), str(folder), "--out", str(store), "--workers", "1"]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _parts(store: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of each part that is written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in store.rglob("*.parquet")}


def _rows(store: Path) -> list[str]:
    rows = FaceStore(store).rows(SCHEMA.names)
    return [json.dumps({name: str(value) for name, value in row.items()}) for _, row in rows]


def _write(path: Path, image: Any) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
