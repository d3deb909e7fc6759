"""Batches of pairs."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unmask_training import pairs
from unmask_training.batches import PairBatches
from unmask_training.faces import Face, extract_faces, find_pictures, read_window
from unmask_training.finder import face_finder_spec
from unmask_training.pairs import TRACES_KINDS, PairMaker
from unmask_training.recipe import Recipe, load_recipe
from unmask_training.synthesis.cross_blend import cross_blend
from unmask_training.synthesis.degrade import Step
from unmask_training.synthesis.forgery import RGB, FaceImage, Forgery
from unmask_training.synthesis.methods import ONE_FACE_METHODS, TWO_FACE_METHODS

KINDS = ["labelled_blend", *ONE_FACE_METHODS, *TWO_FACE_METHODS]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the windows lie."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def recipe(tiny_recipe: Path, request: pytest.FixtureRequest) -> Recipe:
    """The tiny recipe with the mix that a test asks for."""
    recipe = load_recipe(str(tiny_recipe))
    mix = getattr(request, "param", {"labelled": 0.5, "self_blend": 0.5})
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"mix": mix})})


@pytest.fixture
def faces(data_folder: Path, store: Path) -> list[Face]:
    """The faces of the tiny data."""
    return extract_faces(find_pictures(data_folder), data_folder, store, face_finder_spec(), 1)


@pytest.fixture
def maker(faces: list[Face], store: Path, recipe: Recipe) -> PairMaker:
    """Pairs of the tiny data."""
    return PairMaker(faces, store, recipe)


def test_a_batch_alternates_real_and_fake(maker: PairMaker) -> None:
    """Images, labels and maps have the shapes and ranges that the model expects."""
    batch = maker.batch(0, 0)
    assert batch.images.shape == (4, 64, 64, 3)
    assert batch.images.dtype == np.uint8
    assert batch.labels[:, 0].tolist() == [0, 1, 0, 1]
    assert batch.maps.shape == (4, 4, 4, 1)
    assert 0 <= batch.maps.min() <= batch.maps.max() <= 1
    assert not batch.maps[::2].any()
    assert batch.map_weights.shape == (4, 4, 4)


@pytest.mark.parametrize("recipe", [{kind: 1.0} for kind in KINDS], ids=KINDS, indirect=True)
def test_every_method_makes_pairs_with_a_known_region(maker: PairMaker) -> None:
    """A synthetic fake differs from its real twin, and its map counts and is not empty."""
    batch = maker.batch(0, 0)
    assert (batch.images[0::2] != batch.images[1::2]).any(axis=(1, 2, 3)).all()
    assert batch.map_weights.all()
    assert batch.maps[1::2].any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("recipe", [{"labelled": 1.0}], indirect=True)
def test_the_region_of_labelled_fakes_is_unknown(maker: PairMaker) -> None:
    """A labelled fake's map weighs nothing; its real twin's counts."""
    batch = maker.batch(0, 0)
    assert batch.map_weights[0::2].all()
    assert not batch.map_weights[1::2].any()


@pytest.mark.parametrize(
    "recipe", [{kind: 1.0} for kind in ["labelled", *KINDS]], ids=["labelled", *KINDS], indirect=True
)
def test_a_fake_teaches_one_head_and_a_real_both(maker: PairMaker, recipe: Recipe) -> None:
    """A maker's traces and the blends inside a picture are learnt apart; neither head may cry at a real."""
    batch = maker.batch(0, 0)
    (kind,) = recipe.data.mix
    of_fakes = [1, 0] if kind in TRACES_KINDS else [0, 1]
    assert batch.traces_weights.tolist() == [1, of_fakes[0]] * 2
    assert batch.blend_weights.tolist() == [1, of_fakes[1]] * 2


@pytest.mark.parametrize("recipe", [{"labelled_blend": 1.0}], indirect=True)
def test_a_labelled_blend_takes_its_face_from_a_fake(
    maker: PairMaker, faces: list[Face], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is blended in are labelled fakes; what they are blended into are reals."""
    windows = {label: [read_window(store, face) for face in faces if face.label == label] for label in ("real", "fake")}

    def blend(face: FaceImage, donor: FaceImage, rng: np.random.Generator) -> Forgery:
        assert any(np.array_equal(face.image, window) for window in windows["real"])
        assert any(np.array_equal(donor.image, window) for window in windows["fake"])
        return cross_blend(face, donor, rng)

    monkeypatch.setattr(pairs, "cross_blend", blend)
    assert maker.batch(0, 0).maps.any()


@pytest.mark.parametrize("recipe", [{"labelled": 1.0}], indirect=True)
def test_a_labelled_fake_stands_beside_a_real_as_sharp(
    faces: list[Face], store: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of reals alike in pose it is one about as sharp as the fake."""
    real, fake = (next(face for face in faces if face.label == label) for label in ("real", "fake"))
    reals = [replace(real, sharpness=float(sharpness)) for sharpness in range(10, 1000, 10)]
    chosen: list[Face] = []

    def read(store: Path, face: Face) -> RGB:
        chosen.append(face)
        return read_window(store, face)

    monkeypatch.setattr(pairs, "read_window", read)
    maker = PairMaker([*reals, replace(fake, source=real.source, sharpness=100.0)], store, recipe)
    for index in range(10):
        maker.batch(0, index)
    apart = [abs(np.log(face.sharpness / 100)) for face in chosen if face.label == "real"]
    assert np.median(apart) < 0.5


@pytest.mark.parametrize("recipe", [{"labelled": 1.0}, {"self_blend": 1.0}], indirect=True)
def test_labelled_and_forged_pairs_stay_clean_by_shares_of_their_own(
    faces: list[Face], store: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The degradation of a pair is told the share that the recipe states for its family."""
    told = []

    def draw_chain(_rng: np.random.Generator, clean_share: float) -> list[Step]:
        told.append(clean_share)
        return []

    monkeypatch.setattr(pairs, "draw_chain", draw_chain)
    data = recipe.data.model_copy(update={"clean_share": 0.2, "clean_labelled_share": 0.7})
    PairMaker(faces, store, recipe.model_copy(update={"data": data})).batch(0, 0)
    assert set(told) == {0.7 if "labelled" in data.mix else 0.2}


@pytest.mark.parametrize("recipe", [{"labelled": 1.0}, {"self_blend": 1.0}], indirect=True)
@pytest.mark.parametrize("degraded_px", [None, 96])
def test_pairs_are_degraded_at_the_size_that_the_recipe_tells(
    degraded_px: int | None, faces: list[Face], store: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is degraded is cropped at that size and then brought to the net's; what stays clean is cut at the net's."""
    seen = []

    def step(image: RGB) -> RGB:
        seen.append(image.shape)
        return image

    chains = iter([[step], []] * 100)
    monkeypatch.setattr(pairs, "draw_chain", lambda _rng, _share: next(chains))
    data = recipe.data.model_copy(update={"degraded_px": degraded_px})
    batch = PairMaker(faces, store, recipe.model_copy(update={"data": data})).batch(0, 0)
    size_px = recipe.model.input_px
    assert batch.images.shape[1:] == (size_px, size_px, 3)
    assert set(seen) == {(degraded_px or size_px,) * 2 + (3,)}


def test_batches_depend_on_epoch_and_index_alone(maker: PairMaker) -> None:
    """Asked again a batch is the same; another index or epoch gives another."""
    first = maker.batch(0, 1).images
    assert np.array_equal(first, maker.batch(0, 1).images)
    assert not np.array_equal(first, maker.batch(0, 2).images)
    assert not np.array_equal(first, maker.batch(1, 1).images)


def test_workers_make_the_same_batches(faces: list[Face], store: Path, recipe: Recipe, maker: PairMaker) -> None:
    """Batches from worker processes, made ahead, come in order and are those of the maker; Keras can take them."""
    with closing(PairBatches(faces, store, recipe, workers=1)) as batches:
        batches.epoch = 1
        for index in range(len(batches)):
            images, targets, weights = batches[index]
            expected = maker.batch(1, index)
            assert np.array_equal(images, expected.images)
            assert images.dtype == np.float32
            assert np.array_equal(targets["score"], expected.labels)
            assert np.array_equal(targets["region_map"], np.clip(expected.maps, 0, 1))
            assert (weights["score"] == 1).all()
            assert np.array_equal(weights["region_map"], expected.map_weights)


def test_each_head_gets_weights_of_its_own(faces: list[Face], store: Path, recipe: Recipe, maker: PairMaker) -> None:
    """Both learn the same labels, each from the pairs that concern it."""
    two_headed = recipe.model_copy(update={"model": recipe.model.model_copy(update={"heads": ("blend", "traces")})})
    with closing(PairBatches(faces, store, two_headed, workers=1)) as batches:
        _, targets, weights = batches[0]
    expected = maker.batch(0, 0)
    assert targets.keys() == weights.keys() == {"blend", "traces", "region_map"}
    assert np.array_equal(targets["blend"], expected.labels)
    assert np.array_equal(targets["traces"], expected.labels)
    assert np.array_equal(weights["blend"], expected.blend_weights)
    assert np.array_equal(weights["traces"], expected.traces_weights)
