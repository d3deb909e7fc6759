"""Who is let in: codes, tokens, the page, extensions."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.server.conftest import OWN, client_of
from tests.server.test_api import assert_problem
from unmask_server.app import create_app
from unmask_server.companion import Companion
from unmask_server.pairing import CODE_LIFE_S, TRIES, Codes
from unmask_server.security import OPEN_ENDPOINTS

EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
OTHER_EXTENSION = "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba"
PAGE = {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}


def pair(client: FlaskClient, code: str, **headers: str) -> TestResponse:
    """Exchange a code for a token."""
    return client.post("/v1/pair", json={"code": code, "name": "test"}, headers=headers, base_url=OWN)


def test_a_code_is_good_for_one_token(stranger: FlaskClient, app: Flask, companion: Companion) -> None:
    """With or without its dash; the second use is refused; removing the program makes its token worthless."""
    code = companion.pairings.new_code()
    response = pair(stranger, code.replace("-", ""))
    assert response.status_code == 201
    paired = client_of(app, response.get_json()["token"])
    assert pair(stranger, code).status_code == 403
    listed = paired.get("/v1/pairings").get_json()["pairings"]
    assert [program["name"] for program in listed] == ["test"]
    assert paired.delete(f"/v1/pairings/{listed[0]['id']}").status_code == 204
    assert paired.get("/v1/pairings").status_code == 401


def test_a_code_is_not_guessed() -> None:
    """A few wrong tries use it up."""
    codes = Codes()
    code = codes.new()
    wrong = f"{(int(code.replace('-', '')) + 1) % 10**8:08}"
    assert not any(codes.use(wrong) for _ in range(TRIES))
    assert not codes.use(code)


@pytest.mark.parametrize("code", ["", "-", "0", "١٢٣٤٥٦٧٨"])
def test_no_code_is_good_before_there_is_one(code: str) -> None:
    """An empty code is none."""
    assert not Codes().use(code)


def test_a_code_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that nobody sets."""
    codes, now = Codes(), 1000.0
    monkeypatch.setattr("unmask_server.pairing.monotonic", lambda: now)
    code = codes.new()
    now += CODE_LIFE_S
    assert not codes.use(code)


@pytest.mark.parametrize(("body", "content_type"), [("{", "application/json"), ('{"code": "1"}', "text/plain")])
def test_a_body_that_is_no_json_is_told_so(stranger: FlaskClient, body: str, content_type: str) -> None:
    """In words of the interface, not of the program."""
    assert_problem(stranger.post("/v1/pair", data=body, content_type=content_type), 422, "Expected a JSON object")


def test_guesses_are_slowed_down(stranger: FlaskClient) -> None:
    """Ten tries a minute, then 429 with the time to wait."""
    answers = [pair(stranger, "0000-0000") for _ in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {403}
    assert answers[10].status_code == 429
    assert answers[10].content_type == "application/problem+json"
    assert int(answers[10].headers["Retry-After"]) > 0


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every method and path under /v1 that is not open."""
    return [
        (method, re.sub("<[^>]+>", "0" * 32, rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
        if rule.endpoint not in OPEN_ENDPOINTS
    ]


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer guess", "Basic dTpw", "bearer", "Bearer \xff"])
def test_nothing_is_done_or_told_without_a_token(stranger: FlaskClient, app: Flask, header: str | None) -> None:
    """Every route but the open ones answers 401."""
    headers = {"Authorization": header} if header else {}
    asked = routes(app)
    assert len(asked) > 10
    for method, path in asked:
        response = stranger.open(path, method=method, headers=headers)
        assert response.status_code == 401, path
        assert response.content_type == "application/problem+json"


def test_open_routes_change_nothing(app: Flask) -> None:
    """What is open to all can be read, but for the two ways to get a token."""
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint in OPEN_ENDPOINTS and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert changing == {"pairing.pair", "pairing.session"}


def test_the_own_page_gets_a_token(stranger: FlaskClient, app: Flask) -> None:
    """By headers that only a browser sets, and only for a page of this address."""
    response = stranger.post("/v1/session", headers=PAGE, base_url=OWN)
    assert response.status_code == 201
    assert client_of(app, response.get_json()["token"]).get("/v1/jobs").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": OWN, "Sec-Fetch-Site": "none"},
        {"Origin": OWN, "Sec-Fetch-Site": "same-site"},
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": EXTENSION, "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_no_other_page_gets_one(stranger: FlaskClient, headers: dict[str, str]) -> None:
    """Another port, a sandboxed frame, an extension, a program."""
    assert stranger.post("/v1/session", headers=headers, base_url=OWN).status_code == 403


def test_an_extensions_token_is_its_own(stranger: FlaskClient, app: Flask, companion: Companion) -> None:
    """Another extension cannot use it; only the paired one may read across origins and reach this machine."""
    token = pair(stranger, companion.pairings.new_code(), Origin=EXTENSION).get_json()["token"]
    paired = client_of(app, token)
    response = paired.get("/v1/jobs", headers={"Origin": EXTENSION})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == EXTENSION
    assert paired.post("/v1/codes", headers={"Origin": EXTENSION}).status_code == 201
    refused = paired.post("/v1/codes", headers={"Origin": OTHER_EXTENSION})
    assert refused.status_code == 401
    assert "Access-Control-Allow-Origin" not in refused.headers
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    allowed = stranger.options("/v1/frames", headers={"Origin": EXTENSION, **asked})
    assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    for origin in (OTHER_EXTENSION, "https://evil.example", "null"):
        answer = stranger.options("/v1/frames", headers={"Origin": origin, **asked})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_elsewhere_than_on_loopback_the_page_needs_the_code(companion: Companion) -> None:
    """Any address of the machine is answered, no name is, and no page is trusted by its headers."""
    open_to_all = replace(companion.settings, host="0.0.0.0")
    app = create_app(_with_settings(companion, open_to_all))
    client = app.test_client()
    for host in ("192.168.1.7:8427", "[fe80::1]:8427", "127.0.0.1:8427"):
        assert client.get("/v1/health", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "192.168.1.7.evil.example", "[fe80::1", "192.168.1.7@evil", ""):
        assert client.get("/v1/health", headers={"Host": host}).status_code == 403
    assert client.post("/v1/session", headers=PAGE, base_url=OWN).status_code == 403
    assert client.get("/v1/jobs").status_code == 401


def _with_settings(companion: Companion, settings: object) -> Companion:
    other = object.__new__(Companion)
    other.__dict__.update(companion.__dict__, settings=settings)
    return other
