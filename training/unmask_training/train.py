"""Trains a detector by a recipe and writes a run folder that `unmask export` reads.

run/
    run.json            resolved recipe, data fingerprint, metrics, temperature, bands
    detector.keras      the trained model
    calibration.npy     training crops for the quantizer, (n, S, S, 3) uint8 RGB
    log.csv, tensorboard/
    faces/, backup/     what an interrupted run goes on from
"""

from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Metric, TrainingData
from unmask_edge.version import __version__
from unmask_training.batches import PairBatches
from unmask_training.calibration import calibrated, fit_bands, fit_temperature
from unmask_training.faces import Face, Picture, extract_faces, find_pictures, fingerprint
from unmask_training.finder import face_finder_spec
from unmask_training.loop import Loop, keep_statistics, learner
from unmask_training.model import build_detector
from unmask_training.recipe import ModelRecipe, Recipe
from unmask_training.region_iou import region_iou
from unmask_training.run import Run, Start, read_rules
from unmask_training.trainable import Trained, load_trained
from unmask_training.validation import Validation, reader_crops

CALIBRATION_CROPS = 256
WARM_UP_STEPS = 100


@dataclass(frozen=True)
class Learnt:
    """What a trained model rests on.

    Attributes:
        training_data: what it has learned from, also before; some may be named twice.
        data_fingerprint: of the data folder.
        start: what it went on from, if anything.
        left_out: what it reaches on faces that were left out.
    """

    training_data: list[TrainingData]
    data_fingerprint: str
    start: Start | None
    left_out: list[Metric] = field(default_factory=list)


def train(recipe: Recipe, data: Path, out: Path, store: Path, workers: int) -> Run:
    """Train, or go on with the run that was interrupted in `out`.

    Args:
        recipe: what to do.
        data: image folders, as `unmask_training.faces` describes them.
        out: the run folder.
        store: where face windows are kept; several runs on the same data may share it.
        workers: processes for face windows and for batches.

    Returns:
        The finished run.

    Raises:
        UnmaskError: if the data lack real training faces or validation faces of both labels, or `out` holds a run of
            another recipe.
    """
    Run.claim(out, recipe)
    keras.utils.set_random_seed(recipe.schedule.seed)
    pictures = find_pictures(data)
    seen, left_out = _leave_out(pictures, recipe)
    faces = extract_faces(seen, data, store, face_finder_spec(), workers)
    unseen_faces = extract_faces(left_out, data, store, face_finder_spec(), workers)
    train_faces = [face for face in faces if face.split == "train"]
    val_faces = [face for face in faces if face.split == "val"]
    require_trainable(train_faces, val_faces)
    validation = Validation(val_faces, store, recipe)
    begun = _begun(recipe.model)
    model = begun.net if begun else build_detector(recipe.model)
    if recipe.model.weights != "none":
        keep_statistics(model)
    with closing(PairBatches(train_faces, store, recipe, workers)) as batches:
        _fit(model, recipe, Loop(batches, validation, out))
    learnt = Learnt(
        training_data=[*(begun.training_data if begun else []), *training_data(train_faces)],
        data_fingerprint=fingerprint(pictures, data),
        start=Start(name=begun.name, decision_kept=False) if begun else None,
        left_out=_left_out_metrics(model, unseen_faces, store, recipe),
    )
    run = measured_run(model, recipe, validation, store, learnt)
    write_run(run, model, train_faces, store, out)
    return run


def measured_run(model: keras.Model, recipe: Recipe, validation: Validation, store: Path, learnt: Learnt) -> Run:
    """The record of a trained model, with temperature and bands as validation faces set them.

    Args:
        model: the trained model.
        recipe: what it was trained by.
        validation: the validation faces.
        store: where their windows lie.
        learnt: what it rests on.
    """
    raw_scores = validation.predict(model)
    temperature = fit_temperature(validation.labels, raw_scores)
    scores = calibrated(raw_scores, temperature)
    return Run(
        generator_version=__version__,
        recipe=recipe,
        data_fingerprint=learnt.data_fingerprint,
        training_data=list(dict.fromkeys(learnt.training_data)),
        temperature=temperature,
        bands=fit_bands(validation.labels, scores, recipe.decision),
        metrics=[*validation.metrics(scores), *learnt.left_out, region_iou(model, validation.faces, store, recipe)],
        start=learnt.start,
        reading=read_rules(recipe),
    )


def write_run(run: Run, model: keras.Model, faces: list[Face], store: Path, out: Path) -> None:
    """Write a finished run.

    Args:
        run: its record.
        model: the trained model.
        faces: the training faces, of which some calibrate the quantizer.
        store: where their windows lie.
        out: the run folder.
    """
    model.save(out / "detector.keras")
    np.save(out / "calibration.npy", drawn_crops(faces, store, run.recipe, CALIBRATION_CROPS))
    run.write(out)


def drawn_crops(faces: list[Face], store: Path, recipe: Recipe, count: int) -> NDArray[np.uint8]:
    """Crops `(n, S, S, 3)` uint8 RGB of `count` faces, or of all where they are fewer, drawn by the recipe's seed."""
    rng = np.random.default_rng(recipe.schedule.seed)
    chosen = rng.choice(len(faces), min(count, len(faces)), replace=False)
    return reader_crops([faces[index] for index in chosen], store, recipe)


def training_data(faces: list[Face]) -> list[TrainingData]:
    """How many faces of each source and label there are."""
    kinds = sorted({(face.source, face.label) for face in faces})
    return [
        TrainingData(
            name=source, label=label, samples=sum((face.source, face.label) == (source, label) for face in faces)
        )
        for source, label in kinds
    ]


def require_trainable(train_faces: list[Face], val_faces: list[Face]) -> None:
    """Make sure that there is something to learn from and to set temperature and bands by.

    Raises:
        UnmaskError: if real training faces or validation faces of either label are missing.
    """
    if not any(face.label == "real" for face in train_faces):
        raise UnmaskError(f"Expected real faces to train on. Received: {len(train_faces)} faces, none of them real.")
    if len({face.label for face in val_faces}) < 2:
        raise UnmaskError(
            "Expected real and fake validation faces, for temperature and bands. "
            f"Received: {len(val_faces)} validation faces with labels {sorted({face.label for face in val_faces})}."
        )


def _fit(model: keras.Model, recipe: Recipe, loop: Loop) -> None:
    schedule = recipe.schedule
    steps = schedule.epochs * schedule.steps_per_epoch
    backup = keras.callbacks.BackupAndRestore(loop.out / "backup", double_checkpoint=True)
    loop.fit(learner(model, recipe, schedule.learning_rate, steps, WARM_UP_STEPS), range(schedule.epochs), backup)
    model.trainable = True


def _begun(recipe: ModelRecipe) -> Trained | None:
    """The detector to go on from, where the recipe's weights are a folder's."""
    folder = Path(recipe.weights)
    if not folder.is_dir():
        return None
    trained = load_trained(folder)
    if trained.recipe.model.model_copy(update={"weights": recipe.weights}) != recipe:
        raise UnmaskError(f"Expected weights of a net with {recipe}. Received: {folder} with {trained.recipe.model}.")
    return trained


def _leave_out(pictures: list[Picture], recipe: Recipe) -> tuple[list[Picture], list[Picture]]:
    left_out = [any(fnmatch(picture.path, pattern) for pattern in recipe.data.left_out) for picture in pictures]
    seen = [picture for picture, left in zip(pictures, left_out, strict=True) if not left]
    return seen, [picture for picture, left in zip(pictures, left_out, strict=True) if left]


def _left_out_metrics(model: keras.Model, faces: list[Face], store: Path, recipe: Recipe) -> list[Metric]:
    """Frame AUC of left-out fakes against left-out reals of their source; none where either is missing."""
    if len({face.label for face in faces}) < 2:
        return []
    unseen = Validation(faces, store, recipe, part="left out")
    return unseen.metrics(unseen.predict(model))
