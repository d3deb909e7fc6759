"""MesoNet (Afchar et al., "MesoNet: a Compact Facial Video Forgery Detection Network", WIFS 2018) in Keras.

Two small nets on 256x256 faces.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_training.evaluation.peers import INPUT_PX


def load_net(folder: Path, name: str) -> keras.Model:
    """Build one of the nets of `peers.NETS` and load its published weights.

    Raises:
        UnmaskError: if they are missing or do not fit.
    """
    net = build_meso_inception4() if name.startswith("MesoInception") else build_meso4()
    path = folder / f"{name}.h5"
    try:
        # The files name their layers otherwise; Keras assigns such weights in the order of the graph.
        net.load_weights(path)
    except (OSError, ValueError) as error:
        raise UnmaskError(f"Expected MesoNet's weights for {net.name} in {path}. Received: {error}") from error
    return net


def build_meso4() -> keras.Model:
    """Meso-4: `(batch, 256, 256, 3)` float32 RGB in [0, 1] to `(batch, 1)` P(real)."""
    image = keras.Input((INPUT_PX, INPUT_PX, 3))
    features = _pooled(_conv(image, 8, 3), 2)
    features = _pooled(_conv(features, 8, 5), 2)
    return keras.Model(image, _tail(features), name="meso4")


def build_meso_inception4() -> keras.Model:
    """MesoInception-4: Meso-4 with inception modules of dilated convolutions in place of its first two layers."""
    image = keras.Input((INPUT_PX, INPUT_PX, 3))
    features = _pooled(_inception(image, (1, 4, 4, 2)), 2)
    features = _pooled(_inception(features, (2, 4, 4, 2)), 2)
    return keras.Model(image, _tail(features), name="meso_inception4")


def p_real(net: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a net says of `(n, 256, 256, 3)` uint8 RGB crops, `(n,)`."""
    told: NDArray[np.float32] = keras.ops.convert_to_numpy(net(crops / np.float32(255), training=False))[:, 0]
    return told


def _inception(features: keras.KerasTensor, channels: tuple[int, int, int, int]) -> keras.KerasTensor:
    point, *dilated = channels
    branches = [_conv(features, point, 1)]
    for dilation, count in enumerate(dilated, 1):
        branches.append(_conv(_conv(features, count, 1), count, 3, dilation))
    return layers.Concatenate()(branches)


def _tail(features: keras.KerasTensor) -> keras.KerasTensor:
    features = _pooled(_conv(features, 16, 5), 2)
    features = _pooled(_conv(features, 16, 5), 4)
    hidden = layers.Dense(16)(layers.Flatten()(features))
    return layers.Dense(1, activation="sigmoid")(layers.LeakyReLU(negative_slope=0.1)(hidden))


def _conv(features: keras.KerasTensor, channels: int, size: int, dilation: int = 1) -> keras.KerasTensor:
    return layers.Conv2D(channels, size, padding="same", dilation_rate=dilation, activation="relu")(features)


def _pooled(features: keras.KerasTensor, size: int) -> keras.KerasTensor:
    return layers.MaxPooling2D(size, padding="same")(layers.BatchNormalization()(features))
