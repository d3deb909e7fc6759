"""What stands on a command line becomes the files to score."""

import os
from pathlib import Path

import pytest

from unmask_edge.inputs import MEDIA_SUFFIXES, expand


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, clips and other files, being the present one."""
    for name in [
        "b.PNG",
        "a.mp4",
        "notes.txt",
        "deep/er/c.jpg",
        "deep/d.webm",
        "empty/readme.md",
        "odd[1].png",
        "ü 顔.jpg",
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "folder.mp4").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.mp4", "notes.txt"], ["a.mp4", "notes.txt"]),
        (["absent.mp4"], ["absent.mp4"]),
        (["-"], ["-"]),
        (["deep"], ["deep/d.webm", "deep/er/c.jpg"]),
        (["."], ["a.mp4", "b.PNG", "deep/d.webm", "deep/er/c.jpg", "odd[1].png", "ü 顔.jpg"]),
        (["empty"], ["empty"]),
        (["folder.mp4"], ["folder.mp4"]),
        (["*.mp4"], ["a.mp4", "folder.mp4"]),
        (["de*"], ["deep/d.webm", "deep/er/c.jpg"]),
        (["**/*.jpg"], ["deep/er/c.jpg", "ü 顔.jpg"]),
        (["*.avi"], ["*.avi"]),
        (["odd[1].png"], ["odd[1].png"]),
        (["x" * 5000], ["x" * 5000]),
        (["a.mp4", "deep", "*.PNG"], ["a.mp4", "deep/d.webm", "deep/er/c.jpg", "b.PNG"]),
    ],
)
def test_expand(arguments: list[str], expected: list[str]) -> None:
    """Folders give their media by suffix, globs their matches, all else and what holds nothing itself, in order."""
    assert list(expand(arguments)) == [name.replace("/", os.sep) for name in expected]


def test_suffixes_are_lower_case() -> None:
    """Suffixes are compared in lower case, so they must be listed so."""
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in MEDIA_SUFFIXES)
