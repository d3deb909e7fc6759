"""Fixtures of the browser tests: the browser, and pages and clips served from two local ports."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, or the one that `UNMASK_CHROMIUM` names."""
    path = os.environ.get("UNMASK_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("Expected Chromium; on Debian and Ubuntu: apt-get install chromium. Received: none on the path.")
    return path


@dataclass(frozen=True)
class MediaServer:
    """One folder served from two ports, so from two origins.

    Attributes:
        folder: what is put here is served.
        page_origin, other_origin: e.g. `http://127.0.0.1:43211`; neither sends CORS headers.
    """

    folder: Path
    page_origin: str
    other_origin: str


@pytest.fixture
def media_server(tmp_path: Path) -> Iterator[MediaServer]:
    """Serves a fresh folder with byte ranges, which browsers need to seek."""
    folder = tmp_path / "served"
    folder.mkdir()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), partial(_RangeHandler, directory=str(folder))) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    page_origin, other_origin = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    yield MediaServer(folder, page_origin, other_origin)
    for server in servers:
        server.shutdown()
        server.server_close()


class _RangeHandler(SimpleHTTPRequestHandler):
    """A file server that knows `Range: bytes=a-b`; a file `name.csp` beside a page is its content security policy."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = path.read_bytes()
        start = int(wanted[1]) if wanted else 0
        end = int(wanted[2]) + 1 if wanted and wanted[2] else len(content)
        part = content[start:end]
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        policy = path.with_suffix(".csp")
        if path.suffix == ".html" and policy.is_file():
            self.send_header("Content-Security-Policy", policy.read_text("utf-8"))
        self.end_headers()
        try:
            self.wfile.write(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a browser that has read enough hangs up

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
