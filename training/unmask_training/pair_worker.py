"""What a worker process of training runs.

Apart from what feeds Keras: to load Keras and its backend costs a process many seconds and hundreds of megabytes.
"""

from pathlib import Path

from unmask_edge.opencv import cv2
from unmask_training.faces import Face
from unmask_training.pairs import Batch, PairMaker
from unmask_training.recipe import Recipe

_maker: PairMaker


def start(faces: list[Face], store: Path, recipe: Recipe) -> None:
    """Prepare this process; the arguments are `PairMaker`'s."""
    global _maker  # noqa: PLW0603  (the one way to keep state in a pool's process)
    cv2.setNumThreads(1)
    _maker = PairMaker(faces, store, recipe)


def make_batch(epoch: int, index: int) -> Batch:
    """The batch of an epoch, counted from 0, in a prepared process."""
    return _maker.batch(epoch, index)
