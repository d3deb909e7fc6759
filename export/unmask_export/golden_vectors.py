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

# Float32 reorders sums; float16 rounds weights to 11 bits; full int8 rounds every activation to 8 bits.
TOLERANCES: dict[ModelFormat, float] = {"float32": 0.001, "float16": 0.02, "tfjs": 0.02, "int8": 0.2}


def golden_crops(input_px: int) -> NDArray[np.uint8]:
    """The crops `(n, input_px, input_px, 3)` uint8 RGB."""
    return np.stack([formula_image(input_px, input_px, formula) for formula in FORMULAS])
