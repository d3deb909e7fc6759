"""Build hook: fetches the pinned third-party files so that the wheel carries them."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):
    """Runs `unmask_edge/fetch_assets.py` by path: the package itself is not importable while it is being built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (the hook's signature)
        """Fetch what is missing before files are collected (also for editable installs)."""
        if self.target_name == "wheel":
            script = Path(self.root) / "edge" / "unmask_edge" / "fetch_assets.py"
            runpy.run_path(str(script))["fetch_missing"]()
