"""A face store in place of a copy of a data set."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_edge.errors import UnmaskError
from unmask_training.data.commands import data
from unmask_training.data.extract import settings
from unmask_training.data.face_store import read_rows, write_part
from unmask_training.data.store_files import StoredSet
from unmask_training.evaluation.cases import Case, open_case, require_windows
from unmask_training.evaluation.crops import View
from unmask_training.evaluation.distortions import Distortion
from unmask_training.evaluation.scorers import Scorer, load_scorer

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def copy(data_folder: Path, samples: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of both splits, a broken one, two clips for tests, and a manifest that tells all of them."""
    folder = tmp_path_factory.mktemp("copy") / "set"
    shutil.copytree(data_folder, folder)
    (folder / "broken.png").write_bytes(b"no picture")
    real, fake = (Path(shutil.copy(clip, folder)) for clip in samples)
    pictures = [(path, path.parts[-2], path.parts[-3], path.stem) for path in sorted(folder.rglob("studio/*/*/*"))]
    clips = [(real, "real", "test", "clip"), (fake, "fake", "test", "clip")]
    rows = [
        f"{path.relative_to(folder)},{label},{split},{split} {pair},person {pair},{label},c{split}"
        for path, label, split, pair in [*pictures, (folder / "broken.png", "real", "val", ""), *clips]
    ]
    header = "file,label,split,pair,identity,method,compression"
    (folder / "manifest.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


@pytest.fixture(scope="module")
def store(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy's faces."""
    store = tmp_path_factory.mktemp("stores") / "store"
    result = CliRunner().invoke(data, ["faces", "folder", str(copy), "--out", str(store), "--name", "tiny"])
    assert result.exit_code == 0, result.output
    return store


@pytest.fixture
def case(store: Path) -> Case:
    """The pictures of the store."""
    return open_case(str(store), "val")


@pytest.fixture(scope="module")
def net() -> Scorer:
    """The packaged one."""
    return load_scorer(DEFAULT_BUNDLE_DIR, "float16")


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_store_tells_what_the_copy_tells(unmask: Command, copy: Path, store: Path, split: str) -> None:
    """Every figure, part, pair and file of pictures and of clips; metadata alone are not in it."""
    options = ("--split", split, "--model", str(DEFAULT_BUNDLE_DIR), "--model", "peer:constant")
    (*direct, _), (*stored, metadata) = (_evaluate(unmask, place, *options) for place in (copy, store))
    assert [{**row, "data": ""} for row in stored] == [{**row, "data": ""} for row in direct]
    assert stored[0]["unscored"] == (split == "val")
    assert stored[0]["pairs"] == stored[0]["fakes"] > 0
    assert metadata["figures"]["auc"]["withheld"] == "no metadata in a store"


def test_windows_that_were_scored_are_not_read_again(unmask: Command, store: Path, tmp_path: Path) -> None:
    """Whatever the store's folder is called; mistakes are shown by the faces that it holds."""
    first = _evaluate(unmask, store, "--out", str(tmp_path), "--thumbnails", "1")
    assert (tmp_path / "report.html").read_text("utf-8").count("data:image/jpeg") == 2
    shutil.copytree(store, tmp_path / "renamed")
    for part in (tmp_path / "renamed").rglob("*.parquet"):
        write_part(part, ({**row, "window": None} for _, row in read_rows(part, _COLUMNS)))
    again = _evaluate(unmask, tmp_path / "renamed", "--out", str(tmp_path))
    assert [row["figures"] for row in again] == [row["figures"] for row in first]


@pytest.mark.parametrize("distortion", ["contrast:40", "h264:35", "blur:4"])
def test_frames_that_are_not_there_are_not_distorted(case: Case, net: Scorer, distortion: str) -> None:
    """Faces are found in the distorted frame, which the store does not hold."""
    with pytest.raises(UnmaskError, match=rf"Expected no --distort.*Received: {distortion}"):
        require_windows(case, [net], [Distortion.parse(distortion)])


@pytest.mark.parametrize("view", [View(2.1, 160), View(1.3, 292)])
def test_a_net_that_looks_further_than_a_window_is_refused(case: Case, net: Scorer, view: View) -> None:
    """Or more closely; what fits is cut from it."""
    require_windows(case, [replace(net, view=View(1.3, 291)), replace(net, view=View(2.0, 448))], [])
    with pytest.raises(UnmaskError, match=r"Expected crops that the windows of .* hold"):
        require_windows(case, [net, replace(net, view=view)], [])


def test_faces_found_otherwise_are_refused(case: Case, net: Scorer) -> None:
    """As those of another number of frames are, by which verdicts are reached."""
    assert case.stored is not None
    other = replace(case, stored=replace(case.stored, settings=settings(frames=4)))
    with pytest.raises(UnmaskError, match=r"Expected faces as .* finds them.*frames=16.*Received: .*frames=4"):
        require_windows(other, [net], [])


def test_one_set_of_several_is_named(tmp_path: Path) -> None:
    """Sets are measured one by one; the error says which there are."""
    settings(frames=16).claim(tmp_path)
    for name in ("first", "ff++"):
        StoredSet(parts=("one.parquet",)).claim(tmp_path / name, replace=False)
        rows = [{"set": name, "path": f"{name} {label}.png", "label": label} for label in ("real", "fake")]
        write_part(tmp_path / name / "one.parquet", rows)
    assert [record.path for record in open_case(f"ff++:{tmp_path}", None).records] == ["ff++ real.png", "ff++ fake.png"]
    for text, received in ((str(tmp_path), "no name"), (f"other:{tmp_path}", "other")):
        with pytest.raises(UnmaskError, match=rf"Expected one set of .*ff\+\+, first\. Received: {received}"):
            open_case(text, None)


_COLUMNS = ("set", "path", "label", "split", "is_clip", "frames_sampled", "fault", "frame")


def _evaluate(unmask: Command, place: Path, *options: str) -> list[dict[str, Any]]:
    completed = unmask("evaluate", "--data", str(place), *options, "--json", "-", "--workers", "1")
    assert completed.returncode == 0, completed.stderr
    evaluations: list[dict[str, Any]] = json.loads(completed.stdout)
    return evaluations
