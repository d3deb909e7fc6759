"""The trained autoencoders (`unmask_training/autoencoder.py` builds and trains them), run without Keras."""

import threading
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unmask_edge.runtime import Model

SWAP_PX = 128
CODE_SHAPE = (8, 8, 12)
PICTURE_PX = 256
# Channels of the latent by stride: a half and a quarter of the picture's own numbers.
LATENT_CHANNELS = {4: 24, 8: 48}
UpSampling = Literal["transposed", "nearest", "bilinear", "shuffle"]
UP_SAMPLINGS: dict[int, tuple[UpSampling, ...]] = {
    4: ("transposed", "nearest", "bilinear", "shuffle"),
    8: ("transposed", "nearest"),
}

_FOLDER = Path(__file__).parent / "autoencoders"
# An interpreter serves one thread at a time.
_loaded = threading.local()


def run_net(name: str, sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run a half of an autoencoder on one sample without batch axis, loading its file on the thread's first call."""
    nets: dict[str, Model] = _loaded.__dict__.setdefault("nets", {})
    if name not in nets:
        nets[name] = Model(_FOLDER / f"{name}.tflite")
    (output,) = nets[name](sample[None])
    result: NDArray[np.float32] = output[0]
    return result
