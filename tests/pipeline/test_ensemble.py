"""Joined nets say what their members say on average, and are detectors like any other."""

from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from tests.run_of import run_of
from tests.untraced import untraced

from unmask_edge.errors import UnmaskError
from unmask_training.commands import distil, join
from unmask_training.ensemble import first_member, joined
from unmask_training.loop import with_heads
from unmask_training.model import backbones, build_detector, load_detector
from unmask_training.narrowing import renew_statistics
from unmask_training.recipe import ModelRecipe, load_recipe
from unmask_training.run import Run
from unmask_training.trainable import build_trained, write_trainable

HEADS = ("blend", "traces")
FIRST = ModelRecipe(input_px=64, alpha=1.0, head_channels=8, dropout=0, heads=HEADS, weights="none")
OTHER = FIRST.model_copy(update={"backbone": "efficientnet_lite0"})
BOTH = FIRST.model_copy(update={"beside": ("efficientnet_lite0",)})

NOISE = np.random.default_rng(6).uniform(0, 255, (4, 64, 64, 3)).astype(np.float32)

Logits = dict[str, NDArray[np.float64]]


@pytest.fixture(scope="module")
def members() -> list[keras.Model]:
    """Two nets of random weights, whose outputs lean to one side as those of trained nets do."""
    keras.utils.set_random_seed(5)
    nets = [build_detector(FIRST), build_detector(OTHER)]
    for net, bias in zip(nets, (0.5, -1.5), strict=True):
        renew_statistics(net, [NOISE])  # or all crops would score alike
        for output in (*HEADS, "region_map"):
            kernel, _ = net.get_layer(output).get_weights()
            net.get_layer(output).set_weights([kernel, np.array([bias], np.float32)])
    return nets


@pytest.fixture(scope="module")
def both(members: list[keras.Model]) -> keras.Model:
    """One net of them."""
    return joined(members, BOTH)


def test_logits_are_averaged(members: list[keras.Model], both: keras.Model) -> None:
    """Of each head and of each cell of the region map; the score is the higher head's, as of any detector."""
    first, other = (logits(net) for net in members)
    for output, found in logits(both).items():
        assert np.ptp(first[output] - other[output]) > 0.001
        if output != "score":
            np.testing.assert_allclose(found, (first[output] + other[output]) / 2, atol=1e-4)
    np.testing.assert_allclose(logits(both)["score"], np.maximum(*(logits(both)[head] for head in HEADS)), atol=1e-6)


def test_the_first_member_comes_out_as_it_went_in(members: list[keras.Model], both: keras.Model) -> None:
    """But for the biases, which were averaged: here from .5 and -1.5 to -.5."""
    first, alone = logits(members[0]), logits(first_member(both, BOTH))
    for output in (*HEADS, "region_map"):
        np.testing.assert_allclose(alone[output], first[output] - 1, atol=1e-4)


def test_a_net_of_one_backbone_is_its_own_first_member(members: list[keras.Model]) -> None:
    """To the last digit."""
    alone, first = first_member(members[0], FIRST), members[0]
    for copied, weight in zip(alone.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(copied, weight)


def test_a_bundle_keeps_the_weights_of_all(both: keras.Model, tmp_path: Path) -> None:
    """Each under a name of its own."""
    recipe = load_recipe("teacher").model_copy(update={"model": BOTH})
    write_trainable(both, recipe, tmp_path)
    again = build_trained(recipe, tmp_path / "training" / "weights.npz")
    for kept, weight in zip(again.get_weights(), both.get_weights(), strict=True):
        np.testing.assert_allclose(kept, weight, rtol=1e-3, atol=1e-6)


@untraced()
def test_joined_runs_are_a_run_from_which_smaller_ones_are_distilled(
    tiny_run: Path, data_folder: Path, tmp_path: Path
) -> None:
    """The record names all; what is distilled begins at the first, taught by both."""
    runs = [
        run_of(tiny_run, tmp_path / name, alpha=1.0, heads=HEADS, backbone=backbone)
        for name, backbone in (("small", "mobilenet_v2"), ("large", "efficientnet_lite0"))
    ]
    common = ["--data", str(data_folder), "--workers", "1", "--faces", str(tmp_path / "faces")]
    result = CliRunner().invoke(join, [*map(str, runs), *common, "--out", str(tmp_path / "both")])
    assert result.exit_code == 0, result.output
    run = Run.read(tmp_path / "both")
    assert run.start is not None
    assert (run.start.how, run.start.name, run.start.beside) == ("joined", "small", ("large",))
    assert len(backbones(load_detector(tmp_path / "both"))) == 2
    arguments = ["--size", "64x0.35", "--epochs", "1", "--steps", "1", "--pairs", "2", "--out", str(tmp_path / "tiny")]
    result = CliRunner().invoke(distil, [str(tmp_path / "both"), *common, *arguments])
    assert result.exit_code == 0, result.output
    assert len(backbones(load_detector(tmp_path / "tiny" / "64x0.35"))) == 1


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({}, "Expected two or more detectors, each on one backbone of another kind. Received: small on mobilenet_v2, "),
        ({"backbone": "efficientnet_lite0", "heads": ("score",)}, "Expected a net of "),
        ({"backbone": "efficientnet_lite0", "input_px": 96}, "Expected a net of "),
    ],
)
def test_nets_that_do_not_go_together_are_named(
    tiny_run: Path, data_folder: Path, tmp_path: Path, shape: dict[str, object], reason: str
) -> None:
    """Before anything is written."""
    small = run_of(tiny_run, tmp_path / "small", alpha=1.0, heads=HEADS)
    other = run_of(tiny_run, tmp_path / "other", **{"alpha": 1.0, "heads": HEADS} | shape)
    arguments = [str(small), str(other), "--data", str(data_folder), "--out", str(tmp_path / "both")]
    result = CliRunner().invoke(join, arguments)
    assert isinstance(result.exception, UnmaskError)
    assert str(result.exception).startswith(reason)
    assert "other" in str(result.exception)
    assert not (tmp_path / "both").exists()


def test_imagenet_weights_are_not_for_several_backbones() -> None:
    """They would fit one of them alone."""
    with pytest.raises(UnmaskError, match="'none', a run or a bundle for mobilenet_v2 and efficientnet_lite0"):
        build_detector(BOTH.model_copy(update={"weights": "imagenet"}))


def test_a_backbone_stands_beside_others_only() -> None:
    """Two of a kind would have weights of the same names."""
    with pytest.raises(ValueError, match=r"Expected each backbone once\. Received: mobilenet_v2 and mobilenet_v2"):
        ModelRecipe.model_validate({**FIRST.model_dump(), "beside": ("mobilenet_v2",)})


def logits(net: keras.Model) -> Logits:
    """Of each output, on noise."""
    recipe = load_recipe("teacher").model_copy(update={"model": FIRST})
    said = with_heads(net, recipe)(NOISE, training=False)
    scores = {name: np.asarray(keras.ops.convert_to_numpy(output), np.float64) for name, output in said.items()}
    return {name: np.log(score) - np.log1p(-score) for name, score in scores.items()}
