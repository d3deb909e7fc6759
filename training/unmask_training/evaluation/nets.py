"""Opens the nets that are compared, by the names that a user gives them."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from unmask_edge.detector import TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_training.evaluation.onnx_net import ONNXFormat
from unmask_training.evaluation.scorers import Rules, Scorer, ScorerFormat, load_scorer

PEER, TOML = "peer:", ".toml"
FORMATS: dict[str, ScorerFormat] = {
    **{name: name for name in get_args(TFLiteFormat)},
    **{name: name for name in get_args(ONNXFormat)},
    "keras": "keras",
}


def open_nets(names: Sequence[str], peers: Path | None) -> list[Scorer]:
    """Open nets in the order in which they are named; those of others share the rules of the first of ours.

    Args:
        names: a bundle's folder, which `:int8` and the like may follow, a run's folder, `peer:` and a peer's name, or a
            TOML file that tells of any other net.
        peers: where the weights of MesoNet lie.

    Raises:
        UnmaskError: if none is ours, one cannot be opened, or two are called the same.
    """
    own = {name: _open(name) for name in names if not _of_others(name)}
    if not own:
        raise UnmaskError(f"Expected a bundle or a run, whose rules peers share. Received: {', '.join(names)}.")
    rules = next(iter(own.values())).rules
    scorers = [own.get(name) or _open_of_others(name, peers, rules) for name in names]
    called = [scorer.name for scorer in scorers]
    if len(set(called)) < len(called):
        raise UnmaskError(f"Expected nets of different names. Received: {', '.join(called)}.")
    return scorers


def whole_names(names: Sequence[str]) -> list[str]:
    """The same names with the paths in them made absolute, so that they mean the same in another folder."""
    return [name if name.startswith(PEER) else str(Path(name).absolute()) for name in names]


def _of_others(name: str) -> bool:
    return name.startswith(PEER) or name.endswith(TOML)


def _open(name: str) -> Scorer:
    folder, colon, suffix = name.rpartition(":")
    if colon and suffix in FORMATS:
        return load_scorer(Path(folder), FORMATS[suffix])
    return load_scorer(Path(name), "float16")


def _open_of_others(name: str, peers: Path | None, rules: Rules) -> Scorer:
    if name.endswith(TOML):
        from unmask_training.evaluation.foreign_net import load_foreign

        return load_foreign(Path(name), rules)
    from unmask_training.evaluation.peers import load_peer

    return load_peer(name.removeprefix(PEER), peers, rules)
