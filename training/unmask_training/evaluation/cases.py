"""What is measured: the files of a data set's copy that are to be scored, as they are or distorted.

A set of a face store stands for a copy where its windows hold what nets look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_training.data.catalogue import DATA_SETS, data_set
from unmask_training.data.copies import Location, opened
from unmask_training.data.face_store import is_face_store
from unmask_training.data.folder import FOLDER
from unmask_training.data.record import Record, Split
from unmask_training.evaluation.crops import Looking, Source
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.scorers import Scorer
from unmask_training.evaluation.stored import StoredCopy, stored_copy

# Where nothing else is asked for, the first of these that a set has files of is measured.
PREFERRED_SPLITS: tuple[Split, ...] = ("test", "val")


@dataclass(frozen=True)
class Case:
    """Files that are measured together.

    Attributes:
        data: the set and the copy, as they were named.
        root: of the copy, a folder, the URI of one in an object store, or a face store.
        records: its files.
        split: the one that they are of; None where all are measured.
        stored: the set of a face store that holds their faces; None where the files themselves are read.
    """

    data: str
    root: str
    records: list[Record]
    split: Split | None
    distortion: Distortion | None = None
    stored: StoredCopy | None = None

    @property
    def locations(self) -> list[Location]:
        """Where the files lie."""
        return [Location(self.root, record.path) for record in self.records]

    @property
    def files(self) -> Sequence[Source]:
        """What their faces are read from."""
        return [self.stored.files[record] for record in self.records] if self.stored else self.locations

    @cached_property
    def fake(self) -> NDArray[np.bool_]:
        """Labels, `(n,)`."""
        return np.array([record.label == "fake" for record in self.records], bool)

    @cached_property
    def clusters(self) -> list[str]:
        """What each file is no independent evidence beside: its person, else its source video, else itself alone."""
        return [record.identity or record.origin for record in self.records]


def open_case(text: str, split: Split | None) -> Case:
    """Read a set's copy, named by `SET:COPY`, as `copies.py` tells, or by the copy alone where that is a plain one.

    A face store stands for the copy that it was made from, named likewise, by itself alone where it holds one set.

    Args:
        text: as a user names it.
        split: which files; None for those of `test`, or of `val` where there are none, or all of a set without splits.

    Raises:
        UnmaskError: if there is no such set, its lists cannot be read, or there are no reals or no fakes.
    """
    key, colon, rest = text.partition(":")
    known = bool(colon) and not rest.startswith("//") and (key in DATA_SETS or not Path(text).exists())
    name, place = (key, rest) if known else (None, text)
    stored = stored_copy(Path(place).resolve(), name) if is_face_store(Path(place)) else None
    if stored:
        root, records = place, list(stored.files)
    else:
        source = data_set(name) if name else FOLDER
        with opened(place) as copy:
            root, records = copy.root, copy.records(source)
    there = {record.split for record in records}
    chosen = split or next((preferred for preferred in PREFERRED_SPLITS if preferred in there), None)
    records = [record for record in records if chosen is None or record.split == chosen]
    if {record.label for record in records} != {"real", "fake"}:
        raise UnmaskError(
            f"Expected real and fake files in {text}, by folders of that name or a manifest.csv with the columns file "
            f"and label. Received: {len(records)} labelled files{f' of the split {chosen}' if chosen else ''}."
        )
    return Case(text, root, records, chosen, stored=stored)


def require_windows(case: Case, scorers: Sequence[Scorer], distortions: Sequence[Distortion]) -> None:
    """Make sure that, where a store stands for the files, its windows show what the files would.

    Raises:
        UnmaskError: if faces were looked for otherwise than a net does, a net looks at more than a window holds, or a
            frame is to be distorted, of which the faces are found only then.
    """
    if case.stored is None:
        return
    settings = case.stored.settings
    stored = Looking(settings.face_finder, settings.frames)
    for scorer in scorers:
        if scorer.rules.looking != stored:
            raise UnmaskError(
                f"Expected faces as {scorer.name} finds them, {scorer.rules.looking}. Received: {stored}."
            )
        for view in (scorer.view, scorer.rules.quality):
            largest_px = int(settings.window_max_px * min(view.scales) / settings.window_scale)
            if max(view.scales) > settings.window_scale or view.size_px > largest_px:
                raise UnmaskError(
                    f"Expected crops that the windows of {case.data} hold, at most {settings.window_scale} times the "
                    f"face and {largest_px} px. Received: {view} of {scorer.name}; name the copy of the set itself."
                )
    if distortions:
        raise UnmaskError(
            f"Expected no --distort, as {case.data} holds windows and no frames to distort. "
            f"Received: {distortions[0]}; name the copy of the set itself."
        )
