"""The `unmask` command where parts of it are not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.media_files import PORTRAIT


def blocked(modules: list[str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call the command where some modules are not installed."""
    program = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {modules!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from unmask_edge.cli import main\n"
        "main()"
    )
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})


EXTRAS = {
    "keras": [
        *("keras", "tensorflow", "tomli", "scipy", "sklearn", "tensorboard"),
        *("av", "imagehash", "jinja2", "matplotlib", "onnxruntime", "pyarrow"),
    ],
    "tfjs": ["keras", "tensorflow", "tensorflowjs"],
    "flask": ["flask", "waitress", "werkzeug"],
}


@pytest.mark.parametrize(
    ("extra", "modules", "arguments"),
    [
        ("training", EXTRAS["keras"], ["train", "--recipe", "quick", "--data", ".", "--out", "{tmp}/run"]),
        ("export", EXTRAS["tfjs"], ["export", "{tmp}", "--out", "{tmp}/bundle"]),
        ("server", EXTRAS["flask"], ["serve", "--port", "0"]),
    ],
)
def test_missing_extra(extra: str, modules: list[str], arguments: list[str], tmp_path: Path) -> None:
    """A command whose packages are not installed names the exact line that installs them, and exits with 2."""
    done = blocked(modules, *(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode == 2, done.stderr
    assert f"pip install 'unmask[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_samples_need_no_extra(tmp_path: Path) -> None:
    """The clips to try it on are made by what is installed without any."""
    absent = set(EXTRAS["keras"]) | set(EXTRAS["tfjs"])
    done = blocked(sorted(absent), "samples", "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.glob("*.mp4"))) == 2


@pytest.mark.parametrize("arguments", [["--help"], ["score", str(PORTRAIT)], ["info"]])
def test_lean_installation(arguments: list[str]) -> None:
    """With no extra installed, help lists all commands and edge's own ones work."""
    done = blocked(sorted({name for names in EXTRAS.values() for name in names}), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
