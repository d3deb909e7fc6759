"""Peers in the table: a constant, and MesoNet, whose two nets have weights for Deepfakes (DF) and Face2Face (F2F)."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import Bands
from unmask_training.evaluation.crops import View
from unmask_training.evaluation.scorers import RawScores, Rules, Scorer, fingerprint, in_batches, when_needed

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
        UnmaskError: if there is no such peer, or its file is missing; if that does not fit its net, when it is loaded.
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


def _mesonet(name: str, folder: Path, rules: Rules) -> Scorer:
    path = folder / f"{name}.h5"
    if not path.is_file():
        raise UnmaskError(f"Expected MesoNet's weights in {path}. Received: no such file.")
    view = View(CROP_SCALE, INPUT_PX)
    return Scorer(name, fingerprint([path], view, rules), view, rules, when_needed(lambda: _scores(folder, name)))


def _scores(folder: Path, name: str) -> RawScores:
    from unmask_training.evaluation.mesonet import load_net, p_real

    net = load_net(folder, name)
    real = in_batches(lambda crops: p_real(net, crops))
    return lambda crops: 1 - real(crops)
