"""Rows in, rows out, whole parts only."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from unmask_edge.errors import UnmaskError
from unmask_training.data.extract import settings
from unmask_training.data.face_store import SCHEMA, FaceStore, read_png, read_rows, write_part
from unmask_training.data.store_files import StoredSet

FACES = 20
FAULT = {"set": "tiny", "path": "b.png", "label": "fake", "frames_sampled": 0, "fault": "truncated"}


@pytest.fixture
def rows(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Faces of one clip, and a file that could not be read."""
    faces = [
        {
            **{"set": "tiny", "path": "a.mp4", "label": "real", "split": "val", "method": None, "compression": "c23"},
            **{"identity": "id0", "source_video": "a", "is_clip": True, "frames_sampled": FACES, "fault": None},
            **{"frame": frame, "time_s": frame / 10, "frame_width_px": 640, "frame_height_px": 480, "largest": True},
            "box": rng.random(4, np.float32),
            "window_box": rng.random(4, np.float32),
            "landmarks": rng.random((468, 2), np.float32),
            "sharpness": 1.5,
            "window": rng.bytes(3000),
        }
        for frame in range(FACES)
    ]
    return [*faces, FAULT]


@pytest.fixture
def store(tmp_path: Path, rows: list[dict[str, Any]]) -> Path:
    """A store of one set, of one part."""
    settings(frames=FACES).claim(tmp_path)
    StoredSet(parts=("one.parquet",)).claim(tmp_path / "tiny", replace=False)
    write_part(tmp_path / "tiny" / "one.parquet", iter(rows))
    return tmp_path


def test_rows_come_back_as_they_went_in(store: Path, rows: list[dict[str, Any]]) -> None:
    """Labels, arrays in their shapes and the window's bytes; columns that a row lacks are null."""
    read = [row for _, row in FaceStore(store).rows(SCHEMA.names)]
    assert len(read) == len(rows)
    for row, written in zip(read, rows, strict=True):
        for name in SCHEMA.names:
            np.testing.assert_equal(row[name], written.get(name), name)
    assert {read[0][name].dtype for name in ("box", "window_box", "landmarks")} == {np.dtype(np.float32)}
    assert read[0]["landmarks"].shape == (468, 2)


def test_random_access_equals_iteration(store: Path) -> None:
    """The window at each row's place is the one that iteration gives."""
    found = [(place, row["window"]) for place, row in FaceStore(store).rows(("window",)) if row["window"]]
    assert len(found) == FACES
    assert len({place.row_group for place, _ in found}) > 2
    for place, window in reversed(found):
        assert read_png(place) == window


def test_labels_are_read_without_windows(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the columns asked for are read, one row group at a time."""
    tables = []
    read_row_group = pq.ParquetFile.read_row_group

    def noted(*arguments: Any, **options: Any) -> Any:
        tables.append(read_row_group(*arguments, **options))
        return tables[-1]

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    assert len(list(read_rows(store / "tiny" / "one.parquet", ("path", "label")))) == FACES + 1
    assert {tuple(table.column_names) for table in tables} == {("path", "label")}
    assert max(len(table) for table in tables) < FACES
    assert sum(table.nbytes for table in tables) < 3000


def test_windows_are_stored_as_they_are_and_labels_by_dictionary(store: Path) -> None:
    """A PNG is not compressed once more."""
    group = pq.ParquetFile(store / "tiny" / "one.parquet").metadata.row_group(0)
    columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
    assert columns["window"].compression == "UNCOMPRESSED"
    assert columns["label"].compression == "ZSTD"
    assert "RLE_DICTIONARY" in columns["label"].encodings


def test_a_part_is_written_whole_or_not_at_all(store: Path, rows: list[dict[str, Any]]) -> None:
    """An error in the middle leaves nothing behind."""

    def cut_short() -> Any:
        yield from rows
        raise ValueError("the middle")

    with pytest.raises(ValueError, match="the middle"):
        write_part(store / "tiny" / "two.parquet", cut_short())
    assert sorted(path.name for path in (store / "tiny").iterdir()) == ["one.parquet", "set.json"]


def test_a_store_that_is_not_whole_is_refused(store: Path) -> None:
    """Half a data set would pass for all of it."""
    StoredSet(parts=("one.parquet", "two.parquet")).claim(store / "tiny", replace=False)
    with pytest.raises(UnmaskError, match=r"Expected all 2 parts of .*Received: 1"):
        FaceStore(store)


def test_a_store_of_another_schema_is_refused(store: Path) -> None:
    """The error says what is not understood."""
    file = store / "store.json"
    file.write_text(file.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(UnmaskError, match="schema_version"):
        FaceStore(store)
