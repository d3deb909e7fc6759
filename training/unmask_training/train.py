"""Trains a detector by a recipe and writes a run folder that `unmask export` reads.

run/
    run.json            resolved recipe, data fingerprint, metrics, temperature, bands
    detector.keras      the trained model
    calibration.npy     training crops for the quantizer, (n, S, S, 3) uint8 RGB
    log.csv, tensorboard/
    faces/, backup/     what an interrupted run goes on from
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from unmask_edge.crop import face_crop
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Metric, TrainingData
from unmask_edge.version import __version__
from unmask_training.calibration import calibrated, fit_bands, fit_temperature
from unmask_training.faces import Face, extract_faces, find_pictures, fingerprint, read_window
from unmask_training.finder import face_finder_spec
from unmask_training.model import build_detector
from unmask_training.pairs import PairDataset
from unmask_training.recipe import Recipe
from unmask_training.run import Run

CALIBRATION_CROPS = 256
WARM_UP_STEPS = 100


def train(recipe: Recipe, data: Path, out: Path, workers: int = 2) -> Run:
    """Train, or go on with the run that was interrupted in `out`.

    Args:
        recipe: what to do.
        data: image folders, as `unmask_training.faces` describes them.
        out: the run folder.
        workers: processes for face crops, threads for batches.

    Returns:
        The finished run.

    Raises:
        UnmaskError: if the data lack real training faces or validation faces of both labels, or `out` holds a run of
            another recipe.
    """
    Run.claim(out, recipe)
    keras.utils.set_random_seed(recipe.schedule.seed)
    pictures = find_pictures(data)
    faces = extract_faces(pictures, data, out / "faces", face_finder_spec(), workers)
    train_faces = [face for face in faces if face.split == "train"]
    val_faces = [face for face in faces if face.split == "val"]
    _require_trainable(train_faces, val_faces)
    validation = Validation(val_faces, out / "faces", recipe)
    model = _fit(recipe, PairDataset(train_faces, out / "faces", recipe, workers=workers), validation, out)
    raw_scores = validation.predict(model)
    temperature = fit_temperature(validation.labels, raw_scores)
    scores = calibrated(raw_scores, temperature)
    run = Run(
        generator_version=__version__,
        recipe=recipe,
        data_fingerprint=fingerprint(pictures, data),
        training_data=_training_data(train_faces),
        temperature=temperature,
        bands=fit_bands(validation.labels, scores, recipe.decision),
        metrics=validation.metrics(scores),
    )
    model.save(out / "detector.keras")
    np.save(out / "calibration.npy", _calibration_crops(train_faces, out / "faces", recipe))
    run.write(out)
    return run


class Validation(keras.callbacks.Callback):  # type: ignore[misc]
    """Validation faces at the crop that readers will use; adds frame AUCs, by source and over all, to each epoch's log.

    Attributes:
        labels: `(n,)` int64, fake = 1.
        crops: `(n, S, S, 3)` uint8 RGB.
    """

    def __init__(self, faces: list[Face], store: Path, recipe: Recipe) -> None:
        super().__init__()
        self.crops = _crops(faces, store, recipe)
        self.labels = np.array([face.label == "fake" for face in faces], np.int64)
        self._sources = np.array([face.source for face in faces])

    def predict(self, model: keras.Model) -> NDArray[np.float32]:
        """Raw P(fake), `(n,)` float32."""
        batches = [self.crops[start : start + 64].astype(np.float32) for start in range(0, len(self.crops), 64)]
        scores = [keras.ops.convert_to_numpy(model.predict_on_batch(batch)["score"])[:, 0] for batch in batches]
        return np.concatenate(scores, dtype=np.float32)

    def metrics(self, scores: NDArray[Any]) -> list[Metric]:
        """Frame AUC of each source that has both labels, and of all together."""
        groups = {source: self._sources == source for source in sorted(set(self._sources))}
        groups["all"] = np.ones(len(scores), bool)
        return [
            Metric(
                name="frame_auc",
                value=round(float(roc_auc_score(self.labels[chosen], scores[chosen])), 4),
                data=f"{source}/val" if source != "all" else "all validation faces",
                samples=int(chosen.sum()),
            )
            for source, chosen in groups.items()
            if len(set(self.labels[chosen])) == 2
        ]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  (Keras)
        """Add the AUCs to what TensorBoard, the CSV log and the progress bar show."""
        if logs is not None:
            logs |= {f"val_auc {metric.data}": metric.value for metric in self.metrics(self.predict(self.model))}


class _SetEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, dataset: PairDataset) -> None:
        super().__init__()
        self._dataset = dataset

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  (Keras)
        self._dataset.epoch = epoch


def _fit(recipe: Recipe, dataset: PairDataset, validation: Validation, out: Path) -> keras.Model:
    schedule = recipe.schedule
    model = build_detector(recipe.model)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=schedule.learning_rate / 10,
        decay_steps=max(schedule.epochs * schedule.steps_per_epoch - WARM_UP_STEPS, 1),
        warmup_target=schedule.learning_rate,
        warmup_steps=WARM_UP_STEPS,
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay),
        loss={"score": "binary_crossentropy", "region_map": "binary_crossentropy"},
        loss_weights={"score": 1.0, "region_map": schedule.region_map_weight},
        # XLA does not return on some CPUs, and wins nothing at this size.
        jit_compile=False,
    )
    model.fit(
        dataset,
        epochs=schedule.epochs,
        callbacks=[
            _SetEpoch(dataset),
            validation,
            keras.callbacks.CSVLogger(out / "log.csv", append=True),
            keras.callbacks.TensorBoard(out / "tensorboard", write_graph=False),
            keras.callbacks.BackupAndRestore(out / "backup", double_checkpoint=True),
        ],
    )
    return model


def _crops(faces: list[Face], store: Path, recipe: Recipe) -> NDArray[np.uint8]:
    scale, size_px = recipe.decision.crop_scale, recipe.model.input_px
    return np.stack([face_crop(read_window(store, face), face.box, scale, size_px) for face in faces])


def _calibration_crops(faces: list[Face], store: Path, recipe: Recipe) -> NDArray[np.uint8]:
    rng = np.random.default_rng(recipe.schedule.seed)
    chosen = rng.choice(len(faces), min(CALIBRATION_CROPS, len(faces)), replace=False)
    return _crops([faces[index] for index in chosen], store, recipe)


def _training_data(faces: list[Face]) -> list[TrainingData]:
    kinds = sorted({(face.source, face.label) for face in faces})
    return [
        TrainingData(
            name=source, label=label, samples=sum((face.source, face.label) == (source, label) for face in faces)
        )
        for source, label in kinds
    ]


def _require_trainable(train_faces: list[Face], val_faces: list[Face]) -> None:
    if not any(face.label == "real" for face in train_faces):
        raise UnmaskError(f"Expected real faces to train on. Received: {len(train_faces)} faces, none of them real.")
    if len({face.label for face in val_faces}) < 2:
        raise UnmaskError(
            "Expected real and fake validation faces, for temperature and bands. "
            f"Received: {len(val_faces)} validation faces with labels {sorted({face.label for face in val_faces})}."
        )
