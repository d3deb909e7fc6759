"""Looks for what makes a result on a data set worth less than it seems: leaks between splits, and shortcuts.

A detector that has seen a person, a video or nearly a picture in training knows it again. One that tells real from fake
by file size or picture format has learned nothing about forgery.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, NamedTuple

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from unmask_edge.errors import MediaError
from unmask_training.data.looking import each_file, one_picture
from unmask_training.data.record import SPLITS, DataSet, Record, Split
from unmask_training.evaluation.metadata import metadata
from unmask_training.evaluation.metadata_baseline import fitted_scores
from unmask_training.evaluation.metrics import Outcomes
from unmask_training.evaluation.resampling import auc_figure, draws

# Bits of a perceptual hash, as a side, and how many of its 256 may differ between near-duplicates.
HASH_SIDE = 16
NEAR_BITS = 24


class Leak(NamedTuple):
    """The same on both sides of a split.

    Attributes:
        kind: how it is known.
        first, second: the two source videos, the two files, or twice the person or source video.
        splits: on which sides.
    """

    kind: Literal["known leak", "source video", "identity", "near-duplicate"]
    first: str
    second: str
    splits: tuple[Split, Split]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        unreadable: files that could not be looked at.
        shortcut_auc: of a classifier that sees no pixel; None where the files are too few to fit one.
        shortcut_interval: its 95 % bootstrap interval.
    """

    files: int
    unreadable: int
    leaks: list[Leak]
    shortcut_auc: float | None
    shortcut_interval: tuple[float, float] | None


class _Look(NamedTuple):
    """What is kept of a file.

    Attributes:
        bits: `(256,)` float32, its perceptual hash in -1 and 1; None if it cannot be read.
        facts: as `metadata` returns them.
    """

    bits: NDArray[np.float32] | None
    facts: NDArray[np.float64]


def audit(data_set: DataSet, folder: Path, workers: int) -> Audit:
    """Look at every file of a copy that is there.

    Args:
        data_set: which.
        folder: the copy.
        workers: processes that decode.

    Raises:
        UnmaskError: if the copy's lists cannot be read.
    """
    records = [record for record in data_set.read(folder) if (folder / record.path).exists()]
    looks = list(each_file(_look, [folder / record.path for record in records], workers, "Looking"))
    leaks = [
        *_known_leaks(records, data_set.leaks),
        *_on_both_sides(records, "source_video"),
        *_on_both_sides(records, "identity"),
        *_near_duplicates(records, looks),
    ]
    return Audit(len(records), sum(look.bits is None for look in looks), leaks, *_shortcut(records, looks))


def _look(path: Path) -> _Look:
    facts = metadata(path)
    try:
        image = one_picture(path)
    except MediaError:
        return _Look(None, facts)
    bits = imagehash.phash(Image.fromarray(image), HASH_SIDE).hash.ravel()
    return _Look(np.where(bits, 1, -1).astype(np.float32), facts)


def _known_leaks(records: Sequence[Record], leaks: Sequence[tuple[str, str]]) -> Iterator[Leak]:
    splits = {record.source_video: record.split for record in records}
    for first, second in leaks:
        sides = splits.get(first), splits.get(second)
        if sides[0] and sides[1] and sides[0] != sides[1]:
            yield Leak("known leak", first, second, (sides[0], sides[1]))


def _on_both_sides(records: Sequence[Record], field: Literal["source_video", "identity"]) -> Iterator[Leak]:
    """People or source videos that occur in several splits."""
    sides: dict[str, set[Split]] = defaultdict(set)
    for record in records:
        name = getattr(record, field)
        if name is not None and record.split is not None:
            sides[name].add(record.split)
    kind: Literal["source video", "identity"] = "source video" if field == "source_video" else "identity"
    for name, splits in sides.items():
        for pair in combinations([split for split in SPLITS if split in splits], 2):
            yield Leak(kind, name, name, pair)


def _near_duplicates(records: Sequence[Record], looks: Sequence[_Look]) -> Iterator[Leak]:
    """Files that look nearly alike, on different sides of a split.

    On vectors of -1 and 1 the squared Euclidean distance is four times the number of bits that differ.
    """
    hashed = [(record, look.bits) for record, look in zip(records, looks, strict=True) if look.bits is not None]
    for first, second in combinations(SPLITS, 2):
        side, others = (
            [(record, bits) for record, bits in hashed if record.split == split] for split in (first, second)
        )
        if not side or not others:
            continue
        index = NearestNeighbors(radius=2 * NEAR_BITS**0.5, algorithm="brute").fit(np.stack([bits for _, bits in side]))
        found = index.radius_neighbors(np.stack([bits for _, bits in others]), return_distance=False)
        for (record, _), near in zip(others, found, strict=True):
            yield from (Leak("near-duplicate", side[n][0].path, record.path, (first, second)) for n in near)


def _shortcut(records: Sequence[Record], looks: Sequence[_Look]) -> tuple[float | None, tuple[float, float] | None]:
    """AUC, with its interval, of what sees sizes and coder settings alone."""
    fake = np.array([record.label == "fake" for record in records], bool)
    facts = np.stack([look.facts for look in looks]) if looks else np.empty((0, 0))
    origins = [record.origin for record in records]
    scores = fitted_scores(facts, fake, origins)
    if scores is None:
        return None, None
    told = auc_figure(Outcomes.uncalled(fake, scores), draws(origins, fake))
    return told.value, told.interval
