"""What a net learns from other nets: to answer as they do on average, head by head and cell by cell.

Hinton et al., "Distilling the knowledge in a neural network", 2015. All look at the same crop, each at its own size
(Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", CVPR 2022).
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from unmask_edge.crop import resize
from unmask_training.batches import Arrays, PairBatches
from unmask_training.faces import Face
from unmask_training.loop import region_loss
from unmask_training.recipe import Recipe

# Scores are kept this far from 0 and 1 where their logits are averaged.
SMALLEST_SCORE = 1e-6

Crops = dict[str, NDArray[np.float32]]
Answers = dict[str, keras.KerasTensor]


class Lesson(keras.Model):  # type: ignore[misc]  # Keras has no type stubs
    """Students that learn what their teachers answer to the same crops; its loss is the sum of theirs."""

    def __init__(
        self, teachers: dict[str, keras.Model], students: dict[str, keras.Model], recipe: Recipe, labels: float
    ) -> None:
        """Take nets to dicts of one score a head, `(batch, 1)`, and `region_map`.

        Args:
            teachers: by the name of their input; they stay as they are.
            students: likewise.
            recipe: tells the heads, and what the region map weighs beside one.
            labels: what the labels count in the loss, in [0, 1].
        """
        super().__init__()
        for teacher in teachers.values():
            teacher.trainable = False
        self._teachers = teachers
        self._students = students
        self._heads = recipe.model.heads
        self._map_weight = recipe.schedule.region_map_weight
        self._labels = labels

    def call(self, crops: Crops, training: bool = False) -> dict[str, Answers]:
        """What each student answers."""
        return {name: student(crops[name], training=training) for name, student in self._students.items()}

    def compute_loss(  # noqa: D102  (Keras)
        self, x: Crops, y: Answers, y_pred: dict[str, Answers], sample_weight: Answers, **__: Any
    ) -> keras.KerasTensor:
        everywhere = {name: ops.ones_like(weight) for name, weight in sample_weight.items()}
        taught = self._taught(x)
        return sum(
            (1 - self._labels) * self._distance(taught, everywhere, answers)
            + self._labels * self._distance(y, sample_weight, answers)
            for answers in y_pred.values()
        )

    def _taught(self, crops: Crops) -> Answers:
        """The teachers' mean: of the logits of each head, and of the region maps."""
        answers = [
            {name: ops.stop_gradient(answer) for name, answer in teacher(crops[of], training=False).items()}
            for of, teacher in self._teachers.items()
        ]
        maps = [_cells(answer["region_map"], answers[0]["region_map"]) for answer in answers]
        logits = {head: sum(_logit(answer[head]) for answer in answers) / len(answers) for head in self._heads}
        return {"region_map": sum(maps) / len(maps)} | {head: ops.sigmoid(logit) for head, logit in logits.items()}

    def _distance(self, told: Answers, weights: Answers, answers: Answers) -> keras.KerasTensor:
        found = answers["region_map"]
        of_maps = weights["region_map"][:, :1, :1] * region_loss(_cells(told["region_map"], found), found)
        heads = (
            ops.mean(weights[head] * keras.losses.binary_crossentropy(told[head], answers[head]))
            for head in self._heads
        )
        return sum(heads) + self._map_weight * ops.mean(of_maps)


class CropsBySize(PairBatches):
    """Crops of pairs, at the input size of each net, with their labels."""

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe, workers: int, inputs_px: dict[str, int]) -> None:
        """Start the workers.

        Args:
            faces: the training faces.
            store: where their windows are kept.
            recipe: what the batches are made of; its crops are at least as large as any net's.
            workers: processes that make them.
            inputs_px: by the nets' names.
        """
        super().__init__(faces, store, recipe, workers)
        self._inputs_px = inputs_px

    def __getitem__(self, index: int) -> tuple[Crops, Arrays, Arrays]:  # type: ignore[override]
        """The batch of an index as Keras takes it."""
        crops, targets, weights = super().__getitem__(index)
        return {name: _resized(crops, side) for name, side in self._inputs_px.items()}, targets, weights


def _resized(crops: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    resized: NDArray[np.float32] = np.stack([resize(crop, side, side) for crop in crops.astype(np.uint8)])
    return resized.astype(np.float32)


def _cells(region_map: keras.KerasTensor, like: keras.KerasTensor) -> keras.KerasTensor:
    """A region map with as many cells as another."""
    return ops.image.resize(region_map, like.shape[1:3], antialias=True)


def _logit(score: keras.KerasTensor) -> keras.KerasTensor:
    kept = ops.clip(score, SMALLEST_SCORE, 1 - SMALLEST_SCORE)
    return ops.log(kept) - ops.log1p(-kept)
