"""Keeps web pages of other sites, open in the same browser, away from the companion.

A page elsewhere can send requests to this machine. It is kept from being taken for this server (DNS rebinding) by the
check of `Host`, from using it by the check of `Origin` and `Sec-Fetch-Site`, and from reading or framing its answers
by the headers below and the absence of CORS headers.
"""

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden
from werkzeug.sansio.utils import host_is_trusted

HOSTS = ("127.0.0.1", "localhost")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OWN_FETCHES = (None, "same-origin", "none")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def guard(app: Flask) -> None:
    """Refuse foreign requests before anything else is done with them, and put the headers on every answer."""
    app.before_request(_refuse_foreign)
    app.after_request(_add_headers)


def _refuse_foreign() -> None:
    host = request.headers.get("Host")
    if not host_is_trusted(host, HOSTS):
        raise Forbidden(f"Expected the Host 127.0.0.1 or localhost. Received: {host!r}.")
    if request.method in SAFE_METHODS:
        return
    own = request.host_url.rstrip("/")
    origin = request.headers.get("Origin", own)
    if origin != own:
        raise Forbidden(f"Expected a request of this server's own page, or of no page. Received: Origin {origin!r}.")
    site = request.headers.get("Sec-Fetch-Site")
    if site not in OWN_FETCHES:
        raise Forbidden(f"Expected a request of this server's own page. Received: Sec-Fetch-Site {site!r}.")


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
