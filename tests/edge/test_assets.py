"""Third-party files: only the pinned ones are used."""

from pathlib import Path

import pytest

from unmask_edge import AssetError, assets
from unmask_edge.fetch_assets import load_assets


@pytest.mark.parametrize("name", sorted(load_assets()))
def test_fetched_files_are_the_pinned_ones(name: str) -> None:
    """Every listed file lies where set-up puts it, with its licence beside it."""
    path = assets.asset_path(name)
    assert path.with_name(f"LICENCE.{load_assets()[name]['package']}.txt").is_file()


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that set-up has not fetched is named, with the command that fetches it."""
    monkeypatch.setattr(assets, "ASSETS_DIR", tmp_path)
    with pytest.raises(AssetError, match=r"fetch_assets\.py.*Received: no such file"):
        assets.asset_path("face_finder")


def test_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the right name and another content is refused."""
    monkeypatch.setattr(assets, "ASSETS_DIR", tmp_path)
    (tmp_path / load_assets()["portrait"]["file"]).write_bytes(b"another picture")
    with pytest.raises(AssetError, match=r"sha256 [0-9a-f]{64}\. Received: [0-9a-f]{64}"):
        assets.asset_path("portrait")
