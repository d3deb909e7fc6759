"""Reads the lists and folders that data sets come in; what is missing or malformed gets an error that names it."""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from unmask_edge.errors import UnmaskError
from unmask_edge.inputs import MEDIA_SUFFIXES

T = TypeVar("T")


def require(folder: Path, *names: str) -> Path:
    """The first of several files or folders that is there, as copies of a set differ in where they put it.

    Raises:
        UnmaskError: if none is.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise UnmaskError(f"Expected {' or '.join(names)} in {folder}. Received: a folder without.")


def media(folder: Path, pattern: str) -> list[Path]:
    """Images and clips that a pattern matches, sorted; none where the folder lacks them."""
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in MEDIA_SUFFIXES)


def relative(path: Path, folder: Path) -> str:
    """A path relative to the folder of the set, with forward slashes."""
    return path.relative_to(folder).as_posix()


def found(folder: Path, pattern: str) -> list[str]:
    """Images and clips that a pattern matches, sorted, relative to the folder of the set."""
    return [relative(path, folder) for path in media(folder, pattern)]


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbers, from 1, and contents of the lines that are not blank; the first is none less than the others."""
    for number, line in enumerate(_text(file).splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def rows(file: Path, *columns: str) -> list[tuple[int, dict[str, str]]]:
    """Line numbers and rows of a CSV file with a header; a column without a name is called "".

    Raises:
        UnmaskError: if a column is missing or a row is short.
    """
    reader = csv.DictReader(StringIO(_text(file)))
    header = reader.fieldnames or []
    if not set(columns) <= set(header):
        raise UnmaskError(f"Expected the columns {', '.join(columns)} in {file}. Received: {', '.join(header)}.")
    numbered = [(reader.line_num, row) for row in reader]
    for number, row in numbered:
        if any(row[column] is None for column in columns):
            raise UnmaskError(f"Expected {len(header)} columns in line {number} of {file}. Received: fewer.")
    return numbered


def json_file(file: Path) -> Any:
    """Content of a JSON file.

    Raises:
        UnmaskError: if it is none.
    """
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise UnmaskError(f"Expected {file} to be JSON. Received: {error}") from error


def entries(file: Path, *keys: str) -> dict[str, dict[str, Any]]:
    """Objects of a JSON file by name; in a list they are called `entry 1` and so on.

    Raises:
        UnmaskError: if it holds anything else, or an object lacks a key.
    """
    content = json_file(file)
    if isinstance(content, list):
        content = {f"entry {number}": entry for number, entry in enumerate(content, start=1)}
    if not isinstance(content, dict):
        raise UnmaskError(f"Expected objects in {file}. Received: {content}.")
    for name, entry in content.items():
        if not isinstance(entry, dict) or any(key not in entry for key in keys):
            raise UnmaskError(f"Expected {' and '.join(keys)} of {name} in {file}. Received: {entry}.")
    return content


def one_of(known: Mapping[str, T], value: object, where: str) -> T:
    """What a value of a list stands for.

    Args:
        known: all values there may be.
        value: the one there is.
        where: its place, as `in line 2 of list.csv`.

    Raises:
        UnmaskError: if it is not among those known.
    """
    if not isinstance(value, str) or value not in known:
        raise UnmaskError(f"Expected {' or '.join(known)} {where}. Received: {value}.")
    return known[value]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnmaskError(f"Expected {file} in UTF-8. Received: {error}.") from error
