"""140k Real and Fake Faces (Kaggle, 2020).

    real_vs_fake/real-vs-fake/{train,valid,test}/{real,fake}/*.jpg
    {train,valid,test}.csv                                                    columns label,path and more

Paths are relative to real-vs-fake. The lists may be missing.
"""

from collections.abc import Iterator
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import found, one_of, require, rows
from unmask_training.data.record import Count, DataSet, Label, Record, Split

ROOT = "real_vs_fake/real-vs-fake"
SPLITS: dict[str, Split] = {"train": "train", "valid": "val", "test": "test"}
# The other way round than nearly everybody's.
LABELS: dict[str, Label] = {"1": "real", "0": "fake"}
METHOD = "StyleGAN"


def read(folder: Path) -> list[Record]:
    """Every picture of a copy, and those of the lists that it lacks.

    Raises:
        UnmaskError: if the folder of pictures is missing, or a list contradicts the folders.
    """
    root = require(folder, ROOT)
    here = {path for split in SPLITS for label in LABELS.values() for path in found(root, f"{split}/{label}/*")}
    listed = {path for split in SPLITS for path in _listed(folder / f"{split}.csv")}
    return [_record(path) for path in sorted(here | listed)]


def _listed(file: Path) -> Iterator[str]:
    if not file.exists():
        return
    for number, row in rows(file, "label", "path"):
        where = f"in line {number} of {file}"
        place = f"{file.stem}/{one_of(LABELS, row['label'], where)}/"
        if not row["path"].startswith(place):
            raise UnmaskError(f"Expected a picture of {place}, as its label says, {where}. Received: {row['path']}.")
        yield row["path"]


def _record(path: str) -> Record:
    split, label, _ = path.split("/", 2)
    if label == "real":
        return Record(f"{ROOT}/{path}", "real", SPLITS[split])
    return Record(f"{ROOT}/{path}", "fake", SPLITS[split], METHOD)


FACES_140K = DataSet(
    key="140k-faces",
    name="140k Real and Fake Faces",
    year=2020,
    methods=(METHOD,),
    size="140,000 pictures of 256 px",
    licence="not told; its reals are FFHQ's, CC BY-NC-SA 4.0",
    access="kaggle.com/datasets/xhlulu/140k-real-and-fake-faces",
    paper="none",
    official={"train": Count(50_000, 50_000), "val": Count(10_000, 10_000), "test": Count(10_000, 10_000)},
    trap="In its lists 1 means real and 0 fake. All fakes are from one generator.",
    read=read,
)
