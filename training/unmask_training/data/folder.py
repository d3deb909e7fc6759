"""Any folder of pictures and clips, as Kaggle's "deepfake and real images".

    {Train,Validation,Test}/{Real,Fake}/*                                     folders in any letter case, at any depth
    manifest.csv                                                              or this, with columns file,label

The manifest may also have the columns pair, identity, method, split and compression. A pair is what an original and
the fakes made from it share.
"""

from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import found, one_of, rows
from unmask_training.data.record import DataSet, Label, Record, Split
from unmask_training.faces import label_of

MANIFEST = "manifest.csv"
LABELS: dict[str, Label] = {"real": "real", "fake": "fake"}
SPLITS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def read(folder: Path) -> list[Record]:
    """Every file that the manifest names, or else every one below a folder called real or fake.

    Raises:
        UnmaskError: if there is none, or the manifest lacks a column or has an unknown label or split.
    """
    manifest = folder / MANIFEST
    records = _from_manifest(manifest) if manifest.exists() else _from_folders(folder)
    if not records:
        raise UnmaskError(f"Expected files below folders called real and fake, or in {manifest}. Received: none.")
    return records


def _from_manifest(manifest: Path) -> list[Record]:
    return [_listed(row, f"in line {number} of {manifest}") for number, row in rows(manifest, "file", "label")]


def _listed(row: dict[str, str], where: str) -> Record:
    split = row.get("split")
    return Record(
        row["file"],
        one_of(LABELS, row["label"], where),
        one_of(SPLITS, split, where) if split else None,
        row.get("method") or None,
        row.get("compression") or None,
        row.get("identity") or None,
        row.get("pair") or None,
    )


def _from_folders(folder: Path) -> list[Record]:
    return [
        Record(path, label, _split_of(Path(path)))
        for path in found(folder, "**/*")
        if (label := label_of(Path(path))) is not None
    ]


def _split_of(path: Path) -> Split | None:
    return next((SPLITS[part.lower()] for part in path.parts[:-1] if part.lower() in SPLITS), None)


FOLDER = DataSet(
    key="folder",
    name="A folder of pictures and clips",
    year=2022,  # of the best known of its kind
    methods=("any",),
    size="any",
    licence="that of its pictures",
    access="your own, or such as kaggle.com/datasets/manjilkarki/deepfake-and-real-images",
    paper="none",
    official={},
    trap="Sets of this kind often hold near-duplicates on both sides of their splits.",
    read=read,
)
