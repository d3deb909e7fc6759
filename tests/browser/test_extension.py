"""The extension in Chromium: the toolbar's click on real pages, and the same answer as in Python.

With `UNMASK_SCREENSHOTS=FOLDER` pictures of the badge are kept there, to be looked at.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, Worker, expect, sync_playwright

from tests.browser.media import MediaServer
from tests.damaged_bundles import flip_byte
from unmask_edge import Detector
from unmask_edge.assets import asset_path
from unmask_edge.result import Result
from unmask_export.browser import CHROMIUM_FLAGS

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).parents[2]
EXTENSION = REPOSITORY / "extension"
EDGE = REPOSITORY / "edge" / "unmask_edge"
BUILD = EXTENSION / ".output" / "chrome-mv3-test"
BUILT_FROM = [
    *(EXTENSION / name for name in ("entrypoints", "lib", "public", "wxt.config.ts", "package-lock.json")),
    *(EDGE / name for name in ("bundle", "assets", "manifest.schema.json")),
]
SHARED_CLIPS = REPOSITORY.parent / "shared/data/video-val/clips"
VERDICTS = {
    "likely manipulated": "Likely manipulated",
    "inconclusive": "Inconclusive",
    "likely authentic": "No sign of forgery found",
}
PROGRESS = re.compile(r"Frame \d+ of \d+")
# Other decoders and another runtime: frames differ by a level or two, scores by some hundredths.
SCORE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Browser:
    """Chromium with the extension.

    Attributes:
        context: its pages.
        worker: the extension's service worker.
    """

    context: BrowserContext
    worker: Worker

    def open(self, url: str) -> Page:
        """A page whose videos, if any, have loaded a frame."""
        page = self.context.new_page()
        page.goto(url)
        page.wait_for_function("[...document.querySelectorAll('video')].every((video) => video.readyState >= 2)")
        return page

    def click_toolbar(self, page: Page) -> Locator:
        """Click the extension's toolbar button on a page; returns the badge's card."""
        page.bring_to_front()  # the button is that of the page in front
        assert self.context.browser is not None
        devtools = self.context.browser.new_browser_cdp_session()
        tabs = devtools.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        (tab,) = (tab for tab in tabs if tab["url"] == page.url)
        extension_id = self.worker.url.split("/")[2]
        devtools.send("Extensions.triggerAction", {"id": extension_id, "targetId": tab["targetId"]})
        devtools.detach()
        return page.locator("unmask-badge section")


Launch = Callable[[Path, Path], AbstractContextManager[Browser]]


@pytest.fixture(scope="module")
def launch(chromium_path: str) -> Iterator[Launch]:
    """Starts Chromium with the build and the profile in two folders, as often as it is called."""
    with sync_playwright() as playwright:
        yield partial(_running, playwright, chromium_path)


@pytest.fixture(scope="module")
def browser(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a fresh test build of the extension."""
    _build()
    with launch(BUILD, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(params=["flipped byte", "missing file"])
def damaged_browser(
    request: pytest.FixtureRequest, browser: Browser, launch: Launch, tmp_path: Path
) -> Iterator[Browser]:
    """Chromium with a copy of that build whose bundle was damaged."""
    del browser  # there is a build once it runs
    build = shutil.copytree(BUILD, tmp_path / "build")
    if request.param == "flipped byte":
        flip_byte(build / "bundle" / "tfjs" / "group1-shard1of1.bin")
    else:
        (build / "bundle" / "golden.json").unlink()
    with launch(build, tmp_path / "profile") as damaged:
        yield damaged


@contextmanager
def _running(playwright: Playwright, chromium_path: str, build: Path, profile: Path) -> Iterator[Browser]:
    flags = [*CHROMIUM_FLAGS, f"--disable-extensions-except={build}", f"--load-extension={build}"]
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium_path, headless=True, args=flags
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
    yield Browser(context, worker)
    context.close()


@pytest.fixture(autouse=True)
def _closed_pages(browser: Browser) -> Iterator[None]:
    """Close a test's pages after it: tens of open players would slow the tests that follow."""
    yield
    for page in browser.context.pages[1:]:
        page.close()


def _build() -> None:
    """Build the extension unless nothing that it is made of is newer than the build."""
    files = [file for path in BUILT_FROM for file in [path, *path.rglob("*")] if file.is_file()]
    built = BUILD / "manifest.json"
    if not built.is_file() or built.stat().st_mtime < max(file.stat().st_mtime for file in files):
        subprocess.run(["npm", "run", "--silent", "build:test"], cwd=EXTENSION, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def portrait_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pan of two seconds over a portrait."""
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    return _write_clip(tmp_path_factory.mktemp("clips") / "portrait.webm", lambda k: portrait[4 * k :, 8 * k :])


@pytest.fixture(scope="module")
def faceless_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a grey ramp."""
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3))
    return _write_clip(tmp_path_factory.mktemp("clips") / "ramp.webm", lambda k: np.roll(ramp, 8 * k, axis=1))


def _write_clip(path: Path, frame: Callable[[int], Any], side_px: int = 256) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP90"), 10, (side_px, side_px))
    assert writer.isOpened(), "OpenCV's wheel writes VP9"
    for k in range(20):
        writer.write(np.ascontiguousarray(frame(k)[:side_px, :side_px]))
    writer.release()
    return path


def _serve(server: MediaServer, body: str, *clips: Path) -> str:
    """Put a page and clips on the server; returns the page's address."""
    for clip in clips:
        (server.folder / clip.name).write_bytes(clip.read_bytes())
    (server.folder / "page.html").write_text(f"<!doctype html><link rel=icon href=data:,>{body}", "utf-8")
    return f"{server.page_origin}/page.html"


def _video(address: str, more: str = "") -> str:
    return f'<video src="{address}" width="640" preload="auto" controls muted {more}></video>'


def _blob_video(clip: Path, then: str = "") -> str:
    script = f"const video = document.querySelector('video');{then}"
    script += f"fetch('{clip.name}').then((r) => r.blob()).then((blob) => video.src = URL.createObjectURL(blob))"
    return f"<video width=640 muted loop></video><script>{script}</script>"


def _verdict(card: Locator) -> Locator:
    expect(card.locator("summary")).to_be_visible(timeout=60_000)
    return card


def _copied_result(card: Locator) -> dict[str, Any]:
    """The result that the badge's button copies."""
    card.locator("summary").click()
    card.get_by_role("button", name="Copy result as JSON").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    result: dict[str, Any] = json.loads(card.page.evaluate("navigator.clipboard.readText()"))
    return result


def _page_state(page: Page) -> Any:
    """The page's own document, and what its videos do."""
    return page.evaluate(
        """() => {
            const copy = document.documentElement.cloneNode(true);
            copy.querySelectorAll("unmask-badge").forEach((badge) => badge.remove());
            const videos = [...document.querySelectorAll("video")];
            return [copy.outerHTML, ...videos.map((v) => [v.currentTime, v.paused, v.muted, v.crossOrigin, v.src])];
        }"""
    )


def _assert_like_python(result: dict[str, Any], clip: Path) -> None:
    """The browser's answer on a whole clip is Python's, and has its fields."""
    expected = Detector(format="float16").score(clip)
    route = result.pop("route")
    received = Result.model_validate(result, strict=False)
    assert route == "whole_clip"
    assert received.score == pytest.approx(expected.score, abs=SCORE_TOLERANCE)
    assert received.frames_sampled == expected.frames_sampled
    assert len(received.tracks) == len(expected.tracks)
    for ours, theirs in zip(received.tracks, expected.tracks, strict=True):
        assert [frame.time_s for frame in ours.frames] == pytest.approx([f.time_s for f in theirs.frames], abs=0.002)
        np.testing.assert_allclose([f.box for f in ours.frames], [f.box for f in theirs.frames], atol=4)


@pytest.mark.parametrize("origin", ["page_origin", "other_origin"])
def test_a_served_clip_is_scored_whole_as_in_python(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, origin: str
) -> None:
    """The clip is read from its own site, the page's or another, and the page is left as it was."""
    address = f"{getattr(media_server, origin)}/{portrait_clip.name}"
    page = browser.open(_serve(media_server, _video(address), portrait_clip))
    before = _page_state(page)
    card = _verdict(browser.click_toolbar(page))
    result = _copied_result(card)
    expect(card.get_by_role("status")).to_contain_text(VERDICTS[result["verdict"]])
    expect(card.get_by_role("status")).to_contain_text(f"Forgery score {100 * result['score']:.0f} %")
    expect(card).to_contain_text("spread over the whole clip")
    assert _page_state(page) == before
    _assert_like_python(result, portrait_clip)


def test_a_clip_that_wants_the_users_cookie_is_read_by_the_page(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """The extension's own pages send no cookies; a second player in the page does, and reads its own site's clips."""
    (media_server.folder / portrait_clip.with_suffix(".cookie").name).write_text("member=yes", "utf-8")
    script = f"<script>document.cookie = 'member=yes'</script>{_video(portrait_clip.name)}"
    page = browser.open(_serve(media_server, script, portrait_clip))
    before = _page_state(page)
    _assert_like_python(_copied_result(_verdict(browser.click_toolbar(page))), portrait_clip)
    assert _page_state(page) == before
    browser.context.clear_cookies()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_CLIPS.is_dir(), reason="needs ../shared")
@pytest.mark.parametrize("name", ["dfl_Kim_Jarrey_0_fake.mp4", "dfl_Tim_Chrys_0_real.mp4", "real_lp_d0.mp4"])
def test_a_real_clip_is_scored_as_in_python(browser: Browser, media_server: MediaServer, name: str) -> None:
    """Real faces, H.264, from another site without CORS."""
    clip = SHARED_CLIPS / name
    page = browser.open(_serve(media_server, _video(f"{media_server.other_origin}/{name}"), clip))
    _assert_like_python(_copied_result(_verdict(browser.click_toolbar(page))), clip)


def test_a_playing_blob_is_watched_for_a_while(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Where only the page can read the video, frames come from its player, and the badge says so."""
    page = browser.open(_serve(media_server, _blob_video(portrait_clip, "video.autoplay = true;"), portrait_clip))
    card = browser.click_toolbar(page)
    expect(card).to_contain_text(PROGRESS)
    _screenshot(page, "badge-working")
    result = _copied_result(_verdict(card))
    expect(card).to_contain_text("only the moments watched")
    assert result["route"] == "moments_watched"
    assert result["frames_sampled"] > 5
    assert not page.evaluate("document.querySelector('video').paused")


def test_a_damaged_detector_is_named(damaged_browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """An extension whose packed bundle was altered checks nothing, and says what is wrong and what to do."""
    page = damaged_browser.open(_serve(media_server, _video(portrait_clip.name), portrait_clip))
    card = damaged_browser.click_toolbar(page)
    expect(card.get_by_role("status")).to_contain_text("The detector inside Unmask is damaged", timeout=60_000)
    expect(card).to_contain_text(re.compile("Expected .*(sha256|golden.json).* Received: "))
    expect(card).not_to_contain_text("Forgery score")


def test_a_closed_badge_ends_its_check(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """The next check waits neither for one that was closed under way nor for one closed before its turn."""
    body = _blob_video(portrait_clip, "video.autoplay = true;")
    pages = [browser.open(_serve(media_server, body, portrait_clip)) for _ in range(3)]
    cards: list[Locator] = []
    for page in pages:
        page.bring_to_front()
        page.evaluate("number => history.replaceState(null, '', '?' + number)", len(cards))
        cards.append(browser.click_toolbar(page))
        expect(cards[-1]).to_be_visible()
    expect(cards[0]).to_contain_text(PROGRESS)
    for card in cards[1::-1]:
        card.get_by_role("button", name="Close").click()
        expect(card).to_have_count(0)
    pages[2].bring_to_front()
    _verdict(cards[2])


def test_a_paused_blob_is_judged_by_the_frame_it_shows(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """The player is not started."""
    page = browser.open(_serve(media_server, _blob_video(portrait_clip), portrait_clip))
    before = _page_state(page)
    result = _copied_result(_verdict(browser.click_toolbar(page)))
    assert (result["route"], result["frames_sampled"]) == ("moments_watched", 1)
    assert _page_state(page) == before


def test_a_page_without_video_is_told(browser: Browser, media_server: MediaServer) -> None:
    """Nothing to check is said in words."""
    card = browser.click_toolbar(browser.open(_serve(media_server, "<p>Text</p>")))
    expect(card.get_by_role("status")).to_contain_text("No video is visible here")


def test_a_clip_without_a_face_is_told(browser: Browser, media_server: MediaServer, faceless_clip: Path) -> None:
    """No face is no verdict."""
    card = browser.click_toolbar(browser.open(_serve(media_server, _video(faceless_clip.name), faceless_clip)))
    expect(card.get_by_role("status")).to_contain_text("No face was found", timeout=60_000)


def test_a_site_without_permission_is_named_as_the_reason(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """`localhost` is another host than 127.0.0.1, which alone the test build may read."""
    address = f"{media_server.other_origin}/{portrait_clip.name}".replace("127.0.0.1", "localhost")
    page = browser.open(_serve(media_server, _video(address), portrait_clip))
    card = browser.click_toolbar(page)
    expect(card.get_by_role("status")).to_contain_text("another site that does not share", timeout=60_000)
    _screenshot(page, "badge-no-access")


def test_a_protected_video_is_told(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """Encrypted media are never read."""
    page = browser.open(_serve(media_server, _video(portrait_clip.name), portrait_clip))
    page.evaluate(
        """async () => {
            const configuration = [{ videoCapabilities: [{ contentType: 'video/webm; codecs="vp9"' }] }];
            const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", configuration);
            await document.querySelector("video").setMediaKeys(await access.createMediaKeys());
        }"""
    )
    expect(browser.click_toolbar(page).get_by_role("status")).to_contain_text("protected by DRM")


def test_a_strict_content_security_policy_is_no_obstacle(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """The page may forbid scripts, styles and data addresses; the badge keeps its look."""
    (media_server.folder / "page.csp").write_text(
        "default-src 'none'; media-src 'self'; require-trusted-types-for 'script'", "utf-8"
    )
    page = browser.open(_serve(media_server, _video(portrait_clip.name), portrait_clip))
    card = _verdict(browser.click_toolbar(page))
    assert card.evaluate("(card) => getComputedStyle(card).borderRadius") == "10px"


def test_the_largest_visible_video_is_checked(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, faceless_clip: Path
) -> None:
    """A larger video that is not shown, a smaller one and a frame that is out of reach do not count."""
    frame = f'<iframe src="{media_server.other_origin.replace("127.0.0.1", "localhost")}/frame.html"></iframe>'
    (media_server.folder / "frame.html").write_text(_video(faceless_clip.name), "utf-8")
    hidden = _video(faceless_clip.name, 'style="display: none; width: 900px"')
    small = f'<video src="{faceless_clip.name}" width=100 muted></video>'
    body = frame + hidden + small + _video(portrait_clip.name)
    page = browser.open(_serve(media_server, body, portrait_clip, faceless_clip))
    result = _copied_result(_verdict(browser.click_toolbar(page)))
    assert result["path"].endswith(portrait_clip.name)


def test_the_context_menu_checks_the_video_that_was_clicked(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, faceless_clip: Path
) -> None:
    """Its entry on a video names it, even where a larger one is on the page."""
    small = f'<video src="{portrait_clip.name}" width=200 muted></video>'
    page = browser.open(_serve(media_server, _video(faceless_clip.name) + small, portrait_clip, faceless_clip))
    page.bring_to_front()
    browser.worker.evaluate(
        """async (clicked) => {
            const [tab] = await chrome.tabs.query({ active: true });
            chrome.contextMenus.onClicked.dispatch({ menuItemId: "check-video", frameId: 0, ...clicked }, tab);
        }""",
        {"srcUrl": f"{media_server.page_origin}/{portrait_clip.name}"},
    )
    result = _copied_result(_verdict(page.locator("unmask-badge section")))
    assert result["path"].endswith(portrait_clip.name)


def test_a_video_in_a_frame_and_a_shadow_tree_is_found(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Players are often custom elements inside frames."""
    (media_server.folder / "frame.html").write_text(
        f"<div id=player></div><script>player.attachShadow({{ mode: 'closed' }}).innerHTML = "
        f"'{_video(portrait_clip.name)}'</script>",
        "utf-8",
    )
    page = browser.open(_serve(media_server, "<iframe src=frame.html width=700 height=700></iframe>", portrait_clip))
    browser.click_toolbar(page)
    _verdict(page.frame_locator("iframe").locator("unmask-badge section"))


def test_the_badge_is_worked_by_keyboard_and_goes_with_its_video(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Escape closes it; so does the player's change to another video, of which it would tell nothing."""
    page = browser.open(_serve(media_server, _video(portrait_clip.name), portrait_clip))
    card = _verdict(browser.click_toolbar(page))
    card.locator("summary").press("Enter")
    expect(card.get_by_role("img", name="Score over time: face 1")).to_be_visible()
    card.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    _verdict(browser.click_toolbar(page))
    page.evaluate("document.querySelector('video').removeAttribute('src'), document.querySelector('video').load()")
    expect(card).to_have_count(0)


def test_the_badge_is_seen_in_full_screen(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """A player in full screen hides whatever is not above it in the browser's top layer."""
    button = "<button onclick=\"document.querySelector('video').requestFullscreen()\">Large</button>"
    page = browser.open(_serve(media_server, button + _video(portrait_clip.name), portrait_clip))
    page.emulate_media(color_scheme="light")
    card = _verdict(browser.click_toolbar(page))
    page.get_by_role("button", name="Large").click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.wait_for_timeout(500)
    place = card.bounding_box()
    assert place is not None
    assert (place["x"], place["y"]) == (8, 8)
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    right, bottom = int(place["x"] + place["width"]), int(place["y"] + place["height"])
    assert picture[bottom - 20 : bottom - 10, right - 20 : right - 10].min() == 255, "the badge's own white"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1000, 400])
def test_the_badge_keeps_to_the_corner_of_its_video(
    browser: Browser,
    media_server: MediaServer,
    portrait_clip: Path,
    scheme: Literal["light", "dark"],
    width_px: int,
) -> None:
    """Inside the video's upper left corner, wherever it scrolls, and never wider than the window."""
    body = f"<h1>News</h1>{_video(portrait_clip.name, 'style=max-width:100%')}<div style=height:2000px></div>"
    url = _serve(media_server, body, portrait_clip)
    page = browser.open(url)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width_px, "height": 720})
    card = _verdict(browser.click_toolbar(page))
    _screenshot(page, f"badge-{scheme}-{width_px}")
    card.locator("summary").click()
    _screenshot(page, f"badge-details-{scheme}-{width_px}")
    page.mouse.wheel(0, 60)
    page.wait_for_function("scrollY === 60")
    page.wait_for_timeout(100)
    video, badge = page.locator("video").bounding_box(), card.bounding_box()
    assert video is not None
    assert badge is not None
    assert (badge["x"], badge["y"]) == pytest.approx((video["x"] + 8, video["y"] + 8), abs=1)
    assert badge["x"] + badge["width"] <= width_px


def _screenshot(page: Page, name: str) -> None:
    folder = os.environ.get("UNMASK_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
