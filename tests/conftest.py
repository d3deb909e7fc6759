"""What all of Unmask's tests share."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
# Begun last, a long file would keep one process busy while the others have nothing left to do. The second needs none of
# the run and the bundle that the first and others share.
LONGEST_FIRST = [
    "test_formats.py",
    "test_study.py",
    "test_train_and_export.py",
    "test_finetune.py",
    "test_ray.py",
    "test_training_from_a_store.py",
    "test_distillation.py",
    "test_autoencoder.py",
    "test_compare.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the research data where it is absent, saying so, and begin with what takes longest."""
    absent = pytest.mark.skip(reason="the research data (../shared) is not beside this checkout")
    for item in items:
        if item.get_closest_marker("shared") and not (SHARED / "data").is_dir():
            item.add_marker(absent)
    items.sort(key=lambda item: [*LONGEST_FIRST, item.path.name].index(item.path.name))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the research data; its tests are marked `shared`."""
    return SHARED


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of randomness."""
    return np.random.default_rng(3)


@pytest.fixture
def bundle_copy(tmp_path: Path) -> Path:
    """A copy of the packaged bundle that a test may damage."""
    return shutil.copytree(DEFAULT_BUNDLE_DIR, tmp_path / "bundle")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
