"""Batches of pairs."""

from pathlib import Path

import numpy as np
import pytest

from unmask_training.faces import extract_faces, find_pictures
from unmask_training.finder import face_finder_spec
from unmask_training.pairs import PairDataset
from unmask_training.recipe import Recipe, load_recipe


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the windows lie."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def recipe(tiny_recipe: Path, request: pytest.FixtureRequest) -> Recipe:
    """The tiny recipe with the share of labelled fakes that a test asks for."""
    recipe = load_recipe(str(tiny_recipe))
    data = recipe.data.model_copy(update={"labelled_share": getattr(request, "param", 0.5)})
    return recipe.model_copy(update={"data": data})


@pytest.fixture
def dataset(data_folder: Path, store: Path, recipe: Recipe) -> PairDataset:
    """Pairs of the tiny data."""
    pictures = find_pictures(data_folder)
    return PairDataset(extract_faces(pictures, data_folder, store, face_finder_spec(), 1), store, recipe)


def test_a_batch_alternates_real_and_fake(dataset: PairDataset) -> None:
    """Images, labels and maps have the shapes and ranges that the model expects."""
    images, targets, weights = dataset[0]
    assert images.shape == (4, 64, 64, 3)
    assert images.dtype == np.float32
    assert 0 <= images.min() <= images.max() <= 255
    assert targets["score"][:, 0].tolist() == [0, 1, 0, 1]
    assert targets["region_map"].shape == (4, 4, 4, 1)
    assert not targets["region_map"][::2].any()
    assert weights["region_map"].shape == (4, 4, 4)


@pytest.mark.parametrize(("recipe", "known"), [(0.0, True), (1.0, False)], indirect=["recipe"])
def test_only_synthetic_fakes_have_a_known_region(dataset: PairDataset, known: bool) -> None:
    """A labelled fake's map weighs nothing; a self-blend's counts and is not empty."""
    _, targets, weights = dataset[0]
    assert bool(weights["region_map"][1::2].all()) is known
    assert bool(targets["region_map"][1::2].any()) is known


def test_batches_depend_on_epoch_and_index_alone(dataset: PairDataset) -> None:
    """Asked again a batch is the same; another index or epoch gives another."""
    first = dataset[1][0]
    assert np.array_equal(first, dataset[1][0])
    assert not np.array_equal(first, dataset[2][0])
    dataset.epoch = 1
    assert not np.array_equal(first, dataset[1][0])
