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
    # ITU-R BT.601, summed channel by channel: a matrix product rounds as the processor's library likes.
    red, green, blue = np.moveaxis(crop.astype(np.float64), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    neighbours = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.var(neighbours - 4 * luma[1:-1, 1:-1]))
