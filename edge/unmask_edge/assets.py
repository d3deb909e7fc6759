"""Reads the third-party files that set-up has fetched."""

import hashlib
from pathlib import Path

from unmask_edge.errors import AssetError
from unmask_edge.fetch_assets import ASSETS_DIR, load_assets


def asset_path(name: str) -> Path:
    """Path of a file listed in `assets.json`, checked against its pinned sha256.

    Raises:
        AssetError: if set-up has not fetched the file, or it is another one.
    """
    asset = load_assets()[name]
    path = ASSETS_DIR / asset["file"]
    if not path.is_file():
        raise AssetError(
            f"Expected the third-party file {asset['file']} in {ASSETS_DIR}; reinstalling unmask fetches it, in a "
            "checkout also `python edge/unmask_edge/fetch_assets.py`. Received: no such file."
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != asset["sha256"]:
        raise AssetError(f"Expected {path} with sha256 {asset['sha256']}. Received: {digest}.")
    return path
