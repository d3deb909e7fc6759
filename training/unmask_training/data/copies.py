"""Where a copy of a data set lies, in a folder or an object store, and which of its files are meant.

    DIR                     all files that the set's reader finds
    DIR/**/c23/*.mp4        of these, those that a glob matches
    DIR/./real/*.mp4        the same, where /./ tells that DIR ends before the first * or the like
    DIR/clips.txt           of these, those that a list names, one a line, by their paths in DIR
    s3://BUCKET/DIR         a copy in an object store; globs and lists are told alike

An object store is named by any URI that Arrow reads, as s3, gs or file; who may read it is told by the environment, as
for the store's own tools.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from glob import has_magic
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
from pyarrow import fs

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import lines, relative
from unmask_training.data.record import DataSet, Record

LIST = ".txt"
# What the sets' own lists are; of all other files in an object store, only names and sizes are looked at.
LISTS = {".csv", ".json", LIST}

T = TypeVar("T")


class Location(NamedTuple):
    """Where a file lies.

    Attributes:
        root: of the copy: a folder, or the URI of one in an object store.
        path: in it, with forward slashes.
    """

    root: str
    path: str


class Copy(NamedTuple):
    """A copy that is open.

    Attributes:
        root: where its files are to be read.
        folder: the same folder; of one in an object store a likeness, with its lists, and for all else files of the
            same names and sizes that hold nothing.
        pattern: a glob, or the name of a list, of the files that are meant; "" for all.
    """

    root: str
    folder: Path
    pattern: str

    def records(self, data_set: DataSet) -> list[Record]:
        """Those of its files that are meant, in the order of the set's reader.

        Raises:
            UnmaskError: if the set's own lists cannot be read, the list of files is missing or names one that the set
                lacks, or no file is meant.
        """
        records = data_set.read(self.folder)
        if not self.pattern:
            return records
        meant = self._meant()
        chosen = [record for record in records if record.path in meant]
        unknown = meant - {record.path for record in records} if self.pattern.endswith(LIST) else ()
        if unknown or not chosen:
            raise UnmaskError(
                f"Expected {self.pattern} to name files of {data_set.name} in {self.root}. Received: "
                f"{min(unknown, default='none')}."
            )
        return chosen

    def _meant(self) -> set[str]:
        if not self.pattern.endswith(LIST):
            return {relative(path, self.folder) for path in self.folder.glob(self.pattern)}
        if not (self.folder / self.pattern).is_file():
            raise UnmaskError(f"Expected a list {self.pattern} in {self.root}. Received: a folder without.")
        return {line for _, line in lines(self.folder / self.pattern)}


@contextmanager
def opened(text: str) -> Iterator[Copy]:
    """Open a copy by what a user calls it: a folder or a URI, which a glob or the name of a list may follow.

    Raises:
        UnmaskError: if there is none.
    """
    if _is_uri(text):
        root, pattern = _parted(text)
        with TemporaryDirectory(prefix="unmask-") as likeness:
            _imitate(root, Path(likeness))
            yield Copy(root, Path(likeness), pattern)
        return
    root, pattern = (text, "") if Path(text).is_dir() else _parted(text)
    if not Path(root).is_dir():
        raise UnmaskError(f"Expected a folder, a glob, a list or the URI of an object store. Received: {text}.")
    yield Copy(str(Path(root).resolve()), Path(root), pattern)


@contextmanager
def local(location: Location) -> Iterator[Path]:
    """A file on this machine's disk, to which one of an object store is fetched for as long as it is looked at.

    Where there is no such file, there is none at the path either.

    Raises:
        OSError: if the object store cannot be reached.
    """
    if not _is_uri(location.root):
        yield Path(location.root, location.path)
        return
    store, base = _store(location.root)
    with TemporaryDirectory(prefix="unmask-") as folder:
        path = Path(folder, PurePosixPath(location.path).name)
        with suppress(FileNotFoundError):
            fs.copy_files(f"{base}/{location.path}", str(path), store, fs.LocalFileSystem())
        yield path


def look_at(location: Location, look: Callable[[Path], T]) -> T:
    """What a function says of a file, for as long as which it is on this machine's disk."""
    with local(location) as path:
        return look(path)


def _is_uri(text: str) -> bool:
    return "://" in text


def _parted(text: str) -> tuple[str, str]:
    """The folder, and the glob or list that follows it."""
    if "/./" in text:
        root, _, pattern = text.partition("/./")
        return root, pattern
    parts = text.rstrip("/").split("/")
    first = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts))
    if first == len(parts) and text.endswith(LIST):
        first -= 1
    return "/".join(parts[:first]) or ("/" if text.startswith("/") else "."), "/".join(parts[first:])


@lru_cache(8)
def _store(root: str) -> tuple[Any, str]:
    """The object store of a URI, and the folder in it."""
    store, base = fs.FileSystem.from_uri(root)
    return store, base.rstrip("/")


def _imitate(root: str, likeness: Path) -> None:
    """Fetch the lists of a copy in an object store, and imitate its other files by their names and sizes."""
    try:
        store, base = _store(root)
        files = [info for info in store.get_file_info(fs.FileSelector(base, recursive=True)) if info.is_file]
        for info in files:
            path = likeness / info.path[len(base) :].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            if path.suffix.lower() in LISTS:
                fs.copy_files(info.path, str(path), store, fs.LocalFileSystem())
            else:
                os.truncate(path, info.size)
    except (OSError, pa.ArrowException) as error:
        raise UnmaskError(f"Expected a folder of an object store. Received: {root}, {error}.") from error
