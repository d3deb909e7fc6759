"""The preview of the Deepfake Detection Challenge (Dolhansky et al., 2019).

    dataset.json                                                              {PATH: {"label": LABEL, "set": SET}}
    original_videos/1260311/1260311_C_001.mp4                                 person filmed, recording, clip
    method_A/1260311/1260311_C/1255229_1260311_C_001.mp4                      face put on, then the same
    method_B/...

LABEL is real or fake, SET is train or test. Several clips are cut from a recording.
"""

from pathlib import Path
from typing import Any

from unmask_training.data.layout import entries, one_of, require
from unmask_training.data.record import Count, DataSet, Label, Record, Split

LABELS: dict[str, Label] = {"real": "real", "fake": "fake"}
SPLITS: dict[str, Split] = {"train": "train", "test": "test"}


def read(folder: Path) -> list[Record]:
    """Every video that the list names.

    Raises:
        UnmaskError: if there is no list, or an entry lacks its label or set or has an unknown one.
    """
    file = require(folder, "dataset.json")
    named = entries(file, "label", "set")
    return [_record(path, entry, f"for {path} in {file}") for path, entry in sorted(named.items())]


def _record(path: str, entry: dict[str, Any], where: str) -> Record:
    label = one_of(LABELS, entry["label"], where)
    split = one_of(SPLITS, entry["set"], where)
    method = path.partition("/")[0] if label == "fake" else None
    recording = Path(path).stem.split("_")[-3:-1]  # person filmed, letter
    return Record(path, label, split, method, None, recording[0] if recording else None, "_".join(recording) or None)


PREVIEW = DataSet(
    key="dfdc-preview",
    name="DFDC preview",
    year=2019,
    methods=("method_A", "method_B"),
    size="5,250 clips",
    licence="non-commercial research",
    access="after accepting its terms; ai.meta.com/datasets/dfdc",
    paper="Dolhansky et al., arXiv 1910.08854",
    official={"train": Count(855, 3618), "test": Count(276, 501)},
    trap="Copies that circulate lack some of the videos that the list names. There is no validation split.",
    read=read,
)
