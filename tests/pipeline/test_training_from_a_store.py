"""A face store in place of image folders."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.untraced import untraced

from unmask_edge.errors import UnmaskError
from unmask_training.data.commands import data
from unmask_training.data.extract import settings
from unmask_training.data.face_store import write_part
from unmask_training.data.store_files import StoredSet
from unmask_training.faces import extract_faces, find_pictures, fingerprint, read_window
from unmask_training.finder import face_finder_spec
from unmask_training.finetune import Plan, finetune
from unmask_training.recipe import load_recipe
from unmask_training.run import Run
from unmask_training.validation import reader_crops

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def store(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny data folder as a store."""
    store = tmp_path_factory.mktemp("store")
    result = CliRunner().invoke(data, ["faces", "folder", str(data_folder), "--out", str(store), "--name", "studio"])
    assert result.exit_code == 0, result.output
    return store


def test_a_store_gives_the_faces_that_the_folder_gives(
    data_folder: Path, store: Path, tiny_recipe: Path, tmp_path: Path
) -> None:
    """Of the same source, split and label; crops differ only where the store's windows are larger, here nowhere."""
    from_folder, from_store = (
        extract_faces(find_pictures(folder), folder, tmp_path, face_finder_spec(), workers=1)
        for folder in (data_folder, store)
    )
    assert [(face.source, face.split, face.label) for face in from_store] == [
        (face.source, face.split, face.label) for face in from_folder
    ]
    recipe = load_recipe(str(tiny_recipe))
    first, second = (reader_crops(faces, tmp_path, recipe) for faces in (from_folder, from_store))
    assert np.array_equal(first, second)
    assert read_window(tmp_path, from_store[0]).dtype == np.uint8


@untraced()
def test_a_detector_is_trained_from_a_store(unmask: Command, store: Path, tiny_recipe: Path, tmp_path: Path) -> None:
    """By the same command, which reads the windows where they lie; the record says what was learned from."""
    out = tmp_path / "run"
    completed = unmask("train", "--recipe", str(tiny_recipe), "--data", str(store), "--out", str(out))
    assert completed.returncode == 0, completed.stderr
    run = Run.read(out)
    assert {(data.name, data.label, data.samples) for data in run.training_data} == {
        ("studio", "real", 6),
        ("studio", "fake", 6),
    }
    assert run.data_fingerprint == fingerprint([], store)
    assert not list((out / "faces").glob("*"))


@untraced()
def test_a_detector_is_finetuned_from_a_store(tiny_run: Path, store: Path, tmp_path: Path) -> None:
    """Its own reals and fakes are learned from and told of before and after; no window is copied."""
    plan = Plan(epochs=2, steps=1, labelled=0.5, store=tmp_path / "faces", workers=1)
    finetuned = finetune(tiny_run, store, tmp_path / "run", plan)
    run = Run.read(tmp_path / "run")
    assert run.training_data == 2 * Run.read(tiny_run).training_data
    assert run.recipe.data.mix["labelled"] == plan.labelled
    assert run.data_fingerprint == fingerprint([], store)
    assert {(metric.name, metric.data) for metric in finetuned.before} >= {("frame_auc", "studio/val")}
    assert not list(plan.store.glob("*"))


def test_splits_are_the_sets_own_where_it_has_them(tmp_path: Path) -> None:
    """Tests are in neither; what no list of a set with lists names is not learned from."""
    splits = ("train", "val", "test", None)
    _store(tmp_path, [{"path": f"{split}.png", "split": split, "compression": "c23"} for split in splits])
    pictures = [(picture.path, picture.source, picture.split) for picture in find_pictures(tmp_path)]
    assert pictures == [("tiny/train.png", "tiny c23", "train"), ("tiny/val.png", "tiny c23", "val")]


@pytest.mark.parametrize("split", [None, "train"])
def test_without_a_split_one_source_video_in_ten_is_held_out(tmp_path: Path, split: str | None) -> None:
    """A fake goes where its original goes; a set with training and test lists has nothing else to validate on."""
    _store(
        tmp_path,
        [
            {"path": f"{label}/{number}.mp4", "source_video": str(number), "split": split}
            for label in ("real", "fake")
            for number in range(300)
        ],
    )
    held_out = [picture.path for picture in find_pictures(tmp_path) if picture.split == "val"]
    assert 30 <= len(held_out) <= 90
    twins = [{Path(path).stem for path in held_out if f"/{label}/" in path} for label in ("real", "fake")]
    assert twins[0] == twins[1]


def test_a_store_without_anything_to_learn_from_is_refused(tmp_path: Path) -> None:
    """A set of tests alone is for evaluation."""
    _store(tmp_path, [{"path": "a.png", "split": "test"}])
    with pytest.raises(UnmaskError, match="Expected files to train on"):
        find_pictures(tmp_path)


def _store(folder: Path, files: list[dict[str, str | None]]) -> None:
    settings(frames=1).claim(folder)
    StoredSet(parts=("one.parquet",)).claim(folder / "tiny", replace=False)
    write_part(folder / "tiny" / "one.parquet", ({"set": "tiny", "label": "real", **file} for file in files))
