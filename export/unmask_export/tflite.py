"""TFLite: float32, float16 weights, 8-bit weights alone, 8-bit integers throughout, and 16-bit activations."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unmask_edge.detector import TFLiteFormat


def convert(saved_model: Path, format: TFLiteFormat, calibration: NDArray[np.uint8]) -> bytes:
    """Convert a SavedModel.

    Args:
        saved_model: the frozen detector.
        format: what to make of it.
        calibration: `(n, H, W, 3)` uint8 RGB crops that show int8 and int16 the ranges of their activations.

    Returns:
        The content of a `.tflite` file.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    _SETTINGS[format](converter, calibration)
    content: bytes = converter.convert()
    return content


def _float32(converter: Any, calibration: NDArray[np.uint8]) -> None:
    del converter, calibration


def _float16(converter: Any, calibration: NDArray[np.uint8]) -> None:
    del calibration
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _dynamic(converter: Any, calibration: NDArray[np.uint8]) -> None:
    """Weights in 8 bits; activations are quantized when the model runs, by the range that they then have."""
    del calibration
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _int8(converter: Any, calibration: NDArray[np.uint8]) -> None:
    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for crop in calibration:
            yield [crop[None].astype(np.float32)]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.float32


def _int16(converter: Any, calibration: NDArray[np.uint8]) -> None:
    """Activations in 16 bits, weights in 8; input and outputs stay float32."""
    _int8(converter, calibration)
    integers = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.target_spec.supported_ops = [integers]
    converter.inference_input_type = tf.float32


_SETTINGS: dict[TFLiteFormat, Callable[[Any, NDArray[np.uint8]], None]] = {
    "float32": _float32,
    "float16": _float16,
    "dynamic": _dynamic,
    "int8": _int8,
    "int16": _int16,
}
