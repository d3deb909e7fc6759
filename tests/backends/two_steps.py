"""Trains two steps from given weights, and writes what came of them; run by each backend in a process of its own.

Arguments: recipe, data folder, face store, initial weights, output folder.
"""

import csv
import sys
from contextlib import closing
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_training.batches import PairBatches
from unmask_training.faces import extract_faces, find_pictures
from unmask_training.finder import face_finder_spec
from unmask_training.loop import Loop, learner
from unmask_training.model import build_detector
from unmask_training.recipe import load_recipe
from unmask_training.validation import Validation


def main(recipe_file: str, data: Path, store: Path, weights: Path, out: Path) -> None:
    """Train, and write `detector.keras` and `result.npz`.

    The latter holds the losses `(2,)`, the change of all weights as one row, and of the validation crops
    `(n, S, S, 3)` the scores `(n, 1)` and region maps `(n, S / 16, S / 16, 1)` after training.
    """
    recipe = load_recipe(recipe_file)
    faces = extract_faces(find_pictures(data), data, store, face_finder_spec(), workers=1)
    train, val = ([face for face in faces if face.split == split] for split in ("train", "val"))
    net = build_detector(recipe.model)
    with np.load(weights) as arrays:
        for weight in net.weights:
            weight.assign(arrays[weight.path])
    before = _flat(net)
    validation = Validation(val, store, recipe)
    with closing(PairBatches(train, store, recipe, workers=1)) as batches:
        two_steps = learner(net, recipe, recipe.schedule.learning_rate, steps=2, warm_up_steps=0)
        Loop(batches, validation, out).fit(two_steps, range(2))
    net.save(out / "detector.keras")
    crops = validation.crops.astype(np.float32)
    scores, maps = (keras.ops.convert_to_numpy(net.predict_on_batch(crops)[name]) for name in ("score", "region_map"))
    with (out / "log.csv").open(encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    np.savez(out / "result.npz", losses=losses, update=_flat(net) - before, crops=crops, scores=scores, maps=maps)


def _flat(net: keras.Model) -> NDArray[np.float32]:
    return np.concatenate([keras.ops.convert_to_numpy(weight).ravel() for weight in net.weights])


if __name__ == "__main__":
    recipe_argument, *paths = sys.argv[1:]
    main(recipe_argument, *map(Path, paths))
