"""What `pip install unmask` would put on a machine."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from unmask_edge.fetch_assets import load_assets

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the checkout."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_carries_model_and_third_party_files_with_licences(wheel: zipfile.ZipFile) -> None:
    """Installation needs no training and no download."""
    names = set(wheel.namelist())
    assert {"unmask_edge/bundle/manifest.json", "unmask_edge/bundle/detector.float16.tflite"} <= names
    assert "unmask_edge/manifest.schema.json" in names
    for asset in load_assets().values():
        assert f"unmask_edge/assets/{asset['file']}" in names
        assert f"unmask_edge/assets/LICENCE.{asset['package']}.txt" in names


def test_the_wheel_holds_four_packages_and_nothing_beside_them(wheel: zipfile.ZipFile) -> None:
    """No top-level name that another distribution could claim."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    packages = {"unmask_edge", "unmask_export", "unmask_server", "unmask_training"}
    assert {top for top in tops if not top.endswith(".dist-info")} == packages


def test_the_page_and_the_recipes_are_packed(wheel: zipfile.ZipFile) -> None:
    """Files that are not Python travel with their packages."""
    names = wheel.namelist()
    for folder, suffix in (
        ("unmask_server/static/", ".js"),
        ("unmask_server/templates/", ".html"),
        ("unmask_training/recipes/", ".toml"),
        ("unmask_export/", ".mjs"),
        ("unmask_export/", ".html"),
    ):
        assert any(name.startswith(folder) and name.endswith(suffix) for name in names), folder
