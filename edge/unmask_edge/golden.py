"""Golden vectors: pictures made by a formula, no face in them, and what each format of a bundle makes of them.

Mirrored by `extension/lib/golden.ts`.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from unmask_edge.manifest import ModelFormat


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formula(_Strict):
    """Coefficients of one picture: `fold(a x + b y + c channel + x y // d)`, see `formula_image`."""

    a: int
    b: int
    c: int
    d: int


class GoldenCrop(_Strict):
    """One crop and the raw score, before temperature, that each format gave it at export."""

    formula: Formula
    scores: dict[ModelFormat, float]


class Golden(_Strict):
    """`golden.json` of a bundle."""

    crops: list[GoldenCrop]


def formula_image(width_px: int, height_px: int, formula: Formula) -> NDArray[np.uint8]:
    """An `(H, W, 3)` uint8 RGB picture that every language computes alike: integers, folded into [0, 255]."""
    y, x, channel = np.mgrid[0:height_px, 0:width_px, 0:3]
    ramp = (formula.a * x + formula.b * y + formula.c * channel + x * y // formula.d) % 512
    return np.where(ramp < 256, ramp, 511 - ramp).astype(np.uint8)
