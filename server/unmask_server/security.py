"""Keeps web pages of other sites, open in the same browser, away from the companion.

A page elsewhere can send requests to this machine. It is kept from being taken for this server (DNS rebinding) by the
check of `Host`, from using it by the checks of `Origin`, `Sec-Fetch-Site` and the token, and from reading or framing
its answers by the headers below and the absence of CORS headers, which only paired extensions get.
"""

import ipaddress
import re
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.sansio.utils import get_host, host_is_trusted

from unmask_server.pairing import Pairings

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
EXTENSION = re.compile(r"(chrome|moz|safari-web)-extension://[0-9A-Za-z-]{8,64}")
BEARER = "Bearer "
# Everything else under /v1 needs a token.
OPEN_ENDPOINTS = frozenset(
    {
        *("page", "static", "docs", "openapi", "rapidoc.static", None),
        *("meta.model", "meta.health", "meta.metrics", "pairing.pair", "pairing.session"),
    }
)

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**changes: str) -> str:
    """The content security policy, with some directives changed; `_` stands for `-` in their names."""
    directives = _POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


HEADERS = {
    "Content-Security-Policy": policy(require_trusted_types_for="'script'"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses foreign requests before anything else is done with them, and puts the headers on every answer."""

    def __init__(self, app: Flask, pairings: Pairings, on_loopback: bool) -> None:
        self._pairings, self._on_loopback = pairings, on_loopback
        app.before_request(self._check)
        app.after_request(self._add_headers)

    def _check(self) -> Response | None:
        self._check_host()
        origin = request.headers.get("Origin")
        extension = origin if origin and EXTENSION.fullmatch(origin) else None
        if request.method == "OPTIONS" and extension:
            return Response(status=HTTPStatus.NO_CONTENT)
        if not extension:
            _refuse_other_sites(origin)
        if request.endpoint not in OPEN_ENDPOINTS and request.method != "OPTIONS":
            self._check_token(extension)
        return None

    def _check_host(self) -> None:
        host = request.headers.get("Host")
        if host_is_trusted(host, LOCAL_NAMES) or (not self._on_loopback and _is_address(host)):
            return
        expected = "127.0.0.1 or localhost" if self._on_loopback else "this machine's address"
        raise Forbidden(f"Expected the Host {expected}. Received: {host!r}.")

    def _check_token(self, extension: str | None) -> None:
        header = request.headers.get("Authorization", "")
        if header.startswith(BEARER) and self._pairings.knows(header.removeprefix(BEARER), extension):
            return
        received = "one that is not known" if header else "none"
        error = Unauthorized(
            f"Expected the header `Authorization: Bearer TOKEN` with a paired token. Received: {received}."
        )
        error.www_authenticate = None
        raise error

    def _add_headers(self, response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        origin = request.headers.get("Origin")
        if origin and EXTENSION.fullmatch(origin) and self._pairings.has_origin(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response


def is_own_page() -> bool:
    """Whether a browser says that this request comes from a page of this very server, on this machine."""
    return (
        request.headers.get("Origin") == request.host_url.rstrip("/")
        and request.headers.get("Sec-Fetch-Site") == "same-origin"
        and ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104  (stands for none)
    )


def _refuse_other_sites(origin: str | None) -> None:
    if request.method in SAFE_METHODS:
        return
    own = request.host_url.rstrip("/")
    if origin not in {None, own}:
        raise Forbidden(f"Expected a request of this server's own page, or of no page. Received: Origin {origin!r}.")
    site = request.headers.get("Sec-Fetch-Site")
    if site not in {None, "same-origin", "none"}:
        raise Forbidden(f"Expected a request of this server's own page. Received: Sec-Fetch-Site {site!r}.")


def _is_address(host: str | None) -> bool:
    """Whether a Host header is an IP address: a name can be rebound, an address cannot."""
    name = get_host("http", host).rsplit(":", 1)[0] if host and "]" not in host else (host or "").split("]")[0]
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
