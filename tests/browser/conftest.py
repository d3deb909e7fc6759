"""Fixtures of the browser tests: the browser, and pages and clips served from two local ports."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.media import MediaServer, RangeHandler
from unmask_export import browser
from unmask_export.packages import RuntimeAbsentError


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, or the one that `UNMASK_CHROMIUM` names."""
    try:
        return browser.chromium_path()
    except RuntimeAbsentError as error:
        pytest.fail(str(error))


@pytest.fixture
def media_server(tmp_path: Path) -> Iterator[MediaServer]:
    """Serves a fresh folder with byte ranges, which browsers need to seek."""
    folder = tmp_path / "served"
    folder.mkdir()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), partial(RangeHandler, directory=str(folder))) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    page_origin, other_origin = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    yield MediaServer(folder, page_origin, other_origin)
    for server in servers:
        server.shutdown()
        server.server_close()
