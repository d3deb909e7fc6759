"""Tiny trees in the official layouts; files that only need to be there are empty."""

from collections.abc import Callable
from pathlib import Path

import pytest

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Makes a folder with the files named, empty or with the text given for them."""

    def make(*files: str, **texts: str) -> Path:
        for name, text in {**dict.fromkeys(files, ""), **texts}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return make
