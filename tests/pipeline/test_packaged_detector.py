"""The packaged detector on real photographs."""

from pathlib import Path

import pytest

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector
from unmask_training.evaluate import summarise
from unmask_training.faces import Label

PICTURES = 150


@pytest.mark.shared
@pytest.mark.parametrize("source", ["open-faces", "generated"])
def test_the_manifest_states_what_the_detector_reaches(shared: Path, source: str) -> None:
    """On a part of the validation pictures, read anew, the frame AUC is the stated one within sampling error."""
    (stated,) = (metric for metric in Bundle().manifest.metrics if metric.data == f"{source}/val")
    folder = shared / "data" / source / "val"
    labels: list[Label] = ["real", "fake"]
    files = [(path, label) for label in labels for path in sorted((folder / label).glob("*.jpg"))[:PICTURES]]
    detector = Detector()
    evaluation = summarise(source, [label for _, label in files], (detector.score(path) for path, _ in files))
    assert evaluation.unscored <= 0.1 * len(files)
    assert evaluation.auc == pytest.approx(stated.value, abs=0.06)
