"""The loop of training and fine-tuning: what is minimised, by which optimizer, and what happens after each epoch."""

import math
from dataclasses import dataclass
from pathlib import Path

import keras
from keras import ops

from unmask_training.batches import PairBatches
from unmask_training.model import backbones
from unmask_training.recipe import Recipe, ScheduleRecipe


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


def with_heads(detector: keras.Model, recipe: Recipe) -> keras.Model:
    """The detector with its heads as outputs.

    Args:
        detector: whose weights are shared.
        recipe: its heads.

    Returns:
        A model to a dict of `score` and `region_map`, as the detector's, and of each head, `(batch, 1)` float32
        P(fake).
    """
    heads = {name: detector.get_layer(name).output for name in recipe.model.heads}
    return keras.Model(detector.input, {**detector.output, **heads}, name="learner")


def optimizer(schedule: ScheduleRecipe, rate: float, steps: int, warm_up_steps: int) -> keras.optimizers.Optimizer:
    """AdamW that averages the weights, by a rate that rises from a tenth of its height and falls to zero as a cosine.

    Args:
        schedule: its weight decay and the average's momentum.
        rate: the highest learning rate.
        steps: of the whole training.
        warm_up_steps: of them, how many the rise takes.
    """
    return keras.optimizers.AdamW(
        Rate(rate, steps, warm_up_steps),
        weight_decay=schedule.weight_decay,
        use_ema=True,
        ema_momentum=schedule.ema_momentum,
    )


class Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no type stubs
    """What Keras's `CosineDecay` with a warm-up gives, without its branch.

    AdamW asks for the rate once for each variable, and TensorFlow traces a branch for seconds.
    """

    def __init__(self, highest: float, steps: int, warm_up_steps: int) -> None:
        """Plan a training.

        Args:
            highest: the rate after the warm-up, which begins at a tenth of it.
            steps: of the whole training.
            warm_up_steps: of them, how many the rise takes.
        """
        super().__init__()
        self._highest = highest
        self._warm_up_steps = warm_up_steps
        self._decay_steps = max(steps - warm_up_steps, 1)

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        """The rate of a step, a scalar; 0 after the last."""
        step = ops.cast(step, "float32")
        risen = 0.1 + 0.9 * step / max(self._warm_up_steps, 1)
        fallen = ops.minimum((step - self._warm_up_steps) / self._decay_steps, 1.0)
        decayed = 0.5 * (1 + ops.cos(math.pi * fallen))
        return self._highest * ops.where(step < self._warm_up_steps, risen, decayed)


def learner(detector: keras.Model, recipe: Recipe, rate: float, steps: int, warm_up_steps: int) -> keras.Model:
    """The detector with its heads as outputs, compiled.

    Args:
        detector: whose weights the learner shares.
        recipe: its heads, weight decay, the average's momentum and the region map's weight.
        rate: the highest learning rate.
        steps: of the whole training.
        warm_up_steps: of them, how many the rise to it takes.
    """
    model = with_heads(detector, recipe)
    heads = recipe.model.heads
    model.compile(
        optimizer=optimizer(recipe.schedule, rate, steps, warm_up_steps),
        loss={"region_map": region_loss} | dict.fromkeys(heads, "binary_crossentropy"),
        loss_weights={"region_map": recipe.schedule.region_map_weight} | dict.fromkeys(heads, 1.0),
        jit_compile=compiles(),
    )
    # Left to the first step, its variables are made while TensorFlow traces that, which takes longer, and twice.
    model.optimizer.build(model.trainable_variables)
    return model


def compiles() -> bool:
    """Whether steps are compiled: JAX is slow without; TensorFlow's does not return on some CPUs, and wins nothing."""
    return bool(keras.backend.backend() == "jax")


def keep_statistics(detector: keras.Model) -> None:
    """Let the batch norms of trained backbones be.

    A step takes half the time, and learning is the faster for it: from ImageNet's weights one epoch so brought a
    validation AUC of .90, four with statistics of the batches .90 as well.
    """
    for backbone in backbones(detector):
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


@dataclass(frozen=True, eq=False)
class Loop:
    """Trains compiled detectors.

    Attributes:
        batches: one epoch of them.
        validation: adds figures to each epoch's log.
        out: where the logs go.
    """

    batches: PairBatches
    validation: keras.callbacks.Callback
    out: Path

    def fit(self, model: keras.Model, epochs: range, backup: keras.callbacks.BackupAndRestore | None = None) -> None:
        """Train; afterwards the model holds the average of its weights.

        Args:
            model: a learner.
            epochs: their numbers, which choose the batches.
            backup: what an interrupted training goes on from.
        """
        model.fit(
            self.batches,
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
