"""Scores labelled folders as a user would, with a bundle, and says how well it told fakes from reals."""

import csv
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import track
from sklearn.metrics import roc_auc_score

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.inputs import MEDIA_SUFFIXES
from unmask_edge.result import Result
from unmask_training.faces import Label, label_of

MANIFEST = "manifest.csv"


class Evaluation(BaseModel):
    """How a bundle did on one folder.

    Attributes:
        auc: area under the ROC curve of the scores of images (frame AUC) or clips (video AUC), in [0, 1].
        unscored: inputs that could not be scored, mostly for want of a face; they are not in the AUC.
        false_alarms: share of scored reals that were called likely manipulated.
        misses: share of scored fakes that were called likely authentic.
        inconclusive: share of all scored that were called inconclusive.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    reals: int
    fakes: int
    unscored: int
    auc: float
    false_alarms: float
    misses: float
    inconclusive: float


def labelled_files(folder: Path) -> list[tuple[Path, Label]]:
    """Files and labels of a folder: from its `manifest.csv` (columns file, label), or by folders called real and fake.

    Raises:
        UnmaskError: if there are none of both labels, or a manifest lacks a column or names an unknown label.
    """
    manifest = folder / MANIFEST
    if manifest.exists():
        files = _from_manifest(manifest)
    else:
        media = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in MEDIA_SUFFIXES)
        files = [(path, label) for path in media if (label := label_of(path.relative_to(folder))) is not None]
    if {label for _, label in files} != {"real", "fake"}:
        raise UnmaskError(
            f"Expected real and fake files in {folder}, by folders of that name or a {MANIFEST} with the columns file "
            f"and label. Received: {len(files)} labelled files."
        )
    return files


def evaluate(folder: Path, bundle: Path, format: TFLiteFormat, workers: int) -> Evaluation:
    """Score every labelled file of a folder and summarise.

    Raises:
        UnmaskError: if no file of one label could be scored.
    """
    files = labelled_files(folder)
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (bundle, format)) as pool:
        results = pool.map(_score, [path for path, _ in files], chunksize=4)
        shown = track(results, total=len(files), description=str(folder), console=Console(stderr=True))
        return summarise(str(folder), [label for _, label in files], shown)


def summarise(data: str, labels: Iterable[Label], results: Iterable[Result]) -> Evaluation:
    """Put the results of one folder into numbers."""
    pairs = list(zip(labels, results, strict=True))
    scored = [(label, result) for label, result in pairs if result.error is None]
    fake = np.array([label == "fake" for label, _ in scored], bool)
    if fake.all() or not fake.any():
        raise UnmaskError(f"Expected scored reals and fakes in {data}. Received: {len(scored)} scored of {len(pairs)}.")
    verdicts = np.array([result.verdict for _, result in scored])
    return Evaluation(
        data=data,
        reals=int((~fake).sum()),
        fakes=int(fake.sum()),
        unscored=len(pairs) - len(scored),
        auc=float(roc_auc_score(fake, [result.score for _, result in scored])),
        false_alarms=float((verdicts[~fake] == "likely manipulated").mean()),
        misses=float((verdicts[fake] == "likely authentic").mean()),
        inconclusive=float((verdicts == "inconclusive").mean()),
    )


def _from_manifest(manifest: Path) -> list[tuple[Path, Label]]:
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        labels = {row["label"] for row in rows}
        if not labels <= {"real", "fake"}:
            raise UnmaskError(f"Expected the labels real and fake in {manifest}. Received: {sorted(labels)}.")
        return [(manifest.parent / row["file"], "fake" if row["label"] == "fake" else "real") for row in rows]
    except KeyError as error:
        raise UnmaskError(
            f"Expected the columns file and label in {manifest}. Received: none called {error}."
        ) from error


_detector: Detector


def _start_worker(bundle: Path, format: TFLiteFormat) -> None:
    global _detector  # noqa: PLW0603  (the one way to keep state in a pool's process)
    _detector = Detector(Bundle(bundle), format)


def _score(path: Path) -> Result:
    return _detector.score(path)
