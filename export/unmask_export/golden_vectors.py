"""The golden vectors of a bundle, and how far each format may stray from Keras on them."""

import numpy as np
from numpy.typing import NDArray

from unmask_edge.golden import Formula, formula_image
from unmask_edge.manifest import ModelFormat

# Smooth ramps, stripes and fine texture: they reach the net's ranges differently.
FORMULAS = [
    Formula(a=1, b=1, c=20, d=64),
    Formula(a=2, b=0, c=60, d=16),
    Formula(a=0, b=3, c=10, d=32),
    Formula(a=7, b=5, c=90, d=5),
    Formula(a=1, b=2, c=0, d=9),
    Formula(a=0, b=0, c=40, d=24),
]

# Each is told in export's README with what was measured.
TOLERANCES: dict[ModelFormat, float] = {
    # Sums in another order.
    "float32": 0.001,
    "tfjs_float32": 0.001,
    "onnx_float32": 0.001,
    "onnx_batched": 0.001,
    # Weights, and in onnx_float16 activations too, rounded to 11 bits.
    "float16": 0.02,
    "tfjs": 0.02,
    "onnx_float16": 0.02,
    # Weights rounded to 8 bits; activations to 8 bits by their own range when the model runs, or to 16.
    "dynamic": 0.1,
    "int16": 0.1,
    # Weights, but those of depthwise convolutions, rounded to 8 bits by one range for a whole tensor.
    "tfjs_uint8": 0.1,
    # Every activation rounded to 8 bits by ranges of calibration faces, which golden crops exceed.
    "int8": 0.2,
    "onnx_int8": 0.2,
}


def golden_crops(input_px: int) -> NDArray[np.uint8]:
    """The crops `(n, input_px, input_px, 3)` uint8 RGB."""
    return np.stack([formula_image(input_px, input_px, formula) for formula in FORMULAS])
