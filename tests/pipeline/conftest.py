"""A tiny data folder, and a run trained on it by the real command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from unmask_edge.assets import asset_path
from unmask_edge.cli import cli
from unmask_edge.opencv import cv2
from unmask_training.recipe import RECIPES_DIR
from unmask_training.samples import write_samples

PICTURES = 6
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`studio/{train,val}/{real,fake}`: shifted views of the public-domain portrait, the fakes with a smeared face."""
    folder = tmp_path_factory.mktemp("data")
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    smeared = portrait.copy()
    smeared[70:170, 175:275] = cv2.GaussianBlur(portrait[70:170, 175:275], (0, 0), 3)
    for split in ("train", "val"):
        for label, image in (("real", portrait), ("fake", smeared)):
            target = folder / "studio" / split / label
            target.mkdir(parents=True)
            for index in range(PICTURES):
                shift = 4 * index + (2 if split == "val" else 0)
                cv2.imwrite(str(target / f"{index}.png"), image[: 300 - shift, 80 + shift : 380])
    return folder


@pytest.fixture(scope="session")
def labelled(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six real and six fake pictures, and one that is none."""
    folder = tmp_path_factory.mktemp("labelled") / "set"
    shutil.copytree(data_folder / "studio" / "val", folder)
    (folder / "real" / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe that trains in seconds."""
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    text = (RECIPES_DIR / "quick.toml").read_text("utf-8")
    replacements = {
        "alpha = 1.0": "alpha = 0.35",
        "input_px = 128": "input_px = 64",
        'weights = "imagenet"': 'weights = "none"',
        "epochs = 4": "epochs = 2",
        "steps_per_epoch = 500": "steps_per_epoch = 3",
        "pairs_per_batch = 16": "pairs_per_batch = 2",
        'name = "unmask-quick"': 'name = "tiny"',
    }
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


@pytest.fixture(scope="session")
def tiny_run(
    installed_unmask: Command, data_folder: Path, tiny_recipe: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished run folder."""

    def train(out: Path) -> None:
        arguments = ("--recipe", str(tiny_recipe), "--data", str(data_folder), "--out", str(out))
        completed = installed_unmask("train", *arguments)
        assert completed.returncode == 0, completed.stderr

    return _made_once(tmp_path_factory, "tiny-run", train)


@pytest.fixture(scope="session")
def tiny_bundle(installed_unmask: Command, tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle exported from it."""

    def export(out: Path) -> None:
        completed = installed_unmask("export", str(tiny_run), "--out", str(out))
        assert completed.returncode == 0, completed.stderr

    return _made_once(tmp_path_factory, "tiny-bundle", export)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The two sample clips: a real pan, and the forged one."""
    folder = _made_once(tmp_path_factory, "samples", write_samples)
    return folder / "pan.mp4", folder / "pan_forged.mp4"


@pytest.fixture(scope="session")
def installed_unmask() -> Command:
    """Runs the `unmask` command as a user would, in a process of its own."""
    program = str(Path(sys.executable).with_name("unmask"))

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def unmask() -> Command:
    """Runs the same command in this process, where TensorFlow, which takes long to load, is there already."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        result = CliRunner().invoke(cli, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    return run


def _made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Where pytest-xdist runs several processes, the first that needs a folder makes it, and the others wait for it.

    Args:
        folders: those of this process; with pytest-xdist they lie in one that all share.
        name: of this folder's parent.
        make: fills the folder `tiny` that it is given.
    """
    own = folders.getbasetemp()
    parent = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    parent.mkdir(exist_ok=True)
    out, made = parent / "tiny", parent / "made"
    with FileLock(parent / "lock"):
        if not made.exists():
            shutil.rmtree(out, ignore_errors=True)
            make(out)
            made.touch()
    return out
