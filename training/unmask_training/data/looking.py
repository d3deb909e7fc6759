"""Looks at each file of a copy once, in worker processes, and shows how far that has come."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from unmask_edge.media import media_kind, read_image
from unmask_edge.opencv import cv2
from unmask_training.evaluation.distortions import clip_frames
from unmask_training.process_pool import process_pool

T = TypeVar("T")


def each_file(look: Callable[[Path], T], paths: Sequence[Path], workers: int, description: str) -> Iterator[T]:
    """What a function that processes can share says of each file, in order."""
    with process_pool(workers, cv2.setNumThreads, 1) as pool:
        results = pool.map(look, paths, chunksize=16)
        yield from track(results, total=len(paths), description=description, console=Console(stderr=True))


def one_picture(path: Path) -> NDArray[np.uint8]:
    """An image, or the middle frame of a clip, `(H, W, 3)` uint8 RGB.

    Raises:
        MediaError: if there is none that can be decoded.
    """
    return read_image(path) if media_kind(path) == "image" else clip_frames(path, 1, None)[0]
