"""Peers in the table: a constant, and MesoNet.

MesoNet (Afchar et al., "MesoNet: a Compact Facial Video Forgery Detection Network", WIFS 2018) has two small nets on
256x256 faces, each published with weights for Deepfakes (DF) and for Face2Face (F2F).
"""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands
from unmask_training.evaluation.crops import View
from unmask_training.evaluation.scorers import Rules, Scorer, fingerprint, in_batches

NETS = {
    "mesonet-df": "Meso4_DF",
    "mesonet-f2f": "Meso4_F2F",
    "mesonet-inception-df": "MesoInception_DF",
    "mesonet-inception-f2f": "MesoInception_F2F",
}
PEERS = (*NETS, "constant")
# What a constant says of every face; it ranks nothing and calls nothing.
CONSTANT = 0.5
INPUT_PX = 256
# The authors' face extraction takes 2.86 times the larger of the distances between the eyes and from eyes to mouth:
# 1.17 times the face finder's box in the median of 14,930 photographs.
CROP_SCALE = 1.2
# The authors call a face forged from .5 on and fit no temperature.
BANDS = Bands(likely_authentic_below=0.5, likely_manipulated_from=0.5)


def load_peer(name: str, folder: Path | None, rules: Rules) -> Scorer:
    """Load one of `PEERS`.

    Args:
        name: which.
        folder: where MesoNet's `Meso4_DF.h5` and the like lie.
        rules: whose sampling, tracks and aggregation it shares.

    Raises:
        UnmaskError: if there is no such peer, or its file is missing or does not fit its net.
    """
    if name not in PEERS:
        raise UnmaskError(f"Expected one of {', '.join(PEERS)} as a peer. Received: {name}.")
    shared = replace(rules, temperature=1.0, bands=BANDS)
    if name == "constant":
        unsure = replace(shared, bands=Bands(likely_authentic_below=0.0, likely_manipulated_from=1.0))
        return Scorer(name, name, rules.quality, unsure, lambda crops: np.full(len(crops), CONSTANT))
    if folder is None:
        raise UnmaskError(f"Expected --peers, the folder of MesoNet's .h5 files, for {name}. Received: none.")
    return _mesonet(NETS[name], folder, shared)


def load_net(folder: Path, name: str) -> keras.Model:
    """Build one of the nets of `NETS` and load its published weights.

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


def _mesonet(name: str, folder: Path, rules: Rules) -> Scorer:
    net = load_net(folder, name)
    view = View(CROP_SCALE, INPUT_PX)

    def real(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        told: NDArray[np.float32] = keras.ops.convert_to_numpy(net(crops / np.float32(255), training=False))[:, 0]
        return told

    p_real = in_batches(real)
    content = fingerprint([folder / f"{name}.h5"], view, rules)
    return Scorer(name, content, view, rules, lambda crops: 1 - p_real(crops))
