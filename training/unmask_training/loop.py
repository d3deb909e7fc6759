"""The loop of training and fine-tuning: what is minimised, by which optimizer, and what happens after each epoch."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from unmask_training.batches import Arrays, PairBatches
from unmask_training.recipe import Recipe
from unmask_training.validation import Validation


def region_loss(truth: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of each cell and Dice loss of the whole map (Milletari et al., "V-Net", 3DV 2016).

    Most cells are untouched; cross-entropy alone rarely calls one changed, and a map is read by where it crosses 0.5.

    Args:
        truth: `(n, side, side, 1)` in [0, 1].
        found: likewise.

    Returns:
        `(n, side, side)`, each map's Dice loss spread evenly over its cells.
    """
    shared, joint = ops.sum(truth * found, axis=(1, 2, 3)), ops.sum(truth + found, axis=(1, 2, 3))
    # One cell is added to both, so that an empty map has a loss and a gradient of its own.
    dice = 1 - (2 * shared + 1) / (joint + 1)
    return keras.losses.binary_crossentropy(truth, found) + dice[:, None, None]


def learner(detector: keras.Model, recipe: Recipe, rate: float, steps: int, warm_up_steps: int) -> keras.Model:
    """The detector with its heads as outputs, compiled.

    Args:
        detector: whose weights the learner shares.
        recipe: its heads, weight decay, the average's momentum and the region map's weight.
        rate: the highest learning rate; it rises from a tenth of it and falls to zero as a cosine.
        steps: of the whole training.
        warm_up_steps: of them, how many the rise takes.

    Returns:
        A model to a dict of `score` and `region_map`, as the detector's, and of each head, `(batch, 1)` float32
        P(fake).
    """
    schedule = recipe.schedule
    heads = {name: detector.get_layer(name).output for name in recipe.model.heads}
    model = keras.Model(detector.input, {**detector.output, **heads}, name="learner")
    decay = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=rate / 10,
        decay_steps=max(steps - warm_up_steps, 1),
        warmup_target=rate,
        warmup_steps=warm_up_steps,
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(
            decay, weight_decay=schedule.weight_decay, use_ema=True, ema_momentum=schedule.ema_momentum
        ),
        loss={"region_map": region_loss} | dict.fromkeys(heads, "binary_crossentropy"),
        loss_weights={"region_map": schedule.region_map_weight} | dict.fromkeys(heads, 1.0),
        # JAX is slow without its compiler; TensorFlow's does not return on some CPUs, and wins nothing at this size.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


def keep_statistics(backbone: keras.Model) -> None:
    """Let the batch norms of a trained backbone be.

    A step takes half the time, and learning is the faster for it: from ImageNet's weights one epoch so brought a
    validation AUC of .90, four with statistics of the batches .90 as well.
    """
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


@dataclass(frozen=True, eq=False)
class Loop:
    """Trains compiled detectors.

    Attributes:
        batches: one epoch of them.
        validation: what is logged after each epoch.
        out: where the logs go.
    """

    batches: PairBatches
    validation: Validation
    out: Path

    def fit(self, model: keras.Model, epochs: range, backup: keras.callbacks.BackupAndRestore | None = None) -> None:
        """Train; afterwards the model holds the average of its weights.

        Args:
            model: a learner.
            epochs: their numbers, which choose the batches.
            backup: what an interrupted training goes on from.
        """
        model.fit(
            _Bounded(self.batches),
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            shuffle=False,
            callbacks=[
                _SetEpoch(self.batches),
                # The backup holds the weights in training; what is validated after it is their average.
                *([backup] if backup else []),
                keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
                self.validation,
                keras.callbacks.CSVLogger(self.out / "log.csv", append=True),
                *_tensorboard(self.out),
            ],
        )


class _Bounded(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no type stubs
    """Batches whose maps keep to [0, 1]: resizing may round them to above 1, which PyTorch's loss refuses."""

    def __init__(self, batches: PairBatches) -> None:
        super().__init__()
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], Arrays, Arrays]:
        images, targets, weights = self._batches[index]
        return images, {**targets, "region_map": np.clip(targets["region_map"], 0, 1)}, weights


class _SetEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, batches: PairBatches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  (Keras)
        self._batches.epoch = epoch


def _tensorboard(out: Path) -> list[keras.callbacks.Callback]:
    """TensorBoard's log, where the backend can write it: Keras needs TensorFlow for that."""
    if keras.backend.backend() != "tensorflow":
        return []
    return [keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False)]
