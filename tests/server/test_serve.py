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
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from tests.damaged_bundles import DAMAGES
from unmask_edge import UnmaskError
from unmask_server.commands import serve

UNMASK = str(Path(sys.executable).with_name("unmask"))


class Running:
    """`unmask serve` as a process, on a free port unless one is named."""

    def __init__(self, data_dir: Path, *arguments: str, port: int = 0) -> None:
        command = [UNMASK, "serve", "--port", str(port), "--data-dir", str(data_dir), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        address = re.search(r"http://\S+", self.process.stdout.readline())
        assert address
        parts = urlsplit(address.group())
        self.host, self.port = parts.hostname or "", parts.port or 0
        code = re.search(r"\d{4}-\d{4}", self.process.stdout.readline())
        assert code
        paired = self.ask("POST", "/v1/pair", json.dumps({"code": code.group(), "name": "test"}), "application/json")
        self.token = paired["token"]

    def ask(self, method: str, path: str, body: bytes | str | None = None, content_type: str = "image/jpeg") -> Any:
        """Send a request and read its JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {getattr(self, 'token', '')}"}
        connection.request(method, path, body, headers)
        content = connection.getresponse().read()
        connection.close()
        return json.loads(content) if content else None

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        """End it and return what it wrote."""
        self.process.send_signal(sent)
        return self.process.communicate(timeout=60)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A running companion."""
    running = Running(tmp_path / "new", "--workers", "1")
    yield running
    running.process.kill()
    running.process.communicate()


def test_it_listens_on_loopback_and_stops_cleanly(running: Running, tmp_path: Path, portrait: bytes) -> None:
    """It makes its folder, scores what is sent, leaves no upload there, and writes no token to its log."""
    assert running.host == "127.0.0.1"
    assert running.ask("POST", "/v1/score", portrait)["score"] is not None
    output, log = running.stop()
    assert running.process.returncode == 0
    assert list((tmp_path / "new" / "uploads").iterdir()) == []
    assert running.token not in output + log
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["started", "stopping", "stopped"]


def test_a_kill_loses_no_result_and_requeues_the_unfinished(tmp_path: Path, portrait: bytes, clip: bytes) -> None:
    """After kill -9 the next start has the finished result and goes on with the rest; the token still counts."""
    first = Running(tmp_path, "--workers", "1")
    done = first.ask("POST", "/v1/score", portrait)
    jobs = [first.ask("POST", "/v1/jobs", clip)["id"] for _ in range(4)]
    first.stop(signal.SIGKILL)
    second = Running(tmp_path, "--workers", "1")
    try:
        second.token = first.token
        deadline = monotonic() + 60
        while any(not second.ask("GET", f"/v1/jobs/{job}")["finished"] for job in jobs):
            assert monotonic() < deadline
        listed = second.ask("GET", "/v1/jobs")["jobs"]
        assert [job["state"] for job in listed] == ["done"] * 5
        assert second.ask("GET", f"/v1/jobs/{listed[-1]['id']}/result") == done
        assert list((tmp_path / "uploads").iterdir()) == []
    finally:
        second.stop()


def test_a_stop_in_the_middle_is_taken_up_at_the_next_start(tmp_path: Path, clip: bytes) -> None:
    """What waits when it is stopped is scored later."""
    first = Running(tmp_path, "--workers", "1")
    jobs = [first.ask("POST", "/v1/jobs", clip)["id"] for _ in range(6)]
    first.stop()
    assert first.process.returncode == 0
    second = Running(tmp_path, "--workers", "1")
    try:
        deadline = monotonic() + 60
        while any(second.ask("GET", f"/v1/jobs/{job}")["state"] != "done" for job in jobs):
            assert monotonic() < deadline
    finally:
        second.stop()


def test_no_history_keeps_no_result(tmp_path: Path, portrait: bytes) -> None:
    """Results are there while it runs, and on no disk."""
    running = Running(tmp_path, "--workers", "1", "--no-history")
    running.ask("POST", "/v1/score", portrait)
    assert len(running.ask("GET", "/v1/jobs")["jobs"]) == 1
    running.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "pairings.sqlite", "uploads"]
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_body_that_states_too_large_a_size_is_refused_before_it_is_sent(running: Running) -> None:
    """A refusal by the server below the app has the same shape as the app's."""
    connection = http.client.HTTPConnection(running.host, running.port)
    connection.putrequest("POST", "/v1/score")
    connection.putheader("Content-Length", str(2**40))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.read())["detail"].startswith("Expected an upload of at most 1073741824 bytes")
    connection.close()


@pytest.mark.parametrize("size_bytes", [3 * 2**20, 20 * 2**20], ids=["while it is copied", "while it arrives"])
def test_a_full_disk_is_told_and_passes(small_disk: Path, portrait: bytes, size_bytes: int) -> None:
    """507 in the shape of every error; nothing stays, and what fits is scored after it."""
    running = Running(small_disk, "--workers", "1")
    try:
        answer = running.ask("POST", "/v1/score", bytes(size_bytes))
        assert (answer["status"], answer["title"]) == (507, "Insufficient Storage")
        assert running.ask("POST", "/v1/score", portrait)["verdict"] is not None
        assert list((small_disk / "uploads").iterdir()) == []
    finally:
        running.stop()


def test_two_companions_do_not_share_a_folder(running: Running, tmp_path: Path) -> None:
    """The second says so and ends."""
    completed = refused("--data-dir", str(tmp_path / "new"))
    assert "which another companion uses" in completed.stderr
    assert running.ask("GET", "/v1/health") == {"status": "ok"}


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """The error says which port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        completed = refused("--port", str(port), "--data-dir", str(tmp_path))
    assert f"Expected port {port} of 127.0.0.1 to be free" in completed.stderr
    assert "--port N" in completed.stderr
    assert "Traceback" not in completed.stderr


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`unmask serve` that ends with 1 and one line."""
    command = [UNMASK, "serve", "--port", "0", *arguments]
    completed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert completed.returncode == 1
    assert re.fullmatch(r"Error: Expected [^\n]* Received: [^\n]*\n", completed.stderr), completed.stderr
    assert completed.stdout == ""
    return completed


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says which folder and why."""
    (tmp_path / "file").touch()
    result = CliRunner().invoke(serve, ["--port", "0", "--data-dir", str(tmp_path / "file" / "data")])
    assert isinstance(result.exception, UnmaskError)
    assert "Expected a writable data folder" in str(result.exception)


@pytest.mark.parametrize("case", sorted(DAMAGES))
def test_a_damaged_bundle_is_refused(case: str, bundle_copy: Path, tmp_path: Path) -> None:
    """It does not listen: exit code 1 and one line with the cause."""
    DAMAGES[case].inflict(bundle_copy)
    completed = refused("--bundle", str(bundle_copy), "--data-dir", str(tmp_path / "data"))
    assert re.search(DAMAGES[case].message, completed.stderr)


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--format", "float64"], ["--threads", "0"]])
def test_bad_usage_is_refused(arguments: list[str]) -> None:
    """Exit code 2, as for every command."""
    assert CliRunner().invoke(serve, arguments).exit_code == 2
