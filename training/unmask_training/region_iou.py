"""How well the region map finds what was changed, on self-blends of faces that were not trained on."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from unmask_edge.crop import crop_square, cut, face_crop, resize
from unmask_edge.manifest import Metric
from unmask_training.faces import Face, read_window
from unmask_training.recipe import Recipe
from unmask_training.synthesis.forgery import FaceImage
from unmask_training.synthesis.self_blend import self_blend

SAMPLES = 256
# A cell counts as changed from one half on, in the mask and in the map alike.
CHANGED = 0.5


def region_iou(model: keras.Model, faces: list[Face], store: Path, recipe: Recipe) -> Metric:
    """Mean intersection over union of region map and mask, both cut at one half, over seeded self-blends.

    Args:
        model: a detector.
        faces: those that were not trained on; at least one real.
        store: where their windows lie.
        recipe: tells crop and sizes.
    """
    reals = [face for face in faces if face.label == "real"]
    rng = np.random.default_rng(recipe.schedule.seed)
    chosen = rng.choice(len(reals), min(SAMPLES, len(reals)), replace=False)
    overlaps = [_overlap(model, reals[index], store, recipe, rng) for index in chosen]
    return Metric(
        name="region_iou",
        data="self-blends of real/val",
        samples=len(overlaps),
        value=round(float(np.mean(overlaps)), 4),
    )


def _overlap(model: keras.Model, face: Face, store: Path, recipe: Recipe, rng: np.random.Generator) -> float:
    forgery = self_blend(FaceImage(read_window(store, face), face.landmarks), rng)
    scale, net = recipe.decision.crop_scale, recipe.model
    crop = face_crop(forgery.fake, face.box, scale, net.input_px)
    mask = resize(cut(forgery.mask / forgery.mask.max(), *crop_square(face.box, scale)), net.map_px, net.map_px)
    found = keras.ops.convert_to_numpy(model.predict_on_batch(crop[None].astype(np.float32))["region_map"])
    return intersection_over_union(mask >= CHANGED, found[0, ..., 0] >= CHANGED)


def intersection_over_union(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Shared over joint cells of two masks of one shape, in [0, 1]; 1 where both are empty."""
    joint = (first | second).sum()
    return float((first & second).sum() / joint) if joint else 1.0
