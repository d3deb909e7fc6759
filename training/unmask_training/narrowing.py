"""Narrows a trained detector: gives a net of fewer channels those weights of it that matter most.

A channel matters as much as it moves the layers that read it: its mean square on faces times the squared weights that
read it, after Sun et al. ("A simple and effective pruning approach for large language models", ICLR 2024), summed over
those weights. Whole channels go, so that what is left is a plain smaller net (Li et al., "Pruning filters for efficient
ConvNets", ICLR 2017). Channels that a residual connection adds up are kept or left together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

CROPS_AT_ONCE = 16
IMAGE = "image"

Channels = NDArray[np.int64]
Statistics = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Wired:
    """A layer with weights, and whose channels it reads and gives: each by the layer that first made them."""

    layer: keras.Layer
    read: str
    given: str


def narrow(detector: keras.Model, narrower: keras.Model, crops: NDArray[np.uint8]) -> None:
    """Give a narrower detector the most important channels of a trained one.

    Args:
        detector: the trained one, of input size S.
        narrower: of the same layers with as many or fewer channels, of any input size; its weights are replaced.
        crops: `(n, S, S, 3)` RGB, on which channels are measured.
    """
    wired = _wired(detector)
    kept = _kept(_importance(detector, wired, crops), narrower)
    twins = {layer.name: layer for layer in _all_layers(narrower)}
    for wire in wired:
        twins[wire.layer.name].set_weights([_chosen(weight, wire, kept) for weight in wire.layer.get_weights()])


def renew_statistics(detector: keras.Model, batches: Iterable[NDArray[np.float32]]) -> None:
    """Set the batch norms' statistics to the plain mean over batches, since fewer channels add up to less.

    Args:
        detector: whose batch norms are renewed.
        batches: each `(n, S, S, 3)` RGB in [0, 255]; some thirty suffice.
    """
    norms = [layer for layer in _all_layers(detector) if isinstance(layer, layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for seen, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = seen / (seen + 1)
        detector(batch, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _all_layers(detector: keras.Model) -> list[keras.Layer]:
    """All layers in the order in which they are computed; those of the backbone come before what reads it."""
    backbone = detector.get_layer("backbone")
    return [*backbone.layers, *(layer for layer in detector.layers if layer is not backbone)]


def _makes_channels(layer: keras.Layer) -> bool:
    return isinstance(layer, layers.Conv2D | layers.Dense)


def _wired(detector: keras.Model) -> list[_Wired]:
    """The layers with weights.

    A convolution makes new channels, an addition joins those of its inputs, all other layers pass on what they read.
    """
    backbone = detector.get_layer("backbone")
    makers: dict[int, str] = {}
    joined: dict[str, str] = {}
    wired = []
    for layer in _all_layers(detector):
        # Outside the backbone, what it gives is a tensor that no layer there has made.
        unknown = makers.get(id(backbone.output), IMAGE)
        first, *others = [makers.get(id(tensor), unknown) for tensor in keras.tree.flatten(layer.input)] or [IMAGE]
        if isinstance(layer, layers.Add):
            joined |= dict.fromkeys(others, first)
        makers[id(layer.output)] = layer.name if _makes_channels(layer) else first
        if layer.weights:
            wired.append(_Wired(layer, first, makers[id(layer.output)]))
    return [_Wired(wire.layer, joined.get(wire.read, wire.read), joined.get(wire.given, wire.given)) for wire in wired]


def _importance(detector: keras.Model, wired: list[_Wired], crops: NDArray[np.uint8]) -> dict[str, Statistics]:
    """How much each channel moves the layers that read it, by its maker."""
    readers = [wire for wire in wired if _makes_channels(wire.layer)]
    importance: dict[str, Statistics] = {}
    for wire, squares in zip(readers, _mean_squares(detector, readers, crops), strict=True):
        # Kernels end in channels read, channels made.
        kernel = wire.layer.get_weights()[0].astype(np.float64)
        moved = squares * np.square(kernel).reshape(-1, *kernel.shape[-2:]).sum(axis=(0, 2))
        importance[wire.read] = importance.get(wire.read, 0) + moved
    return importance


def _mean_squares(detector: keras.Model, readers: list[_Wired], crops: NDArray[np.uint8]) -> list[Statistics]:
    """Mean square of each channel that each reader reads, `(channels,)`."""
    rescale, backbone = detector.get_layer("rescale"), detector.get_layer("backbone")
    inside, outside = (
        [wire.layer.input for wire in readers if (wire.layer in backbone.layers) == within] for within in (True, False)
    )
    probes = keras.Model(backbone.input, inside), keras.Model(detector.input, outside)
    batches = [crops[at : at + CROPS_AT_ONCE].astype(np.float32) for at in range(0, len(crops), CROPS_AT_ONCE)]
    sums = [[_square_sum(read) for read in [*probes[0](rescale(batch)), *probes[1](batch)]] for batch in batches]
    return [np.sum(of_one, axis=0) / len(crops) for of_one in zip(*sums, strict=True)]


def _square_sum(read: keras.KerasTensor) -> Statistics:
    """Sum over crops of the mean square of each channel."""
    squares = ops.mean(ops.square(read), axis=tuple(range(1, len(read.shape) - 1)))
    summed: Statistics = ops.convert_to_numpy(squares).sum(axis=0, dtype=np.float64)
    return summed


def _kept(importance: dict[str, Statistics], narrower: keras.Model) -> dict[str, Channels]:
    """The channels that a narrower net keeps, in their old order, by their maker; what nothing reads is kept whole."""
    made = {layer.name: layer.output.shape[-1] for layer in _all_layers(narrower)} | {IMAGE: 3}
    return {maker: np.sort(np.argsort(-moved)[: made[maker]]) for maker, moved in importance.items()}


def _chosen(weight: NDArray[np.float32], wire: _Wired, kept: dict[str, Channels]) -> NDArray[np.float32]:
    """The part of a weight that belongs to kept channels."""
    if _makes_channels(wire.layer):
        given = weight if wire.given not in kept else weight[..., kept[wire.given]]
        return given if weight.ndim == 1 else np.take(given, kept[wire.read], axis=-2)
    # Batch norms, and depthwise kernels, whose last axis counts the filters of each channel.
    return np.take(weight, kept[wire.given], axis=0 if weight.ndim == 1 else -2)
