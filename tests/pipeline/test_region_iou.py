"""How region maps are measured."""

import numpy as np
import pytest

from unmask_training.region_iou import intersection_over_union


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 1, 0, 0], [1, 1, 0, 0], 1.0),
        ([1, 1, 0, 0], [0, 0, 1, 1], 0.0),
        ([1, 1, 0, 0], [0, 1, 1, 0], 1 / 3),
        ([0, 0, 0, 0], [0, 0, 0, 0], 1.0),
        ([0, 0, 0, 0], [1, 0, 0, 0], 0.0),
    ],
)
def test_intersection_over_union(first: list[int], second: list[int], expected: float) -> None:
    """Shared over joint cells; two empty masks agree wholly."""
    masks = (np.array(mask, bool).reshape(2, 2) for mask in (first, second))
    assert intersection_over_union(*masks) == pytest.approx(expected)
