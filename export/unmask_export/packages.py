"""Third-party runtimes that pip does not install beside us: fetched once by their own clients, outside any checkout."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from unmask_edge.errors import UnmaskError

CACHE = Path.home() / ".cache" / "unmask"
# Pinned with the extension's own versions.
TFJS = "4.22.0"
LITERTJS = "2.5.3"
# Its last release; its wheels are for these Pythons, and need the NumPy before 2.
TFLITE_RUNTIME = "2.14.0"
TFLITE_RUNTIME_PYTHONS = ((3, 10), (3, 11))


class RuntimeAbsentError(UnmaskError):
    """A runtime that is not on this machine and cannot be had, so that nothing is known of how a file runs there."""


def tfjs_packages() -> Path:
    """Folder with the `node_modules` of TF.js's core, converter and wasm back end.

    Raises:
        RuntimeAbsentError: if npm is missing or does not install them.
    """
    packages = [f"@tensorflow/{name}@{TFJS}" for name in ("tfjs-core", "tfjs-converter", "tfjs-backend-wasm")]
    return _made_once(f"tfjs-{TFJS}", lambda folder: _npm_install(folder, packages))


def tfjs_command(script: str) -> list[str]:
    """The command that runs one of our TF.js scripts in Node, which looks for packages where a script lies.

    Raises:
        RuntimeAbsentError: if Node or npm is missing, or TF.js cannot be installed.
    """
    node = program("node", "Node.js 20 or newer, in which TF.js models are run")
    folder = tfjs_packages()
    for name in (script, "load_tfjs.mjs"):
        shutil.copy(Path(__file__).with_name(name), folder)
    return [node, str(folder / script)]


def browser_packages() -> Path:
    """Folder with the `node_modules` of all that runs models in a browser: TF.js with WebGL too, and LiteRT.js.

    Raises:
        RuntimeAbsentError: if npm is missing or does not install them.
    """
    parts = ("core", "converter", "backend-wasm", "backend-webgl")
    packages = [*(f"@tensorflow/tfjs-{part}@{TFJS}" for part in parts), f"@litertjs/core@{LITERTJS}"]
    return _made_once(f"browser-{TFJS}-{LITERTJS}", lambda folder: _npm_install(folder, packages))


def tflite_runtime_python() -> Path:
    """The Python of an environment that holds tflite-runtime and nothing of ours.

    Raises:
        RuntimeAbsentError: if no Python that it has wheels for is here, or pip does not install it.
    """
    folder = _made_once(f"tflite-runtime-{TFLITE_RUNTIME}", _install_tflite_runtime)
    return folder / "bin" / "python"


def program(name: str, needed: str) -> str:
    """Path of a program.

    Raises:
        RuntimeAbsentError: if it is not on the path.
    """
    path = shutil.which(name)
    if path is None:
        raise RuntimeAbsentError(f"Expected {needed}. Received: no {name} found.")
    return path


def _made_once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder below the cache that stands only once it is whole, even where two processes make it at a time."""
    folder = CACHE / name
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        made = Path(work) / "made"
        make(made)
        if not folder.is_dir():
            os.replace(made, folder)
    return folder


def _npm_install(folder: Path, packages: Sequence[str]) -> None:
    folder.mkdir()
    npm = program("npm", "Node.js 20 or newer with npm, in which TF.js models are run")
    flags = ("--silent", "--no-audit", "--no-fund")
    _install([npm, "install", *flags, "--prefix", str(folder), *packages], ", ".join(packages))


def _install_tflite_runtime(folder: Path) -> None:
    _install([_old_python(), "-m", "venv", str(folder)], "a virtual environment")
    wanted = [f"tflite-runtime=={TFLITE_RUNTIME}", "numpy<2"]
    _install([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted], wanted[0])


def _old_python() -> str:
    if sys.version_info[:2] in TFLITE_RUNTIME_PYTHONS:
        return sys.executable
    versions = [".".join(map(str, version)) for version in TFLITE_RUNTIME_PYTHONS]
    found = [path for version in versions if (path := shutil.which(f"python{version}"))]
    if not found:
        raise RuntimeAbsentError(f"Expected Python {' or '.join(versions)} for tflite-runtime. Received: neither.")
    return found[0]


def _install(command: Sequence[str], what: str) -> None:
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    if completed.returncode != 0:
        reason = (completed.stderr or completed.stdout).strip()
        raise RuntimeAbsentError(f"Expected {what} to be installed. Received: {reason}")
