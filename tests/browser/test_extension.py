"""The extension in Chromium: the toolbar's click on real pages, and the same answer as in Python.

With `UNMASK_SCREENSHOTS=FOLDER` pictures of the badge are kept there, to be looked at.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.extension import (
    BUILD,
    Browser,
    Launch,
    blob_video,
    copied_result,
    page_state,
    screenshot,
    serve,
    verdict,
    video,
)
from tests.browser.media import MediaServer
from tests.damaged_bundles import flip_byte
from unmask_edge import Detector
from unmask_edge.result import Result

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

VERDICTS = {
    "likely manipulated": "Likely manipulated",
    "inconclusive": "Inconclusive",
    "likely authentic": "No sign of forgery found",
}
PROGRESS = re.compile(r"Frame \d+ of \d+")
# Other decoders and another runtime: frames differ by a level or two.
SCORE_TOLERANCE = 0.02


@pytest.fixture(params=["flipped byte", "missing file"])
def damaged_browser(
    request: pytest.FixtureRequest, browser: Browser, launch: Launch, tmp_path: Path
) -> Iterator[Browser]:
    """Chromium with a copy of that build whose bundle was damaged."""
    del browser  # there is a build once it runs
    build = shutil.copytree(BUILD, tmp_path / "build")
    if request.param == "flipped byte":
        for model in ("detector.float16.tflite", "tfjs/rest.bin"):  # whichever runs on this machine
            flip_byte(build / "bundle" / model)
    else:
        (build / "bundle" / "golden.json").unlink()
    with launch(build, tmp_path / "profile") as damaged:
        yield damaged


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
        np.testing.assert_allclose([f.box for f in ours.frames], [f.box for f in theirs.frames], atol=2)


@pytest.mark.parametrize("origin", ["page_origin", "other_origin"])
def test_a_served_clip_is_scored_whole_as_in_python(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, origin: str
) -> None:
    """The clip is read from its own site, the page's or another, and the page is left as it was."""
    address = f"{getattr(media_server, origin)}/{portrait_clip.name}"
    page = browser.open(serve(media_server, video(address), portrait_clip))
    before = page_state(page)
    card = verdict(browser.click_toolbar(page))
    result = copied_result(card)
    expect(card.get_by_role("status")).to_contain_text(VERDICTS[result["verdict"]])
    expect(card.get_by_role("status")).to_contain_text(f"Forgery score {100 * result['score']:.0f} %")
    expect(card).to_contain_text("spread over the whole clip")
    assert page_state(page) == before
    _assert_like_python(result, portrait_clip)


def test_a_clip_that_wants_the_users_cookie_is_read_by_the_page(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """The extension's own pages send no cookies; a second player in the page does, and reads its own site's clips."""
    (media_server.folder / portrait_clip.with_suffix(".cookie").name).write_text("member=yes", "utf-8")
    script = f"<script>document.cookie = 'member=yes'</script>{video(portrait_clip.name)}"
    page = browser.open(serve(media_server, script, portrait_clip))
    before = page_state(page)
    _assert_like_python(copied_result(verdict(browser.click_toolbar(page))), portrait_clip)
    assert page_state(page) == before
    browser.context.clear_cookies()


def test_a_playing_blob_is_watched_for_a_while(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Where only the page can read the video, frames come from its player, and the badge says so."""
    page = browser.open(serve(media_server, blob_video(portrait_clip, "video.autoplay = true;"), portrait_clip))
    card = browser.click_toolbar(page)
    expect(card).to_contain_text(PROGRESS)
    screenshot(page, "badge-working")
    result = copied_result(verdict(card))
    expect(card).to_contain_text("only the moments watched")
    assert result["route"] == "moments_watched"
    assert result["frames_sampled"] > 5
    assert not page.evaluate("document.querySelector('video').paused")


def test_a_damaged_detector_is_named(damaged_browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """An extension whose packed bundle was altered checks nothing, and says what is wrong and what to do."""
    page = damaged_browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    card = damaged_browser.click_toolbar(page)
    expect(card.get_by_role("status")).to_contain_text("The detector inside Unmask is damaged", timeout=60_000)
    expect(card).to_contain_text(re.compile("Expected .*(sha256|golden.json).* Received: "))
    expect(card).not_to_contain_text("Forgery score")


def test_a_closed_badge_ends_its_check(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """The next check waits neither for one that was closed under way nor for one closed before its turn."""
    body = blob_video(portrait_clip, "video.autoplay = true;")
    pages = [browser.open(serve(media_server, body, portrait_clip)) for _ in range(3)]
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
    verdict(cards[2])


def test_a_paused_blob_is_judged_by_the_frame_it_shows(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """The player is not started."""
    page = browser.open(serve(media_server, blob_video(portrait_clip), portrait_clip))
    before = page_state(page)
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert (result["route"], result["frames_sampled"]) == ("moments_watched", 1)
    assert page_state(page) == before


def test_both_runtimes_give_the_same_score(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """The one that the settings name runs the detector, from the next check on."""
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    options = browser.open_own("options")
    results = []
    for name in ("TensorFlow.js", "LiteRT"):
        options.get_by_label(name).check()
        card = verdict(browser.press_shortcut(page))
        results.append(copied_result(card))
        card.get_by_role("button", name="Close").click()
    browser.worker.evaluate("chrome.storage.local.clear()")
    tfjs, litert = results
    assert [result["model"]["format"] for result in results] == ["tfjs", "float16"]
    assert litert["model"]["runtime"] == "litert-wasm"
    assert litert["score"] == pytest.approx(tfjs["score"], abs=SCORE_TOLERANCE)
    assert litert["frames_sampled"] == tfjs["frames_sampled"]


def test_a_page_without_video_is_told(browser: Browser, media_server: MediaServer) -> None:
    """Nothing to check is said in words."""
    card = browser.click_toolbar(browser.open(serve(media_server, "<p>Text</p>")))
    expect(card.get_by_role("status")).to_contain_text("No video is visible here")


def test_a_clip_without_a_face_is_told(browser: Browser, media_server: MediaServer, faceless_clip: Path) -> None:
    """No face is no verdict."""
    card = browser.click_toolbar(browser.open(serve(media_server, video(faceless_clip.name), faceless_clip)))
    expect(card.get_by_role("status")).to_contain_text("No face was found", timeout=60_000)


def test_a_protected_video_is_told(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """Encrypted media are never read."""
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
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
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    card = verdict(browser.click_toolbar(page))
    assert card.evaluate("(card) => getComputedStyle(card).borderRadius") == "10px"


def test_the_largest_visible_video_is_checked(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, faceless_clip: Path
) -> None:
    """A larger video that is not shown, a smaller one and a frame that is out of reach do not count."""
    frame = f'<iframe src="{media_server.other_origin.replace("127.0.0.1", "localhost")}/frame.html"></iframe>'
    (media_server.folder / "frame.html").write_text(video(faceless_clip.name), "utf-8")
    hidden = video(faceless_clip.name, 'style="display: none; width: 900px"')
    small = f'<video src="{faceless_clip.name}" width=100 muted></video>'
    body = frame + hidden + small + video(portrait_clip.name)
    page = browser.open(serve(media_server, body, portrait_clip, faceless_clip))
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert result["path"].endswith(portrait_clip.name)


def test_the_context_menu_checks_the_video_that_was_clicked(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, faceless_clip: Path
) -> None:
    """Its entry on a video names it, even where a larger one is on the page."""
    small = f'<video src="{portrait_clip.name}" width=200 muted></video>'
    page = browser.open(serve(media_server, video(faceless_clip.name) + small, portrait_clip, faceless_clip))
    card = browser.choose_from_menu(page, "video", f"{media_server.page_origin}/{portrait_clip.name}")
    result = copied_result(verdict(card))
    assert result["path"].endswith(portrait_clip.name)


def test_a_video_in_a_frame_and_a_shadow_tree_is_found(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Players are often custom elements inside frames."""
    (media_server.folder / "frame.html").write_text(
        f"<div id=player></div><script>player.attachShadow({{ mode: 'closed' }}).innerHTML = "
        f"'{video(portrait_clip.name)}'</script>",
        "utf-8",
    )
    page = browser.open(serve(media_server, "<iframe src=frame.html width=700 height=700></iframe>", portrait_clip))
    browser.click_toolbar(page)
    verdict(page.frame_locator("iframe").locator("unmask-badge section"))


def test_the_badge_is_worked_by_keyboard_and_goes_with_its_video(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Escape closes it; so does the player's change to another video, of which it would tell nothing."""
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
    card = verdict(browser.click_toolbar(page))
    card.locator("summary").press("Enter")
    expect(card.get_by_role("slider", name="Score over time")).to_be_visible()
    card.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    verdict(browser.click_toolbar(page))
    page.evaluate("document.querySelector('video').removeAttribute('src'), document.querySelector('video').load()")
    expect(card).to_have_count(0)


def test_the_badge_is_seen_in_full_screen(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """A player in full screen hides whatever is not above it in the browser's top layer."""
    button = "<button onclick=\"document.querySelector('video').requestFullscreen()\">Large</button>"
    page = browser.open(serve(media_server, button + video(portrait_clip.name), portrait_clip))
    page.emulate_media(color_scheme="light")
    card = verdict(browser.click_toolbar(page))
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
    body = f"<h1>News</h1>{video(portrait_clip.name, 'style=max-width:100%')}<div style=height:2000px></div>"
    url = serve(media_server, body, portrait_clip)
    page = browser.open(url)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width_px, "height": 720})
    card = verdict(browser.click_toolbar(page))
    screenshot(page, f"badge-{scheme}-{width_px}")
    card.locator("summary").click()
    screenshot(page, f"badge-details-{scheme}-{width_px}")
    card.locator("summary").click()
    page.mouse.wheel(0, 60)
    page.wait_for_function("scrollY === 60")
    page.wait_for_timeout(100)
    player, badge = page.locator("video").bounding_box(), card.bounding_box()
    assert player is not None
    assert badge is not None
    assert (badge["x"], badge["y"]) == pytest.approx((player["x"] + 8, player["y"] + 8), abs=1)
    assert badge["x"] + badge["width"] <= width_px
