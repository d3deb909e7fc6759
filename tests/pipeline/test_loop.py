"""What training minimises."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from unmask_training.loop import Rate, learner, region_loss
from unmask_training.model import build_detector
from unmask_training.recipe import load_recipe


def test_the_region_loss_is_least_where_the_map_is_right() -> None:
    """A right map costs next to nothing, a missed or an invented region more, and half of one lies between."""
    truth = np.zeros((1, 10, 10, 1), np.float32)
    truth[0, 2:6, 3:8] = 1
    half = truth.copy()
    half[0, 2:4] = 0
    found = {"right": truth, "half": half, "missed": np.zeros_like(truth), "inverse": 1 - truth}
    costs = {name: float(ops.mean(region_loss(truth, _soft(map_)))) for name, map_ in found.items()}
    assert costs["right"] < 0.1
    assert costs["right"] < costs["half"] < costs["missed"] < costs["inverse"]


def test_an_untouched_face_has_a_region_loss_too() -> None:
    """Nothing found is right there; a single found cell already costs."""
    truth = np.zeros((1, 10, 10, 1), np.float32)
    invented = truth.copy()
    invented[0, 4, 4] = 1
    nothing, something = (float(ops.mean(region_loss(truth, map_))) for map_ in (truth, _soft(invented)))
    assert nothing == pytest.approx(0, abs=1e-5)
    assert something > 0.4


def test_of_two_heads_the_score_is_the_higher(rng: np.random.Generator) -> None:
    """The learner shows both beside it, and a fake that weighs nothing for a head does not move it."""
    recipe = load_recipe("quick")
    shape = recipe.model.model_copy(update={"heads": ("blend", "traces"), "weights": "none", "alpha": 0.35})
    recipe = recipe.model_copy(update={"model": shape})
    taught = learner(build_detector(recipe.model), recipe, 1e-3, steps=2, warm_up_steps=1)
    size_px, side = recipe.model.input_px, recipe.model.map_px
    images = rng.uniform(0, 255, (2, size_px, size_px, 3)).astype(np.float32)
    found = taught.predict_on_batch(images)
    np.testing.assert_array_equal(found["score"], np.maximum(found["blend"], found["traces"]))
    labels, maps = np.ones((2, 1), np.float32), np.zeros((2, side, side, 1), np.float32)
    weights = {"blend": np.ones(2), "traces": np.zeros(2), "region_map": np.zeros((2, side, side))}
    before = taught.get_layer("traces").get_weights()
    taught.train_on_batch(images, {"blend": labels, "traces": labels, "region_map": maps}, weights)
    assert taught.get_layer("blend").get_weights()[1] != 0
    assert taught.get_layer("traces").get_weights()[1] == before[1]


def test_the_region_loss_weighs_cell_by_cell() -> None:
    """One loss a cell, so that a map of an unknown region can be left out."""
    maps = np.full((3, 10, 10, 1), 0.5, np.float32)
    assert region_loss(maps, maps).shape == (3, 10, 10)


@pytest.mark.parametrize(("steps", "warm_up_steps"), [(10, 0), (10, 4), (6, 100)])
def test_the_rate_is_that_of_keras(steps: int, warm_up_steps: int) -> None:
    """Before, in and after the warm-up, at the end and beyond it."""
    ours = Rate(1e-3, steps, warm_up_steps)
    theirs = keras.optimizers.schedules.CosineDecay(
        1e-4, decay_steps=max(steps - warm_up_steps, 1), warmup_target=1e-3, warmup_steps=warm_up_steps
    )
    for step in (0, 1, 3, 4, 5, 9, 10, 50, 99, 100, 101, 200):
        assert float(ours(step)) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-9)


def _soft(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(truth, 0.001, 0.999).astype(np.float32)
