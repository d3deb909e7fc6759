"""What the container's build must share with the checkout's."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_is_installed_with_the_uv_of_the_makefile() -> None:
    """One release writes the lock files and reads them everywhere."""
    assert pinned_uv(ROOT / "server/Containerfile") == pinned_uv(ROOT / "Makefile")


def pinned_uv(path: Path) -> str:
    """The release that a file names."""
    (pinned,) = re.findall(r"\buv==(\S+)", path.read_text("utf-8"))
    return str(pinned)
