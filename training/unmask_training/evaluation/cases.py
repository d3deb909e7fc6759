"""What is measured: the files of a data set's copy that are to be scored, as they are or distorted."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_training.data.catalogue import DATA_SETS, data_set
from unmask_training.data.folder import FOLDER
from unmask_training.data.record import Record, Split
from unmask_training.evaluation.distortions import Distortion

# Where nothing else is asked for, the first of these that a set has files of is measured.
PREFERRED_SPLITS: tuple[Split, ...] = ("test", "val")


@dataclass(frozen=True)
class Case:
    """Files that are measured together.

    Attributes:
        data: the set and the folder, as they were named.
        folder: the copy.
        records: its files.
        split: the one that they are of; None where all are measured.
    """

    data: str
    folder: Path
    records: list[Record]
    split: Split | None
    distortion: Distortion | None = None

    @property
    def paths(self) -> list[Path]:
        """Where the files lie."""
        return [self.folder / record.path for record in self.records]

    @cached_property
    def fake(self) -> NDArray[np.bool_]:
        """Labels, `(n,)`."""
        return np.array([record.label == "fake" for record in self.records], bool)

    @cached_property
    def clusters(self) -> list[str]:
        """What each file is no independent evidence beside: its person, else its source video, else itself alone."""
        return [record.identity or record.origin for record in self.records]


def open_case(text: str, split: Split | None) -> Case:
    """Read a set's copy, named by `SET:FOLDER`, or by its folder alone where that is a plain one.

    Args:
        text: as a user names it.
        split: which files; None for those of `test`, or of `val` where there are none, or all of a set without splits.

    Raises:
        UnmaskError: if there is no such set, its lists cannot be read, or there are no reals or no fakes.
    """
    key, colon, folder = text.partition(":")
    known = bool(colon) and (key in DATA_SETS or not Path(text).exists())
    source, place = (data_set(key), Path(folder)) if known else (FOLDER, Path(text))
    records = source.read(place)
    there = {record.split for record in records}
    chosen = split or next((preferred for preferred in PREFERRED_SPLITS if preferred in there), None)
    records = [record for record in records if chosen is None or record.split == chosen]
    if {record.label for record in records} != {"real", "fake"}:
        raise UnmaskError(
            f"Expected real and fake files in {text}, by folders of that name or a manifest.csv with the columns file "
            f"and label. Received: {len(records)} labelled files{f' of the split {chosen}' if chosen else ''}."
        )
    return Case(text, place, records, chosen)
