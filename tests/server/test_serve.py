"""`unmask serve` as a program: its address, its folder, its end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from tests.damaged_bundles import DAMAGES

from unmask_edge import UnmaskError
from unmask_server.commands import serve

UNMASK = str(Path(sys.executable).with_name("unmask"))
Running = tuple[subprocess.Popen[str], str, int]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The server's process, and the host and port that it prints."""
    command = [
        str(Path(sys.executable).with_name("unmask")),
        "serve",
        "--port",
        "0",
        "--data-dir",
        str(tmp_path / "new"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        parts = urlsplit(address.group())
        yield process, parts.hostname or "", parts.port or 0
        process.kill()


def test_it_listens_on_loopback_and_stops_cleanly(running: Running, tmp_path: Path, portrait: bytes) -> None:
    """It makes its folder, scores what is sent, and leaves nothing there when it is stopped."""
    process, host, port = running
    assert host == "127.0.0.1"
    connection = http.client.HTTPConnection(host, port)
    connection.request("POST", "/v1/score", portrait, {"Content-Type": "image/jpeg"})
    response = connection.getresponse()
    assert response.status == 200
    assert json.loads(response.read())["score"] is not None
    connection.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert list((tmp_path / "new").iterdir()) == []


def test_a_body_that_states_too_large_a_size_is_refused_before_it_is_sent(running: Running) -> None:
    """A refusal by the server below the app has the same shape as the app's."""
    _, host, port = running
    connection = http.client.HTTPConnection(host, port)
    connection.putrequest("POST", "/v1/score")
    connection.putheader("Content-Length", str(2**40))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.read())["detail"].startswith("Expected an upload of at most 1073741824 bytes")
    connection.close()


def test_a_taken_port_is_named() -> None:
    """The error says which port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        completed = subprocess.run([UNMASK, "serve", "--port", str(port)], check=False, capture_output=True, text=True)
    assert completed.returncode == 1
    assert f"Expected port {port} of 127.0.0.1 to be free" in completed.stderr
    assert "--port N" in completed.stderr
    assert "Traceback" not in completed.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says which folder and why."""
    (tmp_path / "file").touch()
    result = CliRunner().invoke(serve, ["--port", "0", "--data-dir", str(tmp_path / "file" / "data")])
    assert isinstance(result.exception, UnmaskError)
    assert "Expected a writable data folder" in str(result.exception)


@pytest.mark.parametrize("case", sorted(DAMAGES))
def test_a_damaged_bundle_is_refused(case: str, bundle_copy: Path) -> None:
    """It does not listen: exit code 1 and one line with the cause."""
    DAMAGES[case].inflict(bundle_copy)
    command = [UNMASK, "serve", "--port", "0", "--bundle", str(bundle_copy)]
    completed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert completed.returncode == 1
    assert re.search(DAMAGES[case].message, completed.stderr)
    assert re.fullmatch(r"Error: Expected [^\n]* Received: [^\n]*\n", completed.stderr)
    assert completed.stdout == ""


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--format", "float64"], ["--threads", "0"]])
def test_bad_usage_is_refused(arguments: list[str]) -> None:
    """Exit code 2, as for every command."""
    assert CliRunner().invoke(serve, arguments).exit_code == 2
