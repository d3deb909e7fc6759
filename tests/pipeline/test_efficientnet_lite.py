"""EfficientNet-Lite: the sizes that its authors give, and where PyTorch's weights go."""

from pathlib import Path

import numpy as np
import pytest

from unmask_edge.errors import UnmaskError
from unmask_training.efficientnet_lite import _assign, _pytorch_name, efficientnet_lite
from unmask_training.model import build_detector
from unmask_training.recipe import ModelRecipe

SHAPE = {"input_px": 96, "alpha": 1.0, "head_channels": 16, "dropout": 0, "weights": "none"}


@pytest.mark.parametrize(
    ("kind", "blocks", "channels"), [("efficientnet_lite0", 11, 672), ("efficientnet_lite2", 15, 720)]
)
def test_depth_and_width_follow_the_multipliers(kind: str, blocks: int, channels: int) -> None:
    """Blocks before the cut, and the channels of the last expansion, six times those of the stage before."""
    net = efficientnet_lite(kind, 96)
    assert net.output_shape == (None, 6, 6, channels)
    assert len([layer for layer in net.layers if layer.name.endswith("_project")]) == blocks


def test_a_detector_stands_on_it() -> None:
    """With the outputs of any detector."""
    net = build_detector(ModelRecipe.model_validate({**SHAPE, "backbone": "efficientnet_lite0"}))
    assert {name: output.shape for name, output in net.output.items()} == {
        "score": (None, 1),
        "region_map": (None, 6, 6, 1),
    }


def test_each_weight_finds_its_place() -> None:
    """Kernels are turned from PyTorch's order into Keras's; nothing is left as it was."""
    net = efficientnet_lite("efficientnet_lite0", 64)
    rng = np.random.default_rng(4)
    state = {}
    for layer in net.layers:
        for weight, part in zip(layer.weights, ("weight", "bias", "running_mean", "running_var"), strict=False):
            shape = (
                weight.shape
                if len(weight.shape) == 1
                else np.transpose(np.empty(weight.shape), turned(layer.name)).shape
            )
            state[f"{_pytorch_name(layer.name)}.{part}"] = rng.random(shape, np.float32)
    _assign(net, state)
    depthwise = net.get_layer("mbconv_3_depthwise").get_weights()[0]
    np.testing.assert_array_equal(depthwise[1, 2, 5, 0], state["_blocks.3._depthwise_conv.weight"][5, 0, 1, 2])
    project = net.get_layer("mbconv_3_project").get_weights()[0]
    np.testing.assert_array_equal(project[0, 0, 7, 5], state["_blocks.3._project_conv.weight"][5, 7, 0, 0])
    np.testing.assert_array_equal(
        net.get_layer("mbconv_3_expand_bn").get_weights()[3], state["_blocks.3._bn0.running_var"]
    )


def test_weights_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Whether PyTorch is missing or the file is none of its own."""
    (tmp_path / "weights.pth").write_bytes(b"no weights")
    recipe = ModelRecipe.model_validate(
        {**SHAPE, "backbone": "efficientnet_lite0", "weights": str(tmp_path / "weights.pth")}
    )
    with pytest.raises(
        UnmaskError, match=r"Expected (PyTorch to read|weights of efficientnet_lite0 in) .*weights\.pth"
    ):
        build_detector(recipe)


def test_a_width_it_does_not_have_is_refused() -> None:
    """It is built at its own width alone."""
    with pytest.raises(ValueError, match="Expected an alpha of 1 for efficientnet_lite2"):
        ModelRecipe.model_validate({**SHAPE, "backbone": "efficientnet_lite2", "alpha": 0.5})


def turned(layer: str) -> tuple[int, int, int, int]:
    """The axes of a Keras kernel in PyTorch's order."""
    return (2, 3, 0, 1) if layer.endswith("_depthwise") else (3, 2, 0, 1)
