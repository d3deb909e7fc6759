"""Adapts a trained detector to a user's own pictures, in two stages.

First the backbone is frozen and only score and region map learn; then all layers do, ten times slower. The backbone's
batch norms keep the statistics that they have (as Keras's guide to transfer learning advises): a small set of pictures
has poorer ones.
"""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands, Metric
from unmask_edge.version import __version__
from unmask_training.batches import PairBatches
from unmask_training.calibration import calibrated, fit_bands, fit_temperature
from unmask_training.faces import Face, extract_faces, find_pictures, fingerprint
from unmask_training.finder import face_finder_spec
from unmask_training.loop import Loop, keep_statistics, learner
from unmask_training.model import backbones
from unmask_training.recipe import LABELLED_KINDS, DecisionRecipe, Recipe
from unmask_training.run import Run, Start, read_rules
from unmask_training.train import training_data, write_run
from unmask_training.trainable import Trained, load_trained
from unmask_training.validation import Validation

# Of the recipe's learning rate.
RATE_FROZEN, RATE_WHOLE = 1.0, 0.1
# Of each label: one face of so many is the share of false alarms that the named recipes allow.
MIN_DECISION_FACES = 50


@dataclass(frozen=True)
class Plan:
    """How to fine-tune.

    Attributes:
        epochs: at least 2; the first half of them with a frozen backbone.
        steps: batches an epoch.
        labelled: share of the pairs whose fake is one of the user's own, where there are any.
        store: where face windows are kept.
        workers: processes for face windows and for batches.
    """

    epochs: int
    steps: int
    labelled: float
    store: Path
    workers: int


@dataclass(frozen=True, eq=False)
class Finetuned:
    """What came out.

    Attributes:
        before: what `run.metrics` are after, of the same faces.
        labels: `(n,)` of these validation faces, fake = 1.
    """

    run: Run
    before: list[Metric]
    labels: NDArray[np.int64]


def finetune(source: Path, data: Path, out: Path, plan: Plan) -> Finetuned:
    """Go on with a bundle or a run, on other pictures; an interrupted fine-tuning begins anew.

    Args:
        source: the bundle or the run.
        data: image folders or a face store, as `unmask_training.faces` describes them.
        out: the run folder.
        plan: how.

    Raises:
        UnmaskError: if the source cannot be trained, the data lack real training faces or validation faces, their fakes
            lie in no source that has reals, or `out` holds another run.
    """
    trained = load_trained(source)
    pictures = find_pictures(data)
    has_fakes = any(picture.label == "fake" and picture.split == "train" for picture in pictures)
    recipe = finetuning_recipe(trained.recipe, plan, has_fakes)
    _begin(out, recipe)
    faces = extract_faces(pictures, data, plan.store, face_finder_spec(), plan.workers)
    train_faces, val_faces = ([face for face in faces if face.split == split] for split in ("train", "val"))
    _require_usable(train_faces, val_faces)
    validation = Validation(val_faces, plan.store, recipe)
    raw_before = validation.predict(trained.net)
    with closing(PairBatches(train_faces, plan.store, recipe, plan.workers)) as batches:
        _fit_in_stages(trained.net, recipe, Loop(batches, validation, out))
    raw_after = validation.predict(trained.net)
    temperature, bands, kept = decide(trained, validation.labels, raw_after, recipe.decision)
    before, after = (_measured(validation, raw, trained if kept else None) for raw in (raw_before, raw_after))
    run = Run(
        generator_version=__version__,
        recipe=recipe,
        data_fingerprint=fingerprint(pictures, data),
        training_data=[*trained.training_data, *training_data(train_faces)],
        temperature=temperature,
        bands=bands,
        metrics=after,
        start=Start(name=trained.name, decision_kept=kept),
        reading=read_rules(recipe),
    )
    write_run(run, trained.net, train_faces, plan.store, out)
    return Finetuned(run, before, validation.labels)


def finetuning_recipe(base: Recipe, plan: Plan, has_fakes: bool) -> Recipe:
    """The recipe of the trained model, with another mix and a shorter schedule.

    Raises:
        UnmaskError: if neither the data nor the recipe offer any fake.
    """
    labelled = plan.labelled if has_fakes else 0.0
    beside = {"labelled"} if has_fakes else LABELLED_KINDS
    made = {kind: share for kind, share in base.data.mix.items() if kind not in beside and share > 0}
    if labelled == 0 and not made:
        raise UnmaskError(f"Expected a share of labelled fakes: {base.name}'s recipe forges none. Received: no share.")
    scale = (1 - labelled) / sum(made.values()) if made else 0.0
    mix = {"labelled": labelled, **{kind: share * scale for kind, share in made.items()}}
    schedule = base.schedule.model_copy(
        update={
            "epochs": plan.epochs,
            "steps_per_epoch": plan.steps,
            # An average over the last tenth of a stage: a long training's would stay near the weights it began with.
            "ema_momentum": min(base.schedule.ema_momentum, max(0.0, 1 - 10 / _stage_steps(plan))),
        }
    )
    return base.model_copy(
        update={
            "name": base.name.removesuffix("-finetuned") + "-finetuned",
            "data": base.data.model_copy(update={"mix": mix, "left_out": ()}),
            "schedule": schedule,
        }
    )


def decide(
    trained: Trained, labels: NDArray[np.int64], raw_scores: NDArray[np.float32], decision: DecisionRecipe
) -> tuple[float, Bands, bool]:
    """Temperature and bands, and whether they are the trained model's own.

    Args:
        trained: the model that was gone on from.
        labels: `(n,)` of the validation faces, fake = 1.
        raw_scores: `(n,)` P(fake) of the fine-tuned net, before temperature.
        decision: the shares of false alarms and misses that the bands allow.
    """
    if np.bincount(labels, minlength=2).min() < MIN_DECISION_FACES:
        return trained.temperature, trained.bands, True
    temperature = fit_temperature(labels, raw_scores)
    return temperature, fit_bands(labels, calibrated(raw_scores, temperature), decision), False


def _judged(
    labels: NDArray[np.int64], raw_scores: NDArray[np.float32], temperature: float, bands: Bands
) -> list[Metric]:
    """Share of the reals called likely manipulated, and of the fakes called likely authentic."""
    scores = calibrated(raw_scores, temperature)
    wrong = {
        "false_alarms": (labels == 0, scores >= bands.likely_manipulated_from),
        "misses": (labels == 1, scores < bands.likely_authentic_below),
    }
    return [
        Metric(name=name, value=round(float(called[faces].mean()), 4), data="all/val", samples=int(faces.sum()))
        for name, (faces, called) in wrong.items()
        if faces.any()
    ]


def _measured(validation: Validation, raw_scores: NDArray[np.float32], kept: Trained | None) -> list[Metric]:
    """Frame AUCs; with kept bands their errors too, which would flatter bands fitted on the very same faces."""
    aucs = validation.metrics(raw_scores)
    if kept is None:
        return aucs
    return [*aucs, *_judged(validation.labels, raw_scores, kept.temperature, kept.bands)]


def _fit_in_stages(net: keras.Model, recipe: Recipe, loop: Loop) -> None:
    schedule = recipe.schedule
    frozen = schedule.epochs // 2
    for epochs, share in ((range(frozen), RATE_FROZEN), (range(frozen, schedule.epochs), RATE_WHOLE)):
        for backbone in backbones(net):
            backbone.trainable = epochs.start > 0
        keep_statistics(net)
        steps = len(epochs) * schedule.steps_per_epoch
        loop.fit(learner(net, recipe, share * schedule.learning_rate, steps, warm_up_steps=steps // 10), epochs)
    net.trainable = True


def _stage_steps(plan: Plan) -> int:
    return plan.epochs // 2 * plan.steps


def _begin(out: Path, recipe: Recipe) -> None:
    """Make the run folder, without the logs of a fine-tuning that was interrupted."""
    Run.claim(out, recipe)
    (out / "log.csv").unlink(missing_ok=True)
    shutil.rmtree(out / "tensorboard", ignore_errors=True)
    keras.utils.set_random_seed(recipe.schedule.seed)


def _require_usable(train_faces: list[Face], val_faces: list[Face]) -> None:
    sources = {
        label: sorted({face.source for face in train_faces if face.label == label}) for label in ("real", "fake")
    }
    if not sources["real"]:
        raise UnmaskError(f"Expected real faces to train on. Received: {len(train_faces)} faces, none of them real.")
    if sources["fake"] and not set(sources["real"]) & set(sources["fake"]):
        raise UnmaskError(
            "Expected fakes beside reals of the same source, the folder above real and fake: batches pair them, lest "
            f"the net learn to tell sources apart. Received: reals of {sources['real']}, fakes of {sources['fake']}."
        )
    if not val_faces:
        raise UnmaskError(
            "Expected validation faces, which tell what fine-tuning did: pictures below a folder called val. "
            f"Received: {len(train_faces)} training faces alone."
        )
