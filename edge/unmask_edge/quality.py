"""Whether a crop is sharp enough to judge. Mirrored by `extension/lib/quality.ts`."""

import numpy as np
from numpy.typing import NDArray


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Variance of the 4-neighbour Laplacian of a crop's luma, the usual measure of focus (Pech-Pacheco et al. 2000).

    Args:
        crop: `(N, N, 3)` uint8 RGB at the detector's input size, so that the figure does not depend on face size.

    Returns:
        0 for a flat picture, some hundreds or more for a sharp face.
    """
    luma = crop.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
    neighbours = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.var(neighbours - 4 * luma[1:-1, 1:-1], dtype=np.float64))
