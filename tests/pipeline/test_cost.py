"""`unmask cost`: runs and bundles side by side, as a table and a plot."""

import xml.etree.ElementTree as ET
from pathlib import Path

from click.testing import CliRunner

from unmask_export.commands import cost


def test_a_run_and_a_bundle_stand_side_by_side(tiny_run: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    """With their sizes and what they reached; the plot names both."""
    plot = tmp_path / "frontier.svg"
    result = CliRunner().invoke(cost, [str(tiny_run), str(tiny_bundle), "--plot", str(plot)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "frame_auc" in result.output
    named = [element.text for element in ET.parse(plot).iter() if element.text]
    for folder in (tiny_run, tiny_bundle):
        assert folder.name in result.output
        assert folder.name in named
