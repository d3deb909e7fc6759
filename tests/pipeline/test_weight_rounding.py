"""Weights rounded with regard to faces: on the converter's levels, and nearer to the float layer's answers."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

from unmask_export.weight_rounding import LEVELS, rounded
from unmask_training.model import load_detector

Floats = NDArray[np.float64]


def on_levels(kernel: Floats, axis: tuple[int, ...]) -> bool:
    """Whether weights are whole multiples of each output's largest by 127, as the converter will find them."""
    levels = kernel * LEVELS / np.abs(kernel).max(axis=axis, keepdims=True)
    return bool(np.allclose(levels, np.round(levels), atol=1e-3))


def correlated(rng: np.random.Generator, *shape: int) -> NDArray[np.uint8]:
    """Pictures whose channels and neighbours go together, as those of faces do."""
    coarse = rng.uniform(0, 255, (shape[0], shape[1] // 4, shape[2] // 4, 1))
    fine = coarse.repeat(4, 1).repeat(4, 2) + rng.normal(0, 20, shape)
    return np.clip(fine, 0, 255).astype(np.uint8)


@pytest.fixture
def net() -> keras.Model:
    """A pointwise and a depthwise convolution after one of 3 x 3, with weights that rounding hurts."""
    keras.utils.set_random_seed(1)
    image = keras.Input((32, 32, 3))
    cells = layers.Rescaling(1 / 127.5, offset=-1)(image)
    cells = layers.ReLU(6.0)(layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(cells))
    cells = layers.ReLU(6.0)(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(cells))
    score = layers.Conv2D(4, 1, use_bias=False)(cells)
    return keras.Model(image, score)


def test_weights_lie_on_the_levels_of_the_converter(tiny_run: Path) -> None:
    """Every kernel of a real detector does, so that converting rounds no further."""
    detector = load_detector(tiny_run)
    crops = np.load(tiny_run / "calibration.npy")
    net = rounded(detector, crops, activations=True)
    backbone = net.get_layer("backbone")
    kernels = [layer for layer in (*net.layers, *backbone.layers) if hasattr(layer, "kernel_size")]
    assert len(kernels) > 30
    for layer in kernels:
        axis = (0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (0, 1, 2)
        assert on_levels(np.asarray(layer.kernel, np.float64), axis), layer.name
    assert set(net.output) == set(detector.output)


def test_rounded_layers_answer_nearer_than_rounded_weights_alone(net: keras.Model) -> None:
    """On pictures that the weights were not fitted on, either."""
    rng = np.random.default_rng(2)
    fitted = rounded(net, correlated(rng, 16, 32, 32, 3), activations=False)
    nearest = keras.models.clone_model(net)
    for source, target in zip(net.weights, nearest.weights, strict=True):
        kernel = np.asarray(source, np.float64)
        axis = (0, 1) if source.path.startswith("depthwise") else (0, 1, 2)
        step = np.abs(kernel).max(axis=axis, keepdims=True) / LEVELS
        target.assign(np.round(kernel / step) * step)
    unseen = correlated(rng, 8, 32, 32, 3).astype(np.float32)
    errors = [float(np.abs(other(unseen) - np.asarray(net(unseen))).mean()) for other in (fitted, nearest)]
    assert errors[0] < errors[1]


def test_the_detector_itself_stays_as_it_was(net: keras.Model) -> None:
    """The float formats are made of it afterwards."""
    before = [np.asarray(weight) for weight in net.weights]
    rounded(net, correlated(np.random.default_rng(3), 4, 32, 32, 3), activations=True)
    assert all(np.array_equal(old, new) for old, new in zip(before, net.weights, strict=True))
