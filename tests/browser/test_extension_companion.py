"""The extension and the companion, both real: pairing, whole videos and files handed over, what others may not do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.extension import (
    BUILD,
    Browser,
    Launch,
    blob_video,
    build,
    copied_result,
    screenshot,
    serve,
    verdict,
    video,
)
from tests.browser.media import MediaServer
from tests.browser.test_companion import Server
from tests.edge.media_files import ffmpeg
from unmask_edge import Detector

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

OFFER = "Check the whole video with the companion"
# Asks as a page of the extension that may not read the address would: by leave of the server alone.
TRY = """async ([address, token]) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/octet-stream" };
    const answers = ["GET", "POST"].map((method) => {
        const body = method === "POST" ? new Blob(["no clip"]) : undefined;
        const asked = fetch(address, { method, headers, body, credentials: "omit" });
        return asked.then(({ status }) => status, () => "refused");
    });
    return Promise.all(answers);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A companion with one worker."""
    server = Server(tmp_path_factory.mktemp("companion"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _unpaired(browser: Browser) -> Iterator[None]:
    """A test's pairing is its own."""
    yield
    browser.worker.evaluate("chrome.storage.local.clear()")


def _ask(server: Server, method: str, path: str, content: Any = None, **headers: str) -> Any:
    """Ask as the companion's own page does."""
    own = {"Origin": server.url.rstrip("/"), "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    data = json.dumps(content).encode() if content is not None else None
    with urlopen(Request(server.url + "v1" + path, data, {**own, **headers}, method=method)) as answer:
        return json.loads(answer.read() or "null")


def _as_page(server: Server, method: str, path: str) -> Any:
    token = _ask(server, "POST", "/session")["token"]
    return _ask(server, method, path, Authorization=f"Bearer {token}")


def _type_pairing(options: Page, address: str, code: str) -> Locator:
    """Fill in the form; returns the settings' section."""
    section = options.get_by_role("region", name="Companion")
    section.get_by_label("Address").fill(address)
    section.get_by_label("One-time code").fill(code)
    section.get_by_role("button", name="Pair").click()
    return section


def _pair(browser: Browser, server: Server) -> Page:
    """Pair by the settings; returns them."""
    options = browser.open_own("options")
    code = _as_page(server, "POST", "/codes")["code"]
    expect(_type_pairing(options, server.url, code)).to_contain_text("The companion answers.")
    return options


def _hand_over(card: Locator) -> None:
    """Accept the offer, and wait for the companion's verdict."""
    card.get_by_role("button", name=OFFER).click()
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0, timeout=60_000)
    expect(card.get_by_role("button", name=OFFER)).to_have_count(0)


def _wait_for_jobs(page: Page, server: Server, count: int) -> None:
    """Until the companion has so many jobs."""
    for _ in range(100):
        if len(_as_page(server, "GET", "/jobs")["jobs"]) == count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the companion never had {count} jobs")


def _kept(browser: Browser) -> dict[str, Any]:
    kept: dict[str, Any] = browser.worker.evaluate("chrome.storage.local.get()")
    return kept


def test_the_companion_is_paired_and_unpaired_by_the_settings(browser: Browser, server: Server) -> None:
    """What is wrong is said; both sides forget the pairing when it ends."""
    options = browser.open_own("options")
    section = _type_pairing(options, "http://video.example", "0")
    expect(section).to_contain_text("Enter an address on this machine")
    expect(_type_pairing(options, server.url, "0000-0000")).to_contain_text("does not accept this code")
    assert _kept(browser).get("companion") is None
    options = _pair(browser, server)
    screenshot(options, "options-paired")
    kept = _kept(browser)
    token = kept["companionPairing"]["token"]
    assert kept["companion"] == server.url.rstrip("/")
    assert token not in options.content() + options.url
    names = [pairing["name"] for pairing in _as_page(server, "GET", "/pairings")["pairings"]]
    assert kept["companionPairing"]["name"] in names
    options.get_by_role("button", name="End the pairing").click()
    expect(options.get_by_label("One-time code")).to_be_visible()
    assert token not in json.dumps(_kept(browser))
    assert _as_page(server, "GET", "/pairings")["pairings"] == []


def test_the_settings_say_how_the_pairing_stands(browser: Browser, tmp_path: Path) -> None:
    """Forgotten by the companion, or not running; both can be ended."""
    server = Server(tmp_path)
    options = _pair(browser, server)
    state = options.get_by_role("region", name="Companion").get_by_role("status")
    for pairing in _as_page(server, "GET", "/pairings")["pairings"]:
        _as_page(server, "DELETE", f"/pairings/{pairing['id']}")
    options.reload()
    expect(state).to_contain_text("does not know this browser")
    server.stop()
    options.reload()
    expect(state).to_contain_text("does not answer")
    options.get_by_role("button", name="End the pairing").click()
    expect(options.get_by_label("One-time code")).to_be_visible()


def test_erasing_everything_ends_the_pairing(browser: Browser, server: Server) -> None:
    """On both sides."""
    options = _pair(browser, server)
    options.get_by_role("button", name="Erase settings and history").click()
    options.get_by_role("button", name="Erase everything now").click()
    expect(options.get_by_text("Everything was erased.")).to_be_visible()
    assert _kept(browser) == {}
    assert _as_page(server, "GET", "/pairings")["pairings"] == []


@pytest.mark.parametrize("read_by", ["extension", "page"])
def test_a_whole_video_is_checked_by_the_companion(
    browser: Browser, server: Server, media_server: MediaServer, portrait_clip: Path, read_by: str
) -> None:
    """Read from its address or lent by the page; shown by the same card; the companion keeps nothing."""
    _pair(browser, server)
    address = f"{media_server.other_origin}/{portrait_clip.name}"
    body = video(address) if read_by == "extension" else blob_video(portrait_clip)
    page = browser.open(serve(media_server, body, portrait_clip))
    card = verdict(browser.click_toolbar(page))
    _hand_over(card)
    result = copied_result(verdict(card))
    expect(card).to_contain_text("of the whole file, by the companion")
    expected = Detector(format="float16").score(portrait_clip)
    assert result["route"] == "companion"
    assert result["path"] == page.evaluate("document.querySelector('video').currentSrc")
    assert result["score"] == pytest.approx(expected.score, abs=0.001)
    expect(card.get_by_role("img", name=re.compile("Examined frame"))).to_be_visible()
    screenshot(page, f"panel-companion-{read_by}")
    assert _as_page(server, "GET", "/jobs")["jobs"] == []


def test_without_a_companion_nothing_is_offered(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Neither in the card nor by a request."""
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    card = verdict(browser.click_toolbar(page))
    card.locator("summary").click()
    expect(card.get_by_role("button", name="Copy result as JSON")).to_be_visible()
    expect(card.get_by_role("button", name=OFFER)).to_have_count(0)


def test_a_hand_over_is_cancelled_and_a_lost_companion_is_named(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, tmp_path: Path
) -> None:
    """The extension's own verdict stays; the companion drops the file."""
    server = Server(tmp_path / "companion")
    _pair(browser, server)
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    card = verdict(browser.click_toolbar(page))
    said = card.get_by_role("status").first.text_content()
    server.halt_workers()
    card.get_by_role("button", name=OFFER).click()
    expect(card).to_contain_text("Handing the video to the companion")
    _wait_for_jobs(page, server, 1)
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Cancelled.")
    _wait_for_jobs(page, server, 0)
    server.stop()
    card.get_by_role("button", name=OFFER).click()
    expect(card).to_contain_text("The companion does not answer.")
    assert card.get_by_role("status").first.text_content() == said


def test_a_file_of_the_users_is_checked_without_a_companion(browser: Browser, portrait_clip: Path) -> None:
    """As a video of a page is; the result names it by its name."""
    page = browser.open_own("file")
    page.get_by_label("Choose a video file").set_input_files(portrait_clip)
    card = verdict(page.locator("unmask-badge section"))
    screenshot(page, "file")
    expect(card.get_by_role("button", name=OFFER)).to_have_count(0)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    result = copied_result(card)
    assert (result["route"], result["path"]) == ("whole_clip", portrait_clip.name)
    assert result["score"] == pytest.approx(Detector(format="float16").score(portrait_clip).score, abs=0.02)


def test_a_file_that_no_browser_plays_is_checked_by_the_companion(
    browser: Browser, server: Server, portrait_clip: Path, tmp_path: Path
) -> None:
    """Without pictures, which the browser would have to decode."""
    clip = tmp_path / "old.avi"
    ffmpeg("-i", portrait_clip, "-c:v", "mpeg4", "-q:v", "2", clip)
    _pair(browser, server)
    page = browser.open_own("file")
    page.get_by_label("Choose a video file").set_input_files(clip)
    card = page.locator("unmask-badge section")
    expect(card).to_contain_text("Could not check", timeout=60_000)
    _hand_over(card)
    result = copied_result(verdict(card))
    assert (result["route"], result["path"]) == ("companion", clip.name)
    screenshot(page, "file-companion")


def test_no_token_leaves_but_to_the_paired_address(
    launch: Launch, server: Server, media_server: MediaServer, portrait_clip: Path, tmp_path: Path
) -> None:
    """The browser's own log of a whole run: the clip and the companion, and no token but in the latter's headers."""
    build()
    log = tmp_path / "net.json"
    flags = [f"--log-net-log={log}", "--net-log-capture-mode=IncludeSensitive"]
    with launch(BUILD, tmp_path / "profile", *flags) as browser:
        _pair(browser, server)
        token = _kept(browser)["companionPairing"]["token"]
        page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
        card = verdict(browser.click_toolbar(page))
        _hand_over(card)
    content = json.loads(log.read_text("utf-8"))
    start = content["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    started = [event for event in content["events"] if event["type"] == start and "params" in event]
    companion = server.url + "v1/"
    asked = {event["params"]["url"] for event in started if "chrome-extension:" in event["params"].get("initiator", "")}
    assert {url for url in asked if not url.startswith(companion)} == {
        f"{media_server.page_origin}/{portrait_clip.name}"
    }
    assert not [url for url in asked if token in url]
    to_companion = {event["source"]["id"] for event in started if event["params"].get("url", "").startswith(companion)}
    carrying = {event["source"]["id"] for event in content["events"] if token in json.dumps(event)}
    assert carrying, "the log holds headers"
    assert carrying <= to_companion


def test_only_the_paired_extension_gets_leave_without_the_browsers(
    launch: Launch, server: Server, tmp_path: Path
) -> None:
    """The package, which no site is open to: preflights are answered for it once it is paired, and for no other."""
    with launch(build("chrome-mv3", "build:chromium"), tmp_path / "profile") as browser:
        page = browser.open_own("options")
        jobs = server.url + "v1/jobs"
        assert page.evaluate(TRY, [jobs, "guess"]) == ["refused", "refused"]
        origin = f"chrome-extension://{browser.id}"
        code = _as_page(server, "POST", "/codes")["code"]
        paired = _ask(server, "POST", "/pair", {"code": code, "name": "test"}, Origin=origin)
        assert page.evaluate(TRY, [jobs, paired["token"]]) == [200, 202]
        _as_page(server, "DELETE", "/jobs")
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    for other, leave in ((origin, "true"), (f"chrome-extension://{'a' * 32}", None)):
        with urlopen(Request(jobs, headers={"Origin": other, **asked}, method="OPTIONS")) as answer:
            assert answer.headers["Access-Control-Allow-Private-Network"] == leave
