"""TFLite: float32, float16 weights, and full 8-bit integers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unmask_edge.detector import TFLiteFormat
from unmask_edge.manifest import OutputSpec
from unmask_edge.runtime import Model, with_shape


def convert(saved_model: Path, format: TFLiteFormat, calibration: NDArray[np.uint8]) -> bytes:
    """Convert a SavedModel.

    Args:
        saved_model: the frozen detector.
        format: what to make of it.
        calibration: `(n, H, W, 3)` uint8 RGB crops that show int8 the ranges of its activations.

    Returns:
        The content of a `.tflite` file.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    _SETTINGS[format](converter, calibration)
    content: bytes = converter.convert()
    return content


def run(path: Path, crops: NDArray[np.uint8], outputs: OutputSpec) -> NDArray[np.float32]:
    """Raw scores `(n,)` that the edge runtime gets from a file for `(n, H, W, 3)` uint8 RGB crops."""
    model = Model(path)
    samples = (crop[None].astype(model.input_dtype) for crop in crops)
    return np.array([with_shape(model(sample), outputs.score_shape)[0, 0] for sample in samples], np.float32)


def _float32(converter: Any, calibration: NDArray[np.uint8]) -> None:
    del converter, calibration


def _float16(converter: Any, calibration: NDArray[np.uint8]) -> None:
    del calibration
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _int8(converter: Any, calibration: NDArray[np.uint8]) -> None:
    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for crop in calibration:
            yield [crop[None].astype(np.float32)]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.float32


_SETTINGS: dict[TFLiteFormat, Callable[[Any, NDArray[np.uint8]], None]] = {
    "float32": _float32,
    "float16": _float16,
    "int8": _int8,
}
