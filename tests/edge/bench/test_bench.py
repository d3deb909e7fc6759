"""`unmask bench`: what it measures, what it says of the machine, and the default that it may set."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.edge.media_files import flat_clip
from unmask_edge import preferences
from unmask_edge.bench.commands import bench
from unmask_edge.bench.machine import flags, this_machine
from unmask_edge.bench.measure import STAGES, Bench
from unmask_edge.cli import cli
from unmask_edge.errors import UnmaskError
from unmask_edge.preferences import preferred_format, save_format


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(click, "get_app_dir", lambda name: str(tmp_path / name))


def test_every_stage_is_measured() -> None:
    """Of both formats, on a clip of its own, as JSON that its schema reads."""
    result = CliRunner().invoke(bench, ["--threads", "1", "--rounds", "1", "--json"])
    assert result.exit_code == 0, result.output
    found = Bench.model_validate_json(result.stdout)
    assert [(one.format, one.threads) for one in found.measured] == [("float16", 1), ("int8", 1)]
    for one in found.measured:
        assert list(one.stages) == list(STAGES)
        assert all(0 < spread.p50_ms <= spread.p95_ms for spread in one.stages.values())
        assert one.peak_memory_mb > 0
    assert preferred_format() == "float16"


def test_a_clip_without_a_face_is_refused(tmp_path: Path) -> None:
    """There would be nothing to crop and score."""
    clip = flat_clip(tmp_path / "grey.mp4", [100] * 10)
    result = CliRunner().invoke(bench, [str(clip), "--threads", "1", "--rounds", "1"])
    assert isinstance(result.exception, UnmaskError)
    assert "Expected a clip that shows a face" in str(result.exception)


def test_a_saved_format_is_the_default() -> None:
    """`unmask score` takes it where none is named."""
    assert save_format("int8") == preferences.preferences_path()
    assert preferred_format() == "int8"
    assert '"format": "int8"' in CliRunner().invoke(cli, ["score", "no-such-file", "--json"]).stdout


def test_a_damaged_choice_is_named() -> None:
    """And not passed over."""
    path = save_format("int8")
    path.write_text('{"format": "int4"}', "utf-8")
    with pytest.raises(UnmaskError, match=r"Expected a format out of float32, .* Received: "):
        preferred_format()


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        ("throttled=0x0\n", []),
        (
            "throttled=0x50005\n",
            ["under-voltage now", "throttled now", "under-voltage has occurred", "throttled before"],
        ),
    ],
)
def test_throttling_flags(told: str, meaning: list[str]) -> None:
    """As a Raspberry Pi's firmware sets them."""
    assert flags(told) == meaning


def test_other_flags_are_refused() -> None:
    """Firmware that says something else is not misread."""
    with pytest.raises(ValueError, match="Expected throttled=0x"):
        flags("error: commands not registered")


def test_the_machine_is_named() -> None:
    """Whatever it is."""
    machine = this_machine()
    assert machine.processor
    assert machine.cores >= 1
