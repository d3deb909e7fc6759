"""Runs exported files in Chromium: TF.js by wasm and WebGL, and LiteRT.js, served to a page of ours from 127.0.0.1."""

import base64
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Error, Page, sync_playwright

from unmask_edge.errors import UnmaskError
from unmask_export.packages import RuntimeAbsentError, browser_packages

PAGE = Path(__file__).with_name("run_browser.html")
# Compiling a model's shaders on a software GPU may take a minute.
LIMIT_MS = 300_000
# It runs as root in containers, and asks nothing of other machines.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# WebGL without a GPU, drawn by the CPU.
SOFTWARE_GPU_FLAGS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
BrowserRuntime = Literal["wasm", "webgl", "litert"]


def chromium_path() -> str:
    """The Chromium that `UNMASK_CHROMIUM` names, or that on the path.

    Raises:
        RuntimeAbsentError: if there is none.
    """
    path = os.environ.get("UNMASK_CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise RuntimeAbsentError(
            "Expected Chromium; on Debian and Ubuntu: apt-get install chromium. Received: none on the path."
        )
    return path


def run(runtime: BrowserRuntime, model: Path, crops: NDArray[np.uint8], uint8: bool) -> list[list[NDArray[np.float32]]]:
    """All outputs of each crop.

    Args:
        runtime: which of the page's.
        model: `model.json` with its shards beside it, or a `.tflite` file.
        crops: `(n, H, W, 3)` uint8 RGB.
        uint8: whether the model takes uint8 in place of float32.

    Raises:
        RuntimeAbsentError: if Chromium or npm is missing.
        UnmaskError: if the model does not run there.
    """
    request = {
        "runtime": runtime,
        "model": f"/model/{model.name}",
        "uint8": uint8,
        "shape": list(crops.shape),
        "pixels": base64.b64encode(crops.tobytes()).decode(),
    }
    with _page(model.parent) as page:
        try:
            results = page.evaluate("request => window.runModel(request)", request)
        except Error as error:
            raise UnmaskError(f"Expected Chromium to run {model.name}. Received: {error.message}") from error
    return [[np.array(output["values"], np.float32).reshape(output["shape"]) for output in crop] for crop in results]


@contextmanager
def _page(model_folder: Path) -> Iterator[Page]:
    """Our page in a fresh Chromium."""
    executable = chromium_path()
    flags = [*CHROMIUM_FLAGS, *SOFTWARE_GPU_FLAGS]
    with _served(model_folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=flags)
        try:
            page = browser.new_page()
            page.set_default_timeout(LIMIT_MS)
            page.goto(f"{address}/page/{PAGE.name}")
            page.wait_for_function("typeof window.runModel === 'function'")
            yield page
        finally:
            browser.close()


@contextmanager
def _served(model_folder: Path) -> Iterator[str]:
    folders = {"npm": browser_packages() / "node_modules", "model": model_folder, "page": PAGE.parent}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    """Serves several folders, each under its name."""

    def __init__(self, folders: dict[str, Path], *arguments: Any) -> None:
        self._folders = folders
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        """The file below the folder that the path's first part names; none for another."""
        _, name, *rest = path.partition("?")[0].split("/")
        if name not in self._folders or ".." in rest:
            return str(PAGE.with_name("none"))
        return str(self._folders[name].joinpath(*rest))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
