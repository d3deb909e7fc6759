"""Feeds Keras, whatever its backend, with batches made ahead by worker processes."""

from concurrent.futures import Future
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_training import pair_worker
from unmask_training.faces import Face
from unmask_training.pairs import Batch
from unmask_training.process_pool import process_pool
from unmask_training.recipe import Recipe

BATCHES_AHEAD = 4

Arrays = dict[str, NDArray[np.float32]]


class PairBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no type stubs
    """One epoch of batches, in order.

    Attributes:
        epoch: set by the training loop, so that a resumed run goes on with the batches it would have seen.
    """

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe, workers: int) -> None:
        """Start the workers.

        Args:
            faces: the training faces; at least one real.
            store: where their windows lie.
            recipe: what the batches are made of.
            workers: processes that make them.
        """
        super().__init__()
        self.epoch = 0
        self._heads = recipe.model.heads
        self._steps = recipe.schedule.steps_per_epoch
        self._ahead = BATCHES_AHEAD * workers
        self._pool = process_pool(workers, pair_worker.start, faces, store, recipe)
        self._pending: dict[tuple[int, int], Future[Batch]] = {}

    def __len__(self) -> int:
        """Batches an epoch."""
        return self._steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], Arrays, Arrays]:
        """The batch `(images, targets, weights)` as Keras takes it; the next ones are begun."""
        for ahead in range(index, min(index + self._ahead, self._steps)):
            if (self.epoch, ahead) not in self._pending:
                self._pending[self.epoch, ahead] = self._pool.submit(pair_worker.make_batch, self.epoch, ahead)
        batch = self._pending.pop((self.epoch, index)).result()
        of_head = {
            "score": np.ones_like(batch.blend_weights),
            "blend": batch.blend_weights,
            "traces": batch.traces_weights,
        }
        # Resizing may round a map to above 1, which PyTorch's loss refuses.
        targets: Arrays = {"region_map": np.clip(batch.maps, 0, 1)} | dict.fromkeys(self._heads, batch.labels)
        weights: Arrays = {"region_map": batch.map_weights} | {head: of_head[head] for head in self._heads}
        return batch.images.astype(np.float32), targets, weights

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(cancel_futures=True)
