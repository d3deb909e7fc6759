"""The Deepfake Detection Challenge (Dolhansky et al., 2020).

    dfdc_train_part_0/metadata.json                                           {FILE: {"label": LABEL, "original": FILE}}
    dfdc_train_part_0/aaqaifqrwn.mp4
    validation/labels.csv                                                     columns filename,label
    validation/4000.mp4
    test/labels.csv
    test/aalscayrfi.mp4

LABEL is REAL or FAKE; the original is that of a fake. In labels.csv 1 means fake. The parts may lie in a folder train.
"""

from collections.abc import Iterator
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import entries, one_of, relative, rows
from unmask_training.data.record import Count, DataSet, Label, Record, Split

TRAIN_LABELS: dict[str, Label] = {"REAL": "real", "FAKE": "fake"}
LABELS: dict[str, Label] = {"0": "real", "1": "fake"}
LISTS: dict[str, Split] = {"validation/labels.csv": "val", "test/labels.csv": "test"}


def read(folder: Path) -> list[Record]:
    """Every video that the lists of a copy name.

    Raises:
        UnmaskError: if there is no list, or an entry lacks its label or has an unknown one.
    """
    parts = sorted(folder.glob("**/dfdc_train_part_*/metadata.json"))
    records = [record for file in parts for record in _part(file, folder)]
    records += [record for name in LISTS if (folder / name).exists() for record in _listed(folder, name)]
    if not records:
        raise UnmaskError(
            f"Expected {', '.join(LISTS)} or dfdc_train_part_0/metadata.json in {folder}. Received: none."
        )
    return records


def _part(file: Path, folder: Path) -> Iterator[Record]:
    for name, entry in sorted(entries(file, "label").items()):
        label = one_of(TRAIN_LABELS, entry["label"], f"for {name} in {file}")
        original = name if label == "real" else entry.get("original")
        source = Path(original).stem if original else None
        yield Record(relative(file.parent / name, folder), label, "train", source_video=source)


def _listed(folder: Path, name: str) -> Iterator[Record]:
    file = folder / name
    for number, row in rows(file, "filename", "label"):
        label = one_of(LABELS, row["label"], f"in line {number} of {file}")
        source = Path(row["filename"]).stem if label == "real" else None
        yield Record(relative(file.parent / row["filename"], folder), label, LISTS[name], source_video=source)


DFDC = DataSet(
    key="dfdc",
    name="DFDC",
    year=2020,
    methods=("about 8, which are not told by clip",),
    size="128,154 clips, 470 GB",
    licence="non-commercial research",
    access="after accepting its terms; ai.meta.com/datasets/dfdc, or Kaggle",
    paper="Dolhansky et al., arXiv 2006.07397",
    official={"train": Count(19_154, 100_000), "val": Count(2000, 2000), "test": Count(2500, 2500)},
    trap="An original has several fakes: split by original, never by clip. Only the training part tells originals.",
    read=read,
)
