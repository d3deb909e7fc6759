"""A store of face windows in Parquet: `unmask data faces` writes it, training and evaluation stream from it.

STORE/
    store.json          how faces were found and cut, the same for all sets
    SET/set.json        which parts the set has, in order, whether or not all are written yet
    SET/PART.parquet    faces of some of its files

A row is a face in a sampled frame: file by file, frame by frame, surest first. A file in which no face was found, or
that could not be read, leaves one row all the same, which says why. A part's name is a hash of what determines its
content, and only a whole part has it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_training.data.store_files import SET_FILE, STORE_FILE, StoredSet, StoreSettings, whole

# So few that one window is read without many others, and so many that a part's footer stays small.
FACES_A_ROW_GROUP = 8
OPEN_PARTS = 32

# Of the file, as `Record` has them; `set` is what the store calls its data set.
_LABELS = ("set", "path", "label", "split", "method", "compression", "identity", "source_video")
# Parquet keeps arrays as lists of one length.
_SHAPES = {"box": (4,), "window_box": (4,), "landmarks": (468, 2)}
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _LABELS),
        ("is_clip", pa.bool_()),  # null where the file could not be opened
        ("frames_sampled", pa.int32()),
        ("fault", pa.string()),  # why there is no face, a `MediaErrorReason`; in such rows all below is null
        ("frame", pa.int32()),  # number among those sampled, from 0
        ("time_s", pa.float64()),  # null for pictures
        ("frame_width_px", pa.int32()),
        ("frame_height_px", pa.int32()),
        ("largest", pa.bool_()),  # of its frame
        ("box", pa.list_(pa.float32(), prod(_SHAPES["box"]))),  # [x1, y1, x2, y2] in px of the frame
        ("window_box", pa.list_(pa.float32(), prod(_SHAPES["window_box"]))),  # the same in px of the window
        ("landmarks", pa.list_(pa.float32(), prod(_SHAPES["landmarks"]))),  # [x, y] in px of the window
        ("sharpness", pa.float32()),  # as `unmask_edge.quality` measures it, on the face as a detector gets it
        ("window", pa.binary()),  # PNG
    ]
)
_WRITING = {
    "use_dictionary": [*_LABELS, "fault"],
    "write_statistics": [*_LABELS, "fault"],
    "compression": {name: "none" if name == "window" else "zstd" for name in SCHEMA.names},
}

Row = dict[str, Any]


class Place(NamedTuple):
    """Where a row lies.

    Attributes:
        part: its file.
        row_group: number in the part, from 0.
        row: number in the row group, from 0.
    """

    part: Path
    row_group: int
    row: int


class FaceStore:
    """A store to read from, in which every part of every set is written.

    Attributes:
        settings: how its faces were found and cut.
        parts: all of its files, set by set.
    """

    def __init__(self, folder: Path) -> None:
        """Open a store.

        Raises:
            UnmaskError: if it is none, or of another schema, or not whole.
        """
        self.settings = StoreSettings.read(folder / STORE_FILE)
        self.parts = [part for file in sorted(folder.glob(f"*/{SET_FILE}")) for part in _parts(file)]

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[Place, Row]]:
        """Every row and where it lies, in order; see `read_rows`."""
        for part in self.parts:
            yield from read_rows(part, columns)

    def fingerprint(self) -> str:
        """sha256 over the names of its parts, which say what is in them."""
        return hashlib.sha256("\n".join(part.name for part in self.parts).encode()).hexdigest()


def is_face_store(folder: Path) -> bool:
    """Whether a folder is a face store."""
    return (folder / STORE_FILE).is_file()


def write_part(part: Path, rows: Iterable[Row]) -> None:
    """Write a part, whole or not at all, holding one row group in memory.

    Args:
        part: the file.
        rows: in order, with columns of `SCHEMA`; those not named are null.
    """
    remaining = iter(rows)
    with whole(part) as file, pq.ParquetWriter(file, SCHEMA, **_WRITING) as writer:
        while group := list(islice(remaining, FACES_A_ROW_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist([_flat(row) for row in group], SCHEMA))


def read_rows(
    part: Path, columns: Sequence[str], row_groups: Sequence[int] | None = None
) -> Iterator[tuple[Place, Row]]:
    """Every row of a part and where it lies, in order, one row group in memory.

    Args:
        part: the file.
        columns: those to read. `box` and `window_box` come as `(4,)`, `landmarks` as `(468, 2)` float32.
        row_groups: numbers of those to read; None for all.
    """
    with pq.ParquetFile(part) as file:
        for group in range(file.num_row_groups) if row_groups is None else row_groups:
            table = file.read_row_group(group, columns=list(columns), use_threads=False)
            for number in range(len(table)):
                row = {name: _value(name, table[name][number]) for name in columns}
                yield Place(part, group, number), row


def read_png(place: Place) -> bytes:
    """The window of one face, as the PNG file that it is.

    Raises:
        UnmaskError: if the part cannot be read.
    """
    try:
        table = _opened(place.part).read_row_group(place.row_group, columns=["window"], use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise UnmaskError(f"Expected the face store's part {place.part}. Received: {error}") from error
    window: bytes = table["window"][place.row].as_py()
    return window


@lru_cache(OPEN_PARTS)
def _opened(part: Path) -> pq.ParquetFile:
    return pq.ParquetFile(part, memory_map=True)


def _parts(file: Path) -> list[Path]:
    parts = [file.with_name(name) for name in StoredSet.read(file).parts]
    written = sum(part.exists() for part in parts)
    if written < len(parts):
        raise UnmaskError(
            f"Expected all {len(parts)} parts of {file.parent}. Received: {written}. The `unmask data faces` that made "
            "them goes on when it is given again."
        )
    return parts


def _flat(row: Row) -> Row:
    return {name: value.ravel() if isinstance(value, np.ndarray) else value for name, value in row.items()}


def _value(name: str, scalar: pa.Scalar) -> Any:
    if name not in _SHAPES or not scalar.is_valid:
        return scalar.as_py()
    values: NDArray[np.float32] = scalar.values.to_numpy().reshape(_SHAPES[name]).copy()
    return values
