"""The packaged detector on real photographs."""

from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Detector

PICTURES = 150


@pytest.mark.shared
@pytest.mark.parametrize("source", ["open-faces", "generated"])
def test_the_manifest_states_what_the_detector_reaches(shared: Path, source: str) -> None:
    """On a part of the validation pictures, read anew, the frame AUC is the stated one within sampling error."""
    (stated,) = (metric for metric in Bundle().manifest.metrics if metric.data == f"{source}/val")
    folder = shared / "data" / source / "val"
    files = [path for label in ("real", "fake") for path in sorted((folder / label).glob("*.jpg"))[:PICTURES]]
    detector = Detector()
    scores = {path: result.score for path in files if (result := detector.score(path)).error is None}
    auc = roc_auc_score([path.parent.name == "fake" for path in scores], list(scores.values()))
    assert len(scores) >= 0.9 * len(files)
    assert auc == pytest.approx(stated.value, abs=0.06)
