"""What a worker process of extraction runs: files in, one part of a face store out.

Files are read, frames sampled and faces found by the edge runtime's own code, so that a store holds what readers will
see.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from ctypes import c_int
from multiprocessing import connection, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import MediaError
from unmask_edge.face_finder import FaceFinder
from unmask_edge.geometry import longer_side
from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_edge.video import Clip
from unmask_training.data.copies import Location, local
from unmask_training.data.face_store import Row, write_part
from unmask_training.data.record import Record
from unmask_training.data.store_files import StoreSettings
from unmask_training.landmarks import LandmarkFinder
from unmask_training.windows import cut_window, png


class Job(NamedTuple):
    """What all chunks of a set share.

    Attributes:
        name: what the store calls the set.
        root: of the copy of the set.
    """

    name: str
    root: str
    settings: StoreSettings


class Chunk(NamedTuple):
    """A part and the files that go into it."""

    part: Path
    records: tuple[Record, ...]


class _Worker(NamedTuple):
    """The state of this process."""

    job: Job
    at: c_int
    find_faces: FaceFinder
    find_landmarks: LandmarkFinder


_worker: _Worker


def start(job: Job, at: c_int) -> None:
    """Prepare this process; `at` tells its parent the number, in the chunk, of the file that is being read."""
    Thread(target=_end_with_parent, daemon=True).start()
    _prepare(job, at)


def start_elsewhere(job: Job) -> Callable[[Chunk], bytes]:
    """Prepare this process, whose parent may not see its disk; returns what reads the files of a part and gives it."""
    _prepare(job, c_int())
    return _part


def _prepare(job: Job, at: c_int) -> None:
    global _worker  # noqa: PLW0603  (the one way to keep state in a pool's process)
    cv2.setNumThreads(1)
    _worker = _Worker(job, at, FaceFinder(job.settings.face_finder), LandmarkFinder())


def _end_with_parent() -> None:
    """End this process when its parent is killed: left behind, it would wait for ever, and write what is redone."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def write(chunk: Chunk) -> None:
    """Read the files of a part and write it, in a prepared process."""
    write_part(chunk.part, _rows(chunk.records))


def _part(chunk: Chunk) -> bytes:
    with TemporaryDirectory(prefix="unmask-") as folder:
        part = Path(folder, chunk.part.name)
        write_part(part, _rows(chunk.records))
        return part.read_bytes()


def _rows(records: Sequence[Record]) -> Iterator[Row]:
    for number, record in enumerate(records):
        _worker.at.value = number
        yield from _rows_of_file(record)


def _rows_of_file(record: Record) -> list[Row]:
    """A row for each face of each sampled frame, or one that says why there is none."""
    sampled, is_clip, fault = 0, None, "no_face"
    faces: list[Row] = []
    try:
        with local(Location(_worker.job.root, record.path)) as path:
            is_clip = media_kind(path) == "video"
            for time_s, frame in _frames(path, is_clip):
                faces += [{"frame": sampled, "time_s": time_s, **face} for face in _faces(frame)]
                sampled += 1
    except MediaError as error:
        faces, sampled, fault = [], 0, error.reason
    of_file = {"set": _worker.job.name, **record._asdict(), "is_clip": is_clip, "frames_sampled": sampled}
    return [{**of_file, **face} for face in faces or [{"fault": fault}]]


def _frames(path: Path, is_clip: bool) -> Iterator[tuple[float | None, NDArray[np.uint8]]]:
    """Sampled frames of a clip, one at a time, or a picture, as the edge runtime reads them."""
    if not is_clip:
        yield None, read_image(path)
        return
    with closing(Clip(path)) as clip:
        yield from clip.sample(_worker.job.settings.frames)


def _faces(frame: NDArray[np.uint8]) -> Iterator[Row]:
    """All faces of a frame, surest first."""
    boxes = _worker.find_faces(frame)
    sides = [longer_side(box) for box in boxes]
    for number, box in enumerate(boxes):
        window = cut_window(frame, box, _worker.find_landmarks, _worker.job.settings.window_max_px)
        yield {
            "frame_width_px": frame.shape[1],
            "frame_height_px": frame.shape[0],
            "largest": number == int(np.argmax(sides)),
            "box": box,
            "window_box": window.box,
            "landmarks": window.landmarks,
            "sharpness": window.sharpness,
            "window": png(window.image),
        }
