"""Requests as hostile pages in the same browser would cause them."""

import io

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.server.conftest import OWN


def post(client: FlaskClient, portrait: bytes, **headers: str) -> TestResponse:
    """Send a picture with headers, their names in Python's spelling."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/score", data={"file": (io.BytesIO(portrait), "portrait.jpg")}, base_url=OWN, headers=named)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8427", "localhost", "localhost:8427"])
def test_own_hosts_are_answered(client: FlaskClient, host: str) -> None:
    """Both names of this machine, with or without a port."""
    assert client.get("/v1/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8427", "192.168.1.7:8427", "localhost@evil", ""]
)
@pytest.mark.parametrize("path", ["/", "/v1/health", "/v1/model", "/static/app.js", "/nowhere"])
def test_other_hosts_are_refused(client: FlaskClient, host: str, path: str) -> None:
    """A name that was rebound to this machine reaches nothing."""
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 403
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:8427", "http://localhost:8427", ""],
)
def test_posts_of_other_origins_are_refused(client: FlaskClient, portrait: bytes, origin: str) -> None:
    """Another site, another port, another scheme, a sandboxed frame."""
    response = post(client, portrait, Origin=origin)
    assert response.status_code == 403
    assert "Origin" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_posts_that_the_browser_calls_foreign_are_refused(client: FlaskClient, portrait: bytes, site: str) -> None:
    """Fetch metadata counts even where a page got rid of the Origin."""
    assert post(client, portrait, Sec_Fetch_Site=site).status_code == 403


def test_posts_of_the_own_page_and_of_programs_are_answered(client: FlaskClient, portrait: bytes) -> None:
    """The page sends its Origin, curl sends none."""
    assert post(client, portrait, Origin=OWN, Sec_Fetch_Site="same-origin").status_code == 200
    assert post(client, portrait).status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/v1/model", "/nowhere"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    """No framing, no sniffing, no foreign script or connection, no leave for other origins to read."""
    response = client.get(path, headers={"Origin": "https://evil.example"})
    response.close()
    headers = response.headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name, _ in headers if name.startswith("Access-Control")]


def test_preflights_get_no_leave(client: FlaskClient) -> None:
    """A browser that asks for another site, or for the private network, is not told yes."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Private-Network": "true"}
    response = client.options("/v1/score", headers=asked)
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
