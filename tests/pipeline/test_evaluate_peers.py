"""MesoNet's nets, rebuilt."""

from collections.abc import Callable
from pathlib import Path

import h5py  # type: ignore[import-untyped]  # has no stubs
import keras
import numpy as np
import pytest

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.errors import UnmaskError
from unmask_training.evaluation.mesonet import build_meso4, build_meso_inception4, load_net
from unmask_training.evaluation.peers import NETS, load_peer
from unmask_training.evaluation.scorers import load_scorer


@pytest.mark.parametrize(("build", "weights"), [(build_meso4, 27_977), (build_meso_inception4, 28_615)])
def test_the_nets_have_the_published_sizes(build: Callable[[], keras.Model], weights: int) -> None:
    """Trainable weights are as many as the paper states."""
    assert sum(int(np.prod(weight.shape)) for weight in build().trainable_weights) == weights


def test_missing_weights_are_named(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(UnmaskError, match=r"Meso4_DF\.h5"):
        load_peer("mesonet-df", tmp_path, load_scorer(DEFAULT_BUNDLE_DIR, "float16").rules)


@pytest.mark.shared
@pytest.mark.parametrize("forgery", ["DF", "F2F"])
def test_each_branch_gets_its_own_weights(shared: Path, forgery: str) -> None:
    """Layers of equal shape are not mixed up: branches were made in the order of their dilations."""
    folder = shared / "peers" / "mesonet"
    net = load_net(folder, f"MesoInception_{forgery}")
    dilated = [
        next(
            layer.kernel.numpy()
            for layer in net.layers
            if isinstance(layer, keras.layers.Conv2D)
            and (layer.kernel_size, layer.dilation_rate) == ((3, 3), (dilation, dilation))
        )
        for dilation in (1, 2, 3)
    ]
    with h5py.File(folder / f"MesoInception_{forgery}.h5") as file:
        published = [file[f"conv2d_{number}/conv2d_{number}/kernel:0"][()] for number in (3, 5, 7)]
    for kernel, expected in zip(dilated, published, strict=True):
        np.testing.assert_array_equal(kernel, expected)


@pytest.mark.shared
def test_peers_look_at_the_same_faces(shared: Path) -> None:
    """They share the first model's rules but for its temperature and bands, and score in [0, 1]."""
    reference = load_scorer(DEFAULT_BUNDLE_DIR, "float16")
    peers = [load_peer(name, shared / "peers" / "mesonet", reference.rules) for name in NETS]
    crops = np.random.default_rng(1).integers(0, 256, (2, 256, 256, 3)).astype(np.uint8)
    assert len(peers) == 4
    for peer in peers:
        scores = peer.raw_scores(crops)
        assert scores.shape == (2,)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert peer.rules.looking == reference.rules.looking
        assert peer.rules.quality == reference.rules.quality
        assert peer.rules.temperature == 1
