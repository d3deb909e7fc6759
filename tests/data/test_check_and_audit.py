"""What a check and an audit find in tiny copies, and how the commands tell it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from cv2.typing import MatLike

from tests.data.conftest import Tree
from unmask_edge.assets import asset_path
from unmask_edge.opencv import cv2
from unmask_training.data.audit import audit
from unmask_training.data.check import Fault, Tally, check
from unmask_training.data.commands import EXIT_NOT_WHOLE, data
from unmask_training.data.faceforensics import FACEFORENSICS

REALS = "original_sequences/youtube/c23/videos"
FAKES = "manipulated_sequences/Deepfakes/c23/videos"
PAIRS = {"train": [["000", "755"]], "val": [["001", "002"]], "test": [["003", "756"]]}


@pytest.fixture
def copy(tree: Tree, rng: np.random.Generator) -> Path:
    """Five originals, of which two show nearly the same, and one fake; pictures stand in for clips."""
    folder = tree(**{f"{split}.json": json.dumps(pairs) for split, pairs in PAIRS.items()})
    (folder / REALS).mkdir(parents=True)
    (folder / FAKES).mkdir(parents=True)
    for video in ("000", "001", "755", "756"):
        coarse = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        picture = cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_CUBIC)
        _write(folder / REALS / f"{video}.mp4", picture)
    shutil.copy(asset_path("portrait"), folder / REALS / "002.mp4")
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    _write(folder / REALS / "003.mp4", portrait[2:-2, 2:-2])
    (folder / FAKES / "000_755.mp4").write_bytes(b"no picture")
    return folder


def test_a_check_counts_and_names_what_is_wrong(copy: Path) -> None:
    """Missing files are listed but not present; one that cannot be decoded is present, and named."""
    checked = check(FACEFORENSICS, copy, workers=1)
    tallies = {(tally.split, tally.label): tally for tally in checked.tallies}
    assert tallies["train", "real"] == Tally("train", "c23", "real", 720, 2, 2)
    assert tallies["train", "fake"] == Tally("train", "c23", "fake", 3600, 2, 1)
    assert Fault(f"{FAKES}/000_755.mp4", "unreadable") in checked.faults
    assert Fault(f"{FAKES}/755_000.mp4", "missing") in checked.faults
    assert not checked.whole


def test_an_audit_finds_leaks(copy: Path) -> None:
    """Known leaks and near-duplicates on both sides of a split are named; files that cannot be read are counted."""
    audited = audit(FACEFORENSICS, copy, workers=1)
    assert {(leak.kind, leak.splits, leak.first, leak.second) for leak in audited.leaks} == {
        ("known leak", ("train", "test"), "755", "756"),
        ("near-duplicate", ("val", "test"), f"{REALS}/002.mp4", f"{REALS}/003.mp4"),
    }
    assert (audited.files, audited.unreadable, audited.shortcut_auc) == (7, 1, None)


def test_a_shortcut_is_found(tree: Tree, rng: np.random.Generator) -> None:
    """Where fakes are smaller than reals, what sees no pixel tells them apart, and the audit says so."""
    folder = tree(**{f"{split}.json": json.dumps(pairs) for split, pairs in PAIRS.items()})
    for videos, side in ((REALS, 48), (FAKES, 32)):
        (folder / videos).mkdir(parents=True)
        for number in range(60):
            _write(folder / videos / f"9{number:02}.mp4", rng.integers(0, 256, (side, side, 3)).astype(np.uint8))
    assert audit(FACEFORENSICS, folder, workers=1).shortcut_auc == 1


def test_the_commands_tell_it(copy: Path) -> None:
    """A copy that is not whole gives an exit code of its own; a leak is told by name."""
    checked = CliRunner().invoke(data, ["check", "ff++", str(copy), "--workers", "1"])
    assert checked.exit_code == EXIT_NOT_WHOLE
    assert f"unreadable: {FAKES}/000_755.mp4" in checked.stdout
    audited = CliRunner().invoke(data, ["audit", "ff++", str(copy), "--workers", "1"])
    assert audited.exit_code == 0
    assert "known leak, train and test: 755 and 756" in audited.stdout


def test_the_tour_tells_of_every_set() -> None:
    """Name and terms are there, and so is how a copy is asked for."""
    shown = " ".join(CliRunner().invoke(data, ["list"]).stdout.split())
    for expected in (FACEFORENSICS.name, FACEFORENSICS.licence, "github.com/ondyari/FaceForensics"):
        assert expected in shown


def _write(path: Path, picture: MatLike) -> None:
    path.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
