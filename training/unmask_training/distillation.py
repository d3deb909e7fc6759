"""Makes detectors of other sizes out of a trained one, taught by it or by others.

Each begins with the most important channels of the one it is made of (`narrowing.py`), of several backbones the first,
and learns to answer as its teachers do (`lesson.py`); labels count as much as is asked for. All learn side by side from
the same batches, so that their sizes alone tell them apart.
"""

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Metric
from unmask_training.ensemble import first_member
from unmask_training.faces import Face, extract_faces, find_pictures, fingerprint
from unmask_training.finder import face_finder_spec
from unmask_training.lesson import Crops, CropsBySize, Lesson
from unmask_training.loop import Loop, compiles, keep_statistics, optimizer, with_heads
from unmask_training.model import build_detector
from unmask_training.narrowing import narrow, renew_statistics
from unmask_training.recipe import ModelRecipe, Recipe
from unmask_training.region_iou import region_iou
from unmask_training.run import Run, Start
from unmask_training.train import Learnt, drawn_crops, measured_run, require_trainable, training_data, write_run
from unmask_training.trainable import Trained, load_trained
from unmask_training.validation import Validation

# Faces on which channels are measured, and batches for the statistics of what is left of them.
MEASURED_FACES, STATISTICS_BATCHES = 128, 30


@dataclass(frozen=True)
class Size:
    """A detector's input in px and its width multiplier, as in `128x0.5`."""

    input_px: int
    alpha: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a size.

        Raises:
            UnmaskError: if it is none.
        """
        found = re.fullmatch(r"(\d+)x(\d*\.?\d+)", text)
        if not found:
            raise UnmaskError(f"Expected a size as PXxWIDTH, such as 128x0.5. Received: {text}.")
        return cls(int(found[1]), float(found[2]))

    def __str__(self) -> str:
        """As it is parsed."""
        return f"{self.input_px}x{self.alpha:g}"

    def recipe(self, teacher: ModelRecipe) -> ModelRecipe:
        """A detector's shape, with heads as much narrower as its backbone.

        Raises:
            UnmaskError: if it is wider than its teacher or no input size of a detector.
        """
        if self.alpha > teacher.alpha:
            raise UnmaskError(f"Expected at most the teacher's width of {teacher.alpha:g}. Received: {self}.")
        head_channels = max(8, round(teacher.head_channels * self.alpha / teacher.alpha / 8) * 8)
        shape = {"input_px": self.input_px, "alpha": self.alpha, "head_channels": head_channels, "weights": "none"}
        try:
            return ModelRecipe.model_validate({**teacher.model_dump(), **shape, "beside": ()})
        except ValidationError as error:
            raise UnmaskError(f"Expected an input of 64 px or another multiple of 32. Received: {self}.") from error


@dataclass(frozen=True)
class Plan:
    """How to distil.

    Attributes:
        epochs: how often the state is kept and measured.
        steps: batches an epoch.
        pairs: of a batch.
        rate: the highest learning rate.
        teachers: bundles or runs with the source's heads; it teaches itself where there are none.
        labels: what the labels count in the loss; the teachers count the rest.
        store: where face windows are kept.
        workers: processes for face windows and for batches.
    """

    epochs: int
    steps: int
    pairs: int
    rate: float
    teachers: tuple[Path, ...]
    labels: float
    store: Path
    workers: int


@dataclass(frozen=True, eq=False)
class _Origin:
    """What detectors are made of, and who teaches them."""

    source: Trained
    teachers: list[Trained]

    @classmethod
    def load(cls, source: Trained, teachers: tuple[Path, ...]) -> Self:
        heads = source.recipe.model.heads
        loaded = [load_trained(teacher) for teacher in teachers]
        for teacher in loaded:
            if teacher.recipe.model.heads != heads:
                raise UnmaskError(
                    f"Expected teachers with the heads {heads}. "
                    f"Received: {teacher.name} with {teacher.recipe.model.heads}."
                )
        return cls(source, loaded or [source])


@dataclass(frozen=True, eq=False)
class Student:
    """A detector that learns from teachers.

    Attributes:
        folder: its run folder.
        recipe: the source's, with another net and schedule.
        net: the detector.
        validation: the validation faces at its size.
    """

    folder: Path
    recipe: Recipe
    net: keras.Model
    validation: Validation


def distil(source: Path, sizes: list[Size], data: Path, out: Path, plan: Plan) -> tuple[list[Metric], dict[str, Run]]:
    """Make a detector of each size; what an interrupted distillation has learnt up to its last epoch is kept.

    Args:
        source: the bundle or run whose channels they begin with.
        sizes: of the detectors.
        data: image folders or a face store, as `unmask_training.faces` describes them.
        out: one run folder for each size goes here, named after it.
        plan: how.

    Returns:
        What the source reaches on the same validation faces, and the finished runs by size.

    Raises:
        UnmaskError: if source or teachers cannot be loaded or have other heads, a size does not fit the source, the
            data lack real training faces or validation faces of both labels, or `out` holds runs of other recipes.
    """
    origin = _Origin.load(load_trained(source), plan.teachers)
    begun = origin.source
    recipes = {str(size): _student_recipe(begun.recipe, size, plan) for size in sizes}
    for size, recipe in recipes.items():
        Run.claim(out / size, recipe)
    keras.utils.set_random_seed(begun.recipe.schedule.seed)
    pictures = find_pictures(data)
    faces = extract_faces(pictures, data, plan.store, face_finder_spec(), plan.workers)
    train_faces, val_faces = ([face for face in faces if face.split == split] for split in ("train", "val"))
    require_trainable(train_faces, val_faces)
    if not all((out / size / "run.json").exists() for size in recipes):
        students = {
            size: Student(out / size, recipe, build_detector(recipe.model), Validation(val_faces, plan.store, recipe))
            for size, recipe in recipes.items()
        }
        _teach(origin, students, train_faces, out, plan)
        data_fingerprint = fingerprint(pictures, data)
        for student in students.values():
            run = _run(student, origin, faces, plan.store, data_fingerprint)
            write_run(run, student.net, train_faces, plan.store, student.folder)
    of_source = Validation(val_faces, plan.store, begun.recipe)
    overlap = region_iou(begun.net, val_faces, plan.store, begun.recipe)
    reached = [*of_source.metrics(of_source.predict(begun.net)), overlap]
    return reached, {size: Run.read(out / size) for size in recipes}


class _ValidationOfStudents(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds the students' frame AUCs to each epoch's log."""

    def __init__(self, students: dict[str, Student]) -> None:
        super().__init__()
        self._students = students

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  (Keras)
        for size, student in self._students.items():
            for metric in student.validation.metrics(student.validation.predict(student.net)):
                if logs is not None:
                    logs[f"val_auc {size} {metric.data}"] = metric.value


def _student_recipe(teacher: Recipe, size: Size, plan: Plan) -> Recipe:
    schedule = {
        "epochs": plan.epochs,
        "steps_per_epoch": plan.steps,
        "pairs_per_batch": plan.pairs,
        "learning_rate": plan.rate,
        # An average over the last tenth.
        "ema_momentum": max(0.0, 1 - 10 / (plan.epochs * plan.steps)),
    }
    return teacher.model_copy(
        update={
            "name": f"{teacher.name}-{size}",
            "model": size.recipe(teacher.model),
            "schedule": teacher.schedule.model_copy(update=schedule),
        }
    )


def _teach(origin: _Origin, students: dict[str, Student], faces: list[Face], out: Path, plan: Plan) -> None:
    source, teachers = origin.source, {f"teacher {number}": net for number, net in enumerate(origin.teachers, 1)}
    recipes = {name: net.recipe for name, net in teachers.items()} | {
        size: student.recipe for size, student in students.items()
    }
    inputs_px = {name: recipe.model.input_px for name, recipe in recipes.items()}
    recipe = next(iter(students.values())).recipe
    largest_px = max(recipe.data.degraded_px or 0, *inputs_px.values())
    of_batches = recipe.model_copy(update={"model": recipe.model.model_copy(update={"input_px": largest_px})})
    with closing(CropsBySize(faces, plan.store, of_batches, plan.workers, inputs_px)) as batches:
        first = [batches[index][0] for index in range(min(STATISTICS_BATCHES, len(batches)))]
        _begin(source, students, first, drawn_crops(faces, plan.store, source.recipe, MEASURED_FACES))
        lesson = Lesson(
            {name: with_heads(teacher.net, teacher.recipe) for name, teacher in teachers.items()},
            {size: with_heads(student.net, student.recipe) for size, student in students.items()},
            recipe,
            plan.labels,
        )
        steps = plan.epochs * plan.steps
        lesson.compile(
            optimizer=optimizer(recipe.schedule, plan.rate, steps, warm_up_steps=steps // 20),
            jit_compile=compiles(),
        )
        lesson(first[0])  # the backup asks for a net that was called
        lesson.optimizer.build(lesson.trainable_variables)  # before the first step, as `learner` does
        backup = keras.callbacks.BackupAndRestore(out / "backup", double_checkpoint=True)
        Loop(batches, _ValidationOfStudents(students), out).fit(lesson, range(plan.epochs), backup)
    for student in students.values():
        student.net.trainable = True


def _begin(
    source: Trained, students: dict[str, Student], batches: list[Crops], measured_crops: NDArray[np.uint8]
) -> None:
    """Give each student what it keeps of the net that it is made of, or of the first one of those joined in it."""
    first = first_member(source.net, source.recipe.model)
    for size, student in students.items():
        narrow(first, student.net, measured_crops)
        renew_statistics(student.net, (batch[size] for batch in batches))
        keep_statistics(student.net)


def _run(student: Student, origin: _Origin, faces: list[Face], store: Path, data_fingerprint: str) -> Run:
    learnt = Learnt(
        training_data=[
            *(data for net in (origin.source, *origin.teachers) for data in net.training_data),
            *training_data([face for face in faces if face.split == "train"]),
        ],
        data_fingerprint=data_fingerprint,
        start=Start(
            name=origin.source.name,
            how="distilled",
            teachers=tuple(teacher.name for teacher in origin.teachers if teacher is not origin.source),
            decision_kept=False,
        ),
    )
    return measured_run(student.net, student.recipe, student.validation, store, learnt)
