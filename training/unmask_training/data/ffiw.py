"""FFIW-10K, Face Forensics in the Wild (Zhou et al., CVPR 2021).

    source/{train,val}/train_00000000.mp4                                     real
    target/{train,val}/train_00000000.mp4                                     made from it
    target_mask/{train,val}/train_00000000_mask.mp4                           where it was forged

The test split comes apart, in folders `test`; that is from a third party.
"""

from pathlib import Path

from unmask_training.data.layout import found, require
from unmask_training.data.record import SPLITS, Count, DataSet, Label, Record

LABELS: dict[str, Label] = {"source": "real", "target": "fake"}


def read(folder: Path) -> list[Record]:
    """Every video of a copy, masks left out.

    Raises:
        UnmaskError: if the folder of reals or of fakes is missing.
    """
    require(folder, "source")
    require(folder, "target")
    return [
        Record(path, label, split, source_video=Path(path).stem)
        for side, label in LABELS.items()
        for split in SPLITS
        for path in found(folder, f"{side}/{split}/**/*")
    ]


FFIW = DataSet(
    key="ffiw",
    name="FFIW-10K",
    year=2021,
    methods=("swaps that a network picked by their quality",),
    size="10,000 fakes and as many reals",
    licence="own terms, in its form",
    access="by a form; github.com/tfzhou/FFIW",
    paper="Zhou et al., CVPR 2021",
    official={"train": Count(8000, 8000), "val": Count(250, 250), "test": Count(1738, 1738)},
    trap="Source holds the reals and target the fakes. Of several faces in a frame few are forged, which takes a score "
    "for each.",
    read=read,
)
