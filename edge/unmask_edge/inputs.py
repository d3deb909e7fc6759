"""Turns what stands on a command line into the files to score."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from glob import glob, has_magic
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import NamedTuple

STDIN = "-"
# Inside folders, other files are left alone; a file named outright is tried whatever it is called.
MEDIA_SUFFIXES = {
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2"),
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".3gp", ".ogv", ".wmv", ".flv"),
}


class Input(NamedTuple):
    """One file to score: what to call it and where to read it."""

    name: str
    path: Path


def expand(arguments: Iterable[str]) -> Iterator[str]:
    """Files named, those inside folders (recursively, by suffix, sorted) and those that globs match.

    A folder or glob without media yields itself, so that it is reported and not lost.
    """
    for argument in arguments:
        is_glob = has_magic(argument) and not os.path.exists(argument)
        found = sorted(glob(argument, recursive=True)) if is_glob else [argument]
        yield from [name for path in found for name in _media_inside(path) or [path]] or [argument]


def _media_inside(folder: str) -> list[str]:
    """Paths of all images and clips in a folder and below it; none if it is no folder."""
    files = Path(folder).rglob("*") if os.path.isdir(folder) else ()
    return sorted(str(file) for file in files if file.suffix.lower() in MEDIA_SUFFIXES and file.is_file())


@contextmanager
def opened(names: Iterable[str]) -> Iterator[list[Input]]:
    """Names to inputs; `-` is read from standard input into a temporary file, which decoders can seek in."""
    with ExitStack() as stack:
        yield [Input(name, _stdin_file(stack) if name == STDIN else Path(name)) for name in names]


def _stdin_file(stack: ExitStack) -> Path:
    file = stack.enter_context(NamedTemporaryFile(prefix="unmask-"))  # noqa: SIM115  (the stack closes it)
    copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return Path(file.name)
