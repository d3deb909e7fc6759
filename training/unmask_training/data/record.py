"""What every data set is read into, and what is told of it.

A set's own file, such as `celeb_df.py`, reads the official layout and the official lists. Where a list names a file,
there is a record of it whether or not the file is there, so that a check finds what a copy lacks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

Label = Literal["real", "fake"]
Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class Record(NamedTuple):
    """One image or clip of a data set.

    Attributes:
        path: relative to the folder of the set, with forward slashes.
        label: of what is seen, whatever is heard and whatever number the set's own lists give it.
        split: by the official lists; None where a set has none.
        method: how the fake was made, in the set's own words; None for reals and where it is not told.
        compression: the version, in a set that comes in several, as `c23`.
        identity: the person who was filmed, before anything was forged; None where it is not told.
        source_video: what a real was filmed in or a fake was made from, so that both twins bear the same name; None
            where it is not told.
    """

    path: str
    label: Label
    split: Split | None = None
    method: str | None = None
    compression: str | None = None
    identity: str | None = None
    source_video: str | None = None

    @property
    def origin(self) -> str:
        """What a fake shares with the real it was made from: the source video, or the file alone where none is told."""
        return self.source_video or self.path


class Count(NamedTuple):
    """How many images or clips the publication states; None where it does not."""

    real: int | None
    fake: int | None


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        key: what commands call it.
        name: what its authors call it.
        year: of publication.
        methods: how its fakes were made.
        size: what there is of it and how much room it takes, as far as it is told.
        licence: terms of use.
        access: how a copy is asked for.
        paper: where it was published.
        official: counts of a whole copy by split, or under None where there is no split.
        trap: what readers of this set have got wrong, or would.
        read: reads a copy in a folder; raises UnmaskError where a list is missing or is not what it should be.
        leaks: pairs of source videos that are known to show the same, though the official split parts them.
    """

    key: str
    name: str
    year: int
    methods: tuple[str, ...]
    size: str
    licence: str
    access: str
    paper: str
    official: Mapping[Split | None, Count]
    trap: str
    read: Callable[[Path], list[Record]]
    leaks: tuple[tuple[str, str], ...] = ()
