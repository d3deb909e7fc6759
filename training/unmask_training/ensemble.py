"""Joins nets that were trained alone into one detector, which says what they say on average.

One file holds all of them (`model.py`), so that what reads a detector need not know how many there are.
"""

from pathlib import Path

import keras
import numpy as np

from unmask_edge.errors import UnmaskError
from unmask_training.faces import extract_faces, find_pictures, fingerprint
from unmask_training.finder import face_finder_spec
from unmask_training.model import FIRST_BACKBONE, backbone_names, build_detector, head_parts, part_name
from unmask_training.recipe import ModelRecipe, Recipe
from unmask_training.run import Run, Start
from unmask_training.train import Learnt, measured_run, require_trainable, write_run
from unmask_training.trainable import Trained, load_trained
from unmask_training.validation import Validation


def join(folders: list[Path], data: Path, out: Path, store: Path, workers: int) -> Run:
    """Join detectors into one, and set its temperature and bands.

    Args:
        folders: two or more bundles or runs of one input size, with the same heads, each on a backbone of another kind.
        data: image folders or a face store, as `unmask_training.faces` describes them.
        out: the run folder.
        store: where face windows are kept.
        workers: processes for face windows.

    Returns:
        The run.

    Raises:
        UnmaskError: if a detector cannot be loaded or does not go with the first, the data lack real training faces or
            validation faces of both labels, or `out` holds another run.
    """
    members = [load_trained(folder) for folder in folders]
    recipe = _joined_recipe(members)
    Run.claim(out, recipe)
    pictures = find_pictures(data)
    faces = extract_faces(pictures, data, store, face_finder_spec(), workers)
    train_faces, val_faces = ([face for face in faces if face.split == split] for split in ("train", "val"))
    require_trainable(train_faces, val_faces)
    net = joined([member.net for member in members], recipe.model)
    first, *others = members
    learnt = Learnt(
        training_data=[seen for member in members for seen in member.training_data],
        data_fingerprint=fingerprint(pictures, data),
        start=Start(name=first.name, how="joined", beside=tuple(net.name for net in others), decision_kept=False),
    )
    run = measured_run(net, recipe, Validation(val_faces, store, recipe), store, learnt)
    write_run(run, net, train_faces, store, out)
    return run


def joined(members: list[keras.Model], recipe: ModelRecipe) -> keras.Model:
    """A net whose logits, of each head and of each cell of the region map, are the means of its members'.

    Args:
        members: of `build_detector`, each of one backbone.
        recipe: of all of them together, their backbones in the same order.
    """
    net = build_detector(recipe)
    for member, backbone in zip(members, backbone_names(recipe).values(), strict=True):
        _copy_features(member, FIRST_BACKBONE, net, backbone, recipe)
    for output in (*head_parts(recipe), "region_map"):
        kernels, biases = zip(*(member.get_layer(output).get_weights() for member in members), strict=True)
        net.get_layer(output).set_weights([np.concatenate(kernels, axis=-2) / len(members), np.mean(biases, axis=0)])
    return net


def first_member(detector: keras.Model, recipe: ModelRecipe) -> keras.Model:
    """The net that a joined one began with; the biases of its outputs alone are still the means of all.

    Args:
        detector: of several backbones, or of one, of which a copy is made.
        recipe: its shape.
    """
    alone = recipe.model_copy(update={"beside": ()})
    net = build_detector(alone.model_copy(update={"weights": "none"}))
    _copy_features(detector, FIRST_BACKBONE, net, FIRST_BACKBONE, alone)
    for output in (*head_parts(recipe), "region_map"):
        kernel, bias = detector.get_layer(output).get_weights()
        own = net.get_layer(output).kernel.shape[-2]
        net.get_layer(output).set_weights([kernel[..., :own, :] * (kernel.shape[-2] / own), bias])
    return net


def _joined_recipe(members: list[Trained]) -> Recipe:
    """The first one's, with the backbones of all.

    Raises:
        UnmaskError: if they are not alike but for those.
    """
    first = members[0].recipe
    for member in members[1:]:
        for what, theirs, expected in (
            ("net", _but_for_backbones(member.recipe.model), _but_for_backbones(first.model)),
            ("decision", member.recipe.decision, first.decision),
        ):
            if theirs != expected:
                raise UnmaskError(
                    f"Expected a {what} of {expected}, as of {members[0].name}. Received: {member.name} with {theirs}."
                )
    kinds = [member.recipe.model.backbone for member in members]
    if len(set(kinds)) < max(len(kinds), 2) or any(member.recipe.model.beside for member in members):
        raise UnmaskError(
            "Expected two or more detectors, each on one backbone of another kind. "
            f"Received: {', '.join(f'{member.name} on {member.recipe.model.kinds}' for member in members)}."
        )
    shape = {"beside": tuple(kinds[1:]), "weights": "none"}
    return first.model_copy(update={"model": first.model.model_copy(update=shape)})


def _but_for_backbones(recipe: ModelRecipe) -> ModelRecipe:
    return recipe.model_copy(update={"backbone": "mobilenet_v2", "beside": (), "weights": "none"})


def _copy_features(source: keras.Model, read: str, target: keras.Model, written: str, recipe: ModelRecipe) -> None:
    """Copy one backbone, and the layers that read it alone."""
    for layer in source.get_layer(read).layers:
        if layer.weights:
            target.get_layer(written).get_layer(layer.name).set_weights(layer.get_weights())
    for part in ("region", *head_parts(recipe).values()):
        for layer in ("conv", "bn"):
            weights = source.get_layer(f"{part_name(part, read)}_{layer}").get_weights()
            target.get_layer(f"{part_name(part, written)}_{layer}").set_weights(weights)
