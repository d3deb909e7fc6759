"""What is measured: the labelled files of a folder, as they are or distorted."""

import csv
from dataclasses import dataclass
from pathlib import Path

from unmask_edge.errors import UnmaskError
from unmask_edge.inputs import MEDIA_SUFFIXES
from unmask_training.evaluation.distortions import Distortion
from unmask_training.faces import Label, label_of

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class LabelledFile:
    """An image or a clip.

    Attributes:
        pair: what an original and the forgery made from it share; empty where a file has no partner.
    """

    path: Path
    label: Label
    pair: str = ""


@dataclass(frozen=True)
class Case:
    """Files that are measured together.

    Attributes:
        data: the folder, as it was named.
    """

    data: str
    files: list[LabelledFile]
    distortion: Distortion | None = None


def labelled_files(folder: Path) -> list[LabelledFile]:
    """Files of a folder: those of its `manifest.csv` (columns file, label and perhaps pair), or by folders.

    Raises:
        UnmaskError: if there are none of both labels, or a manifest lacks a column or names an unknown label.
    """
    manifest = folder / MANIFEST
    files = _from_manifest(manifest) if manifest.exists() else _from_folders(folder)
    if {file.label for file in files} != {"real", "fake"}:
        raise UnmaskError(
            f"Expected real and fake files in {folder}, by folders of that name or a {MANIFEST} with the columns file "
            f"and label. Received: {len(files)} labelled files."
        )
    return files


def _from_folders(folder: Path) -> list[LabelledFile]:
    media = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in MEDIA_SUFFIXES)
    return [LabelledFile(path, label) for path in media if (label := label_of(path.relative_to(folder))) is not None]


def _from_manifest(manifest: Path) -> list[LabelledFile]:
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        labels = {row["label"] for row in rows}
        if not labels <= {"real", "fake"}:
            raise UnmaskError(f"Expected the labels real and fake in {manifest}. Received: {sorted(labels)}.")
        return [
            LabelledFile(
                manifest.parent / row["file"], "fake" if row["label"] == "fake" else "real", row.get("pair") or ""
            )
            for row in rows
        ]
    except KeyError as error:
        raise UnmaskError(
            f"Expected the columns file and label in {manifest}. Received: none called {error}."
        ) from error
