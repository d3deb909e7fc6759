"""Holds a copy of a data set against what its publication states, and opens every file once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from unmask_edge.errors import MediaError
from unmask_training.data.looking import each_file, one_picture
from unmask_training.data.record import DataSet, Label, Record, Split

LABELS: tuple[Label, ...] = ("real", "fake")


class Tally(NamedTuple):
    """Files of one split, version and label.

    Attributes:
        official: as the publication states; None where it does not.
        listed: named by lists or found in folders.
        present: of those, found.
    """

    split: Split | None
    compression: str | None
    label: Label
    official: int | None
    listed: int
    present: int


class Fault(NamedTuple):
    """A listed file that cannot be used: its path in the set's folder, and why not."""

    path: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    tallies: list[Tally]
    faults: list[Fault]

    @property
    def whole(self) -> bool:
        """Whether all is there, can be read and is as many as stated."""
        return not self.faults and all(tally.official in {None, tally.present} for tally in self.tallies)


def check(data_set: DataSet, folder: Path, workers: int) -> Checked:
    """Count the files of a copy and decode a frame of each.

    Args:
        data_set: which.
        folder: the copy.
        workers: processes that decode.

    Raises:
        UnmaskError: if the copy's lists cannot be read.
    """
    records = data_set.read(folder)
    reasons = each_file(_reason, [folder / record.path for record in records], workers, "Opening files")
    faults = [Fault(record.path, reason) for record, reason in zip(records, reasons, strict=True) if reason]
    missing = {fault.path for fault in faults if fault.reason == "missing"}
    return Checked(_tallies(data_set, records, missing), faults)


def _reason(path: Path) -> str | None:
    """Why a file cannot be used; None if it can."""
    try:
        one_picture(path)
    except MediaError as error:
        return error.reason
    return None


def _tallies(data_set: DataSet, records: Sequence[Record], missing: set[str]) -> list[Tally]:
    listed = Counter((record.split, record.compression, record.label) for record in records)
    absent = Counter((record.split, record.compression, record.label) for record in records if record.path in missing)
    stated = {
        (split, version, label): getattr(count, label)
        for split, count in data_set.official.items()
        for label in LABELS
        for version in sorted({record.compression for record in records if record.label == label} or {None}, key=str)
    }
    keys = list(dict.fromkeys([*stated, *listed]))
    return [Tally(*key, stated.get(key), listed[key], listed[key] - absent[key]) for key in keys]
