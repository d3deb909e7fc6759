"""External delegates: one that works, and libraries that are none, with real ones made by a C compiler."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.edge.media_files import PORTRAIT, portrait
from unmask_edge import Detector, UnmaskError
from unmask_edge.cli import cli

needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="a C compiler makes the delegates; there is none"
)


def delegate(folder: Path, *options: str) -> str:
    """A delegate's library."""
    library = folder / "libtiny.so"
    source = Path(__file__).with_name("delegate.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", *options, "-o", library, source], check=True)
    return str(library)


@needs_compiler
def test_a_delegate_is_used(tmp_path: Path, detector: Detector) -> None:
    """One that takes nothing leaves every score as it was."""
    with_delegate = Detector(delegate=delegate(tmp_path))
    assert with_delegate.score_image(portrait()).score == detector.score_image(portrait()).score


@needs_compiler
@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (
            "NO_DEVICE",
            r"Expected a delegate that works on this machine\. Received: .*libtiny\.so: .*no device is plugged",
        ),
        ("NO_NET", r"Expected a TFLite model that ai_edge_litert can run with .*libtiny\.so\. Received: "),
    ],
)
def test_a_delegate_that_refuses(refusal: str, message: str, tmp_path: Path) -> None:
    """It says why, or which net it refused."""
    with pytest.raises(UnmaskError, match=message):
        Detector(delegate=delegate(tmp_path, f"-DNO={refusal}"))


@pytest.mark.parametrize(
    ("library", "message"),
    [
        ("libedgetpu-absent.so.1", r"Expected a TFLite delegate's library\. Received: libedgetpu-absent\.so\.1: "),
        ("{tmp}/text.so", r"Expected a TFLite delegate's library\. Received: .*text\.so: "),
        ("libm.so.6", r"Expected a TFLite delegate, whose library has tflite_plugin_create_delegate\. Received: libm"),
    ],
)
def test_no_delegate(library: str, message: str, tmp_path: Path) -> None:
    """A library that is absent, no library, or no delegate is named in one line."""
    (tmp_path / "text.so").write_text("no library")
    with pytest.raises(UnmaskError, match=message):
        Detector(delegate=library.format(tmp=tmp_path))


@pytest.mark.parametrize(
    "command",
    [["score", str(PORTRAIT)], ["info"], ["watch", str(PORTRAIT)], ["bench", "--threads", "1", "--rounds", "1"]],
)
def test_commands_name_an_absent_delegate(command: list[str]) -> None:
    """In one line, as an error that a user can mend."""
    result = CliRunner().invoke(cli, [*command, "--delegate", "libedgetpu-absent.so.1"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Expected a TFLite delegate's library. Received: libedgetpu-absent.so.1: ")
    assert result.stderr.count("\n") == 1


@needs_compiler
def test_info_tells_that_a_delegate_runs(tmp_path: Path) -> None:
    """Once both nets are loaded with it."""
    library = delegate(tmp_path)
    result = CliRunner().invoke(cli, ["info", "--delegate", library])
    assert result.exit_code == 0, result.output
    assert f"{library} loads" in result.stdout
