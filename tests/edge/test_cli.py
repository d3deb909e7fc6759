"""`unmask score` and `unmask info` as a shell or a program calls them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.damaged_bundles import DAMAGES
from tests.edge.media_files import PORTRAIT, portrait_clip
from tests.edge.test_detector import FIELDS
from unmask_edge import __version__
from unmask_edge.cli import GROUP, cli

UNMASK = [sys.executable, "-c", "from unmask_edge.cli import main; main()"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose name has spaces and letters of three scripts."""
    return portrait_clip(tmp_path_factory.mktemp("clips") / "ein Clip, été 顔.mp4")


def unmask(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)


def shell(*arguments: str | Path, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Call the command in a process of its own."""
    return subprocess.run([*UNMASK, *map(str, arguments)], capture_output=True, text=True, check=False, **options)


def test_version() -> None:
    """`--version` prints name and version."""
    assert unmask("--version").output == f"unmask, version {__version__}\n"


def test_json(clip: Path) -> None:
    """`--json` prints one array of objects with stable keys, in the order given."""
    result = unmask("score", "--json", PORTRAIT, clip)
    assert result.exit_code == 0
    answers = json.loads(result.stdout)
    assert [answer["path"] for answer in answers] == [str(PORTRAIT), str(clip)]
    for answer in answers:
        assert answer.keys() == FIELDS
        assert answer["error"] is None
        assert answer["verdict"] in {"likely authentic", "inconclusive", "likely manipulated"}
        assert answer["model"].keys() == {"name", "version", "format", "runtime"}
        for track in answer["tracks"]:
            assert track.keys() == {"track", "score", "verdict", "reason", "frames"}
            for frame in track["frames"]:
                assert frame.keys() == {"time_s", "box", "crop", "score", "flaw", "region_map"}


def test_jsonl(clip: Path) -> None:
    """`--jsonl` prints the same objects, one a line."""
    lines = unmask("score", "--jsonl", PORTRAIT, clip).stdout.splitlines()
    array = json.loads(unmask("score", "--json", PORTRAIT, clip).stdout)
    for line, other in zip(lines, array, strict=True):
        assert {**json.loads(line), "timings_ms": None} == {**other, "timings_ms": None}


def test_good_and_bad_inputs(tmp_path: Path, clip: Path) -> None:
    """Some that cannot be scored give exit code 3; the others are scored all the same, and all are named."""
    text = tmp_path / "text.mp4"
    text.write_text("no clip")
    result = unmask("score", "--jsonl", PORTRAIT, text, tmp_path / "absent.png", clip)
    assert result.exit_code == 3
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    reasons = [answer["error"] and answer["error"]["reason"] for answer in answers]
    assert reasons == [None, "unreadable", "missing", None]
    assert all(answer.keys() == FIELDS for answer in answers)


def test_table(tmp_path: Path) -> None:
    """Without a flag there is a table with every input, why one failed, and that a low score proves nothing."""
    result = unmask("score", PORTRAIT, tmp_path / "absent.png")
    assert result.exit_code == 3
    words = " ".join(result.stdout.split())
    assert "astronaut.png" in words.replace(" ", "")
    assert "not scored" in words
    assert "missing: Expected a file." in words
    assert "not that the picture is real" in words


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_table_keeps_to_the_terminal(columns: int, tmp_path: Path) -> None:
    """No line is wider than the terminal, and no name is shortened."""
    name = "a very long name of a clip that goes on and on " * 3 + ".mp4"
    result = shell("score", name, PORTRAIT, env={**os.environ, "COLUMNS": str(columns)}, cwd=tmp_path)
    assert max(len(line) for line in result.stdout.splitlines()) <= columns
    assert name.replace(" ", "") in "".join(result.stdout.split())


def test_folder_and_glob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders and globs are scored file by file."""
    for name in ["one.png", "two.png"]:
        (tmp_path / name).write_bytes(PORTRAIT.read_bytes())
    monkeypatch.chdir(tmp_path)
    for argument in [".", "*.png"]:
        result = unmask("score", "--json", argument)
        assert [answer["path"] for answer in json.loads(result.stdout)] == ["one.png", "two.png"]


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without media is reported, not passed over."""
    result = unmask("score", "--json", tmp_path)
    assert result.exit_code == 3
    assert "folder" in json.loads(result.stdout)[0]["error"]["message"]


@pytest.mark.parametrize("kind", ["picture", "clip"])
def test_standard_input(kind: str, clip: Path) -> None:
    """`-` scores what comes on standard input, as if it were a file."""
    path = PORTRAIT if kind == "picture" else clip
    by_stdin = json.loads(unmask("score", "--json", "-", stdin=path.read_bytes()).stdout)[0]
    by_path = json.loads(unmask("score", "--json", path).stdout)[0]
    assert by_stdin["path"] == "-"
    assert (by_stdin["score"], by_stdin["tracks"]) == (by_path["score"], by_path["tracks"])


def test_nothing_on_standard_input() -> None:
    """An empty standard input is an empty file."""
    result = unmask("score", "--json", "-", stdin=b"")
    assert result.exit_code == 3
    assert json.loads(result.stdout)[0]["error"]["reason"] == "unreadable"


@pytest.mark.parametrize("frames", [1, 3])
def test_frames(frames: int, clip: Path) -> None:
    """`--frames` sets how many frames of a clip are looked at."""
    assert json.loads(unmask("score", "--json", "--frames", str(frames), clip).stdout)[0]["frames_sampled"] == frames


@pytest.mark.parametrize("format_", ["float16", "int8"])
def test_format(format_: str) -> None:
    """`--format` picks the file that is run, and the result says which."""
    result = unmask("score", "--json", "--format", format_, "--threads", "2", PORTRAIT)
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["model"]["format"] == format_


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["--json", "--jsonl", "a.png"], "Received: both"),
        (["--frames", "0", "a.png"], "--frames"),
        (["--threads", "0", "a.png"], "--threads"),
        (["--threads", "1000", "a.png"], "--threads"),
        (["--format", "tfjs", "a.png"], "--format"),
        (["--bundle", "no/such/folder", "a.png"], "Expected a model bundle"),
        (["--bundle", str(PORTRAIT), "a.png"], "Expected a model bundle"),
        (["--unknown", "a.png"], "--unknown"),
    ],
)
def test_bad_usage(arguments: list[str], message: str) -> None:
    """Bad usage gives exit code 2 and says what is wrong on standard error, nothing on standard output."""
    result = unmask("score", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("case", sorted(DAMAGES))
def test_damaged_bundle(case: str, bundle_copy: Path) -> None:
    """A bundle that cannot be trusted scores nothing: exit code 2 and the cause, without a traceback."""
    DAMAGES[case].inflict(bundle_copy)
    result = unmask("score", "--json", "--bundle", bundle_copy, PORTRAIT)
    assert result.exit_code == 2
    assert re.search(DAMAGES[case].message, result.stderr)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_unknown_command() -> None:
    """A command that does not exist is bad usage."""
    result = unmask("scoer")
    assert result.exit_code == 2
    assert "scoer" in result.stderr


def test_info() -> None:
    """`unmask info` prints what the bundle's manifest says."""
    result = unmask("info")
    assert result.exit_code == 0
    for word in ["model", "float16", "int8", "tfjs", "likely manipulated", "temperature", "trained on"]:
        assert word in result.stdout


def test_info_of_no_bundle(tmp_path: Path) -> None:
    """`unmask info` of a folder that is no bundle is bad usage."""
    assert unmask("info", "--bundle", tmp_path).exit_code == 2


@pytest.mark.parametrize("command", sorted(entry_points(group=GROUP).names))
def test_help(command: str) -> None:
    """Every command is listed and explains itself."""
    assert f"\n  {command} " in unmask("--help").output
    result = unmask(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_only_results_on_standard_output(clip: Path, tmp_path: Path) -> None:
    """Progress and decoders' notes never mix with the results, and off a terminal there is no progress at all."""
    (tmp_path / "text.mp4").write_text("no clip")
    done = shell("score", "--jsonl", clip, PORTRAIT, tmp_path / "text.mp4")
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == [
        str(clip),
        str(PORTRAIT),
        str(tmp_path / "text.mp4"),
    ]
    assert done.stderr == ""


def test_progress_in_a_terminal(clip: Path) -> None:
    """Where standard error is a terminal, progress is drawn there while results go to the pipe."""
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    process = subprocess.Popen([*UNMASK, "score", "--json", str(clip)], stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    drawn = b"".join(read_all(leader))
    stdout, _ = process.communicate()
    assert json.loads(stdout)[0]["path"] == str(clip)
    assert b"inputs" in drawn
    assert process.returncode == 0


def read_all(descriptor: int) -> Iterator[bytes]:
    """Read a terminal until its other end closes, which some systems tell by an error."""
    try:
        while data := os.read(descriptor, 4096):
            yield data
    except OSError:
        return


@pytest.mark.parametrize("flag", ["--jsonl", "--json", ""])
def test_closed_pipe(flag: str) -> None:
    """A reader that goes away early, such as `head`, causes no traceback."""
    process = subprocess.Popen(
        [*UNMASK, "score", *([flag] if flag else []), *[str(PORTRAIT)] * 3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    stderr = process.stderr.read()
    process.wait()
    process.stderr.close()
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_terminals_without_unicode(encoding: str, clip: Path) -> None:
    """A terminal that cannot show a name's letters or the table's signs still gets the results."""
    done = subprocess.run(
        [*UNMASK, "score", str(clip), str(PORTRAIT)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert b"astronaut.png" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes are Linux's")
@pytest.mark.parametrize("flag", ["--jsonl", "--json", None])
def test_name_that_is_no_text(flag: str | None, tmp_path: Path) -> None:
    """A file whose name is not valid UTF-8, which OpenCV would die of, gets a clear error; its neighbour a score."""
    name = os.fsdecode(b"caf\xe9.png")
    (tmp_path / name).write_bytes(PORTRAIT.read_bytes())
    done = subprocess.run(
        [*UNMASK, "score", *([flag] if flag else []), name, str(PORTRAIT)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 3, done.stderr
    if flag:
        answers = json.loads(b"[" + b",".join(done.stdout.splitlines()) + b"]" if flag == "--jsonl" else done.stdout)
        assert [answer["path"] for answer in answers] == [name, str(PORTRAIT)]
        assert [answer["error"] is None for answer in answers] == [False, True]
