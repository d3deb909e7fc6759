"""A set of a face store in place of a copy: media were decoded once, and faces are read where they lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from unmask_edge.errors import UnmaskError
from unmask_training.data.face_store import FaceStore, Row, read_rows
from unmask_training.data.record import Record
from unmask_training.data.store_files import StoreSettings


class StoredFile(NamedTuple):
    """One image or clip, of which a store holds the faces.

    Attributes:
        part: where its rows lie.
        row_groups: those that hold some, beside rows of its neighbours.
        path: which rows are its own.
        is_clip: false too of what could not be opened.
        frames_sampled: 0 if it could not be read.
    """

    part: Path
    row_groups: range
    path: str
    is_clip: bool
    frames_sampled: int

    @property
    def digest(self) -> str:
        """What it is known by: its part's name says what is in the part."""
        return f"{self.part.name} {self.path}"

    def faces(self) -> Iterator[Row]:
        """Its faces with `frame`, `box`, `window_box` and `window`, one row group in memory."""
        columns = ("path", "fault", "frame", "box", "window_box", "window")
        for _, row in read_rows(self.part, columns, self.row_groups):
            if row["path"] == self.path and row["fault"] is None:
                yield row


@dataclass(frozen=True, eq=False)
class StoredCopy:
    """A set of a store, in place of a copy.

    Attributes:
        settings: how faces were found and cut.
        files: all of the set, by the records that the set was read into.
    """

    settings: StoreSettings
    files: dict[Record, StoredFile]


def stored_copy(folder: Path, name: str | None) -> StoredCopy:
    """Open a set of a store.

    Args:
        folder: the store.
        name: what it calls the set; None for the only one there is.

    Raises:
        UnmaskError: if there is no such set, or several, or the store is not whole.
    """
    store = FaceStore(folder)
    names = sorted({part.parent.name for part in store.parts})
    chosen = names if name is None else [name]
    if len(chosen) != 1 or chosen[0] not in names:
        raise UnmaskError(
            f"Expected one set of {folder}, as in SET:{folder}, of {', '.join(names) or 'none'}. "
            f"Received: {name or 'no name'}."
        )
    parts = [part for part in store.parts if part.parent.name == chosen[0]]
    return StoredCopy(store.settings, dict(file for part in parts for file in _files(part)))


def _files(part: Path) -> Iterator[tuple[Record, StoredFile]]:
    columns = (*Record._fields, "is_clip", "frames_sampled")
    for path, placed in groupby(read_rows(part, columns), key=lambda placed: placed[1]["path"]):
        rows = list(placed)
        (first, row), (last, _) = rows[0], rows[-1]
        groups = range(first.row_group, last.row_group + 1)
        record = Record(*(row[name] for name in Record._fields))
        yield record, StoredFile(part, groups, path, bool(row["is_clip"]), row["frames_sampled"])
