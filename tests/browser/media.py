"""How pages and clips are served to Chromium from two local ports."""

import re
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path


@dataclass(frozen=True)
class MediaServer:
    """One folder served from two ports, so from two origins.

    Attributes:
        folder: what is put here is served.
        page_origin, other_origin: e.g. `http://127.0.0.1:43211`.
    """

    folder: Path
    page_origin: str
    other_origin: str


class RangeHandler(SimpleHTTPRequestHandler):
    """A file server that knows `Range: bytes=a-b`.

    A file `name.csp` beside a page is its content security policy; one beside a clip, `name.cookie`, is the cookie
    without which the clip is refused, and one, `name.cors`, lets every site read the clip.
    """

    def do_GET(self) -> None:
        """Answer with the file, or the part of it that was asked for."""
        path = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        cookie = path.with_suffix(".cookie")
        if cookie.is_file() and cookie.read_text("utf-8") not in self.headers.get("Cookie", ""):
            self.send_error(HTTPStatus.FORBIDDEN)
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
        if path.with_suffix(".cors").is_file():
            self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # a browser that has read enough hangs up
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
