"""What hostile pages try on a companion that runs beside them, from a real browser: none is let in."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.media import MediaServer
from tests.browser.test_companion import Server
from unmask_export.browser import CHROMIUM_FLAGS

pytestmark = pytest.mark.browser

# A name that the attacker's name server answers with this machine's address once the page is loaded.
REBOUND = "rebound.example"
# Sends what it can with a page's own means; returns the statuses that it may see, or the browser's refusal.
TRY = """async ([address, method, headers, mode]) => {
    const body = method === "POST" ? new Blob(["x"], {type: "text/plain"}) : undefined;
    try {
        const answer = await fetch(address, {method, headers, body, mode, credentials: "include"});
        return answer.type === "opaque" ? "opaque" : answer.status;
    } catch {
        return "refused";
    }
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A companion that nobody has used yet."""
    server = Server(tmp_path_factory.mktemp("companion"))
    yield server
    assert_untouched(server)
    server.stop()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Chromium, for which one more name leads to this machine."""
    with sync_playwright() as playwright:
        flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(params=["127.0.0.1", "localhost", REBOUND])
def hostile(browser: Browser, media_server: MediaServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of another port of this machine, of another name of it, and of another site."""
    (media_server.folder / "page.html").write_text("<h1>Free films</h1>", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(media_server.page_origin.replace("127.0.0.1", request.param) + "/page.html")
    yield page
    context.close()


def assert_untouched(server: Server) -> None:
    """Nothing was scored and no request that changes anything succeeded."""
    with urlopen(server.url + "v1/metrics") as answer:
        counted = answer.read().decode()
    assert "unmask_jobs_total{" not in counted
    done = re.findall(r'unmask_requests_total\{endpoint="([^"]+)",method="(?:POST|DELETE)",status="2\d\d"\}', counted)
    assert done == []


def test_a_page_cannot_post(hostile: Page, server: Server) -> None:
    """Neither blindly nor by asking for leave; it sees no answer."""
    for path in ("v1/score", "v1/jobs", "v1/frames", "v1/session", "v1/pair", "v1/codes"):
        for mode in ("no-cors", "cors"):
            assert hostile.evaluate(TRY, [server.url + path, "POST", {}, mode]) in {"refused", "opaque"}
    assert_untouched(server)


def test_a_page_cannot_read(hostile: Page, server: Server) -> None:
    """Not even what is open to programs."""
    for path in ("", "v1/jobs", "v1/model", "v1/metrics", "v1/openapi.json", "static/app.js"):
        assert hostile.evaluate(TRY, [server.url + path, "GET", {}, "cors"]) == "refused"


def test_a_page_cannot_guess_a_token(hostile: Page, server: Server) -> None:
    """A header needs leave that is not given."""
    for method in ("GET", "POST", "DELETE"):
        guess = {"Authorization": "Bearer guess"}
        assert hostile.evaluate(TRY, [server.url + "v1/jobs", method, guess, "cors"]) == "refused"
    assert_untouched(server)


def test_a_form_of_another_page_is_refused(hostile: Page, server: Server) -> None:
    """A form is sent without asking, and answered with 403."""
    hostile.evaluate(
        """address => {
            document.body.innerHTML = '<form method="post" enctype="multipart/form-data"><input name="file"></form>';
            document.forms[0].action = address;
        }""",
        server.url + "v1/score",
    )
    with hostile.expect_response(server.url + "v1/score") as answer:
        hostile.evaluate("document.forms[0].submit()")
    assert answer.value.status == 403
    assert_untouched(server)


def test_the_page_cannot_be_framed(hostile: Page, server: Server) -> None:
    """Nobody is led to click on what they do not see: the browser refuses to show it."""
    with hostile.expect_console_message(lambda message: "frame-ancestors" in message.text):
        hostile.evaluate(
            """address => {
                const frame = document.createElement("iframe");
                frame.src = address;
                document.body.append(frame);
            }""",
            server.url,
        )
    assert hostile.frame_locator("iframe").get_by_role("heading", name="Was this face forged?").count() == 0


def test_a_rebound_name_reaches_nothing(browser: Browser, server: Server) -> None:
    """A page of a name that leads here is of this very origin to the browser; the Host tells it."""
    context = browser.new_context()
    page = context.new_page()
    port = server.url.rstrip("/").rsplit(":", 1)[1]
    answer = page.goto(f"http://{REBOUND}:{port}/")
    assert answer is not None
    assert answer.status == 403
    for path, method in (("/v1/session", "POST"), ("/v1/jobs", "GET"), ("/v1/model", "GET"), ("/v1/score", "POST")):
        assert page.evaluate(TRY, [path, method, {}, "cors"]) == 403
    context.close()
    assert_untouched(server)
