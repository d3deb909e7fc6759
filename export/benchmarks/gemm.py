"""The machine's own limit: how long one large matrix product of as many multiply-adds as a net takes on one thread."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unmask_edge.runtime import Model

Run = Callable[[], object]


def multiply_adds(net: keras.Model) -> dict[str, int]:
    """Multiply-adds that one picture takes, by layer: convolutions, depthwise convolutions and dense layers.

    What the rest takes (rescaling, activations, sums, pooling) is left out, as is usual; batch norms are folded.
    """
    return {layer.name: _of_layer(layer) for layer in _leaves(net) if _of_layer(layer)}


def square_size(count: int) -> int:
    """Rows and columns of the two square matrices whose product takes closest to so many multiply-adds."""
    size: int = round(count ** (1 / 3))
    return size


def blas_product(size: int) -> Run:
    """The float32 product in NumPy's BLAS."""
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((size, size), np.float32) for _ in range(2))
    product = np.empty_like(left)
    return lambda: np.matmul(left, right, out=product)


def litert_int8_product(size: int, folder: Path) -> Run:
    """The product of int8 matrices into int8 as LiteRT's FULLY_CONNECTED (XNNPACK), which runs the int8 net too.

    Args:
        size: rows and columns of both.
        folder: where the model is written.
    """
    rng = np.random.default_rng(0)
    weights = tf.constant(rng.standard_normal((size, size), np.float32))

    @tf.function(input_signature=[tf.TensorSpec((size, size), tf.float32)])  # type: ignore[untyped-decorator]
    def product(left: tf.Tensor) -> tf.Tensor:
        return tf.matmul(left, weights)

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for _ in range(4):
            yield [rng.standard_normal((size, size), np.float32)]

    converter = tf.lite.TFLiteConverter.from_concrete_functions([product.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    path = folder / "product.tflite"
    path.write_bytes(converter.convert())
    model = Model(path)
    left = rng.integers(-128, 128, (size, size), np.int8)
    return lambda: model(left)


def _leaves(net: keras.Model) -> Iterator[keras.Layer]:
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


def _of_layer(layer: keras.Layer) -> int:
    # A kernel of (rows, columns, channels, filters), or filters a channel where it is depthwise, is used at each place.
    if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        places = math.prod(layer.output.shape[1:3])
    elif isinstance(layer, keras.layers.Dense):
        places = 1
    else:
        return 0
    count: int = places * math.prod(layer.kernel.shape)
    return count
