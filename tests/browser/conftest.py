"""Fixtures of the browser tests: the browser, and pages and clips served from two local ports."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.browser.extension import BUILD, Browser, Launch, build, running, write_clip
from tests.browser.media import MediaServer, RangeHandler
from unmask_edge.assets import asset_path
from unmask_export import browser as chromium
from unmask_export.packages import RuntimeAbsentError


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, or the one that `UNMASK_CHROMIUM` names."""
    try:
        return chromium.chromium_path()
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


@pytest.fixture(scope="module")
def launch(chromium_path: str) -> Iterator[Launch]:
    """Starts Chromium with the build and the profile in two folders, as often as it is called."""
    with sync_playwright() as playwright:
        yield partial(running, playwright, chromium_path)


@pytest.fixture(scope="module")
def browser(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a fresh test build of the extension."""
    build()
    with launch(BUILD, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def closed_pages(browser: Browser) -> Iterator[None]:
    """Close a test's pages after it: tens of open players would slow the tests that follow."""
    yield
    for page in browser.context.pages[1:]:
        page.close()


@pytest.fixture(scope="module")
def portrait_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pan of two seconds over a portrait."""
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    return write_clip(tmp_path_factory.mktemp("clips") / "portrait.webm", lambda k: portrait[4 * k :, 8 * k :])


@pytest.fixture(scope="module")
def faceless_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a grey ramp."""
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3))
    return write_clip(tmp_path_factory.mktemp("clips") / "ramp.webm", lambda k: np.roll(ramp, 8 * k, axis=1))
