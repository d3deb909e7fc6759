"""What the extension shows and keeps: badge and panel, popup, options and history, in Chromium.

With `UNMASK_SCREENSHOTS=FOLDER` pictures of each are kept there, to be looked at.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.extension import Browser, screenshot, serve, verdict, video
from tests.browser.media import MediaServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

COUNT_COLOURS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest.fixture(autouse=True)
def _default_settings(browser: Browser) -> Iterator[None]:
    """A test's settings are its own."""
    yield
    browser.worker.evaluate("chrome.storage.local.clear()")


@pytest.fixture
def page(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> Page:
    """A page with a large and a small video of a face."""
    small = video(portrait_clip.name, 'style="width: 200px"')
    return browser.open(
        serve(media_server, f"<title>Evening news</title>{video(portrait_clip.name)}{small}", portrait_clip)
    )


@pytest.fixture
def checked(browser: Browser, page: Page) -> Locator:
    """The badge's card over the large video, checked."""
    return verdict(browser.click_toolbar(page))


def unfolded(card: Locator) -> Locator:
    """The badge's card with its details open."""
    card.locator("summary").press("Enter")
    expect(card.get_by_role("slider")).to_be_visible()
    return card


def playing_s(page: Page) -> float:
    """The time of the page's own player."""
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_the_panel_shows_what_was_examined(checked: Locator) -> None:
    """The frame with its map, each face's thumbnail, how many frames, what ran and what the verdict does not prove."""
    card = unfolded(checked)
    picture = card.get_by_role("img", name=re.compile(r"Examined frame at 0:\d\d\.\d: Face 1, \d+\s%"))
    thumbnail = card.get_by_role("listitem").get_by_role("img", name="Face 1")
    for canvas in (picture, thumbnail):
        card.page.wait_for_function(f"canvas => ({COUNT_COLOURS})(canvas) > 100", arg=canvas.element_handle())
    expect(card).to_contain_text("frames, spread over the whole clip")
    expect(card).to_contain_text(re.compile("litert-wasm|tfjs-(wasm|webgl)"))
    expect(card.get_by_role("listitem")).to_have_text(re.compile(r"Face 1: .+, \d+\s%Seen in \d+ of \d+ frames"))
    assert_accessible(card.page, "unmask-badge")


@pytest.mark.parametrize("name", ["popup", "options", "results"])
def test_own_pages_are_accessible(browser: Browser, page: Page, name: str) -> None:
    """Names, landmarks, contrast and the like, by axe-core's rules."""
    own = browser.open_popup(page) if name == "popup" else browser.open_own(name)
    expect(own.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(own)


def test_the_map_can_be_taken_off_the_frame(checked: Locator) -> None:
    """Without it, the frame is seen as it is."""
    card = unfolded(checked)
    picture = card.locator("figure canvas").element_handle()
    card.page.wait_for_function(f"canvas => ({COUNT_COLOURS})(canvas) > 100", arg=picture)
    with_map = picture.evaluate("canvas => canvas.toDataURL()")
    card.get_by_label("Map of changes").uncheck()
    card.page.wait_for_function("([canvas, before]) => canvas.toDataURL() !== before", arg=[picture, with_map])


def test_the_chart_chooses_a_moment_and_only_the_button_seeks(checked: Locator) -> None:
    """By arrow keys and by click; the page's own player moves where the user says so, and only then."""
    card, page = unfolded(checked), checked.page
    chart = card.get_by_role("slider", name="Score over time")
    chart.press("Home")
    first = chart.get_attribute("aria-valuetext")
    chart.press("ArrowRight")
    assert chart.get_attribute("aria-valuetext") != first
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 8, "y": box["height"] / 2})
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^0:01\.\d: Face 1, \d+\s%$"))
    assert playing_s(page) == 0
    card.get_by_role("button", name=re.compile(r"Go to 0:01\.\d in the video")).click()
    assert playing_s(page) > 1


def test_the_badge_is_moved_by_keys_and_by_dragging(checked: Locator) -> None:
    """It stays where it was put, also when the page scrolls."""
    page = checked.page
    page.add_style_tag(content="body { height: 3000px }")
    handle = checked.get_by_role("button", name="Move")
    before = checked.bounding_box()
    handle.press("ArrowRight")
    handle.press("ArrowDown")
    after = checked.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"] - before["x"], after["y"] - before["y"]) == (16, 16)
    grip = handle.bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 105, grip["y"] + 45, steps=4)
    page.mouse.up()
    dragged = checked.bounding_box()
    assert dragged is not None
    assert (dragged["x"] - after["x"], dragged["y"] - after["y"]) == (100, 40)
    page.mouse.wheel(0, 50)
    page.wait_for_function("scrollY === 50")
    page.wait_for_timeout(100)
    scrolled = checked.bounding_box()
    assert scrolled is not None
    assert (scrolled["x"], scrolled["y"]) == (dragged["x"], dragged["y"] - 50)


def test_a_wrong_verdict_is_reported_to_a_file(checked: Locator, tmp_path: Path) -> None:
    """The file holds what was said and what the user says; neither pictures nor, unasked, the address."""
    card, page = unfolded(checked), checked.page
    card.get_by_role("button", name="Report a wrong verdict").click()
    card.get_by_label("No face in it was forged").check()
    card.get_by_label("How do you know?").fill("I filmed it.")
    with page.expect_download() as download:
        card.get_by_role("button", name="Save the file").click()
    download.value.save_as(tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["user"] == {"opinion": "not_forged", "note": "I filmed it."}
    assert report["shown"]["sensitivity"] == "balanced"
    assert report["result"]["path"] is None
    assert report["result"]["tracks"][0]["frames"]
    assert "127.0.0.1" not in json.dumps(report)
    assert "jpeg" not in json.dumps(report)


def test_the_popup_lists_the_pages_videos_and_checks_one(browser: Browser, page: Page) -> None:
    """The first button has the focus; each video's verdict is told with what it does not prove."""
    popup = browser.open_popup(page)
    expect(popup.get_by_role("button", name="Check the video in sight")).to_be_focused()
    videos = popup.get_by_role("region", name="Videos on this page").get_by_role("listitem")
    expect(videos).to_have_text([re.compile("Video 1: Not checked"), re.compile("Video 2: Not checked")])
    popup.get_by_role("button", name="Check: Video 2").click()
    expect(videos.nth(1)).to_contain_text(re.compile(r"Forgery score \d+\s%\. This "), timeout=60_000)
    expect(videos.nth(0)).to_contain_text("Not checked")
    expect(page.locator("unmask-badge section")).to_have_count(1)
    _pictures(popup, "popup")


def test_the_shortcut_checks_at_once(browser: Browser, page: Page) -> None:
    """Without the popup."""
    verdict(browser.press_shortcut(page))


def test_nothing_is_checked_on_a_site_that_the_user_refused(browser: Browser, page: Page) -> None:
    """Neither by the popup nor by the shortcut, which says why."""
    popup = browser.open_popup(page)
    popup.get_by_label("Never check here").check()
    expect(popup.get_by_role("button", name="Check the video in sight")).to_be_disabled()
    card = browser.press_shortcut(page)
    expect(card.get_by_role("status")).to_contain_text("You chose never to check on this site")
    popup.get_by_label("Check when I ask").check()
    expect(popup.get_by_role("button", name="Check the video in sight")).to_be_enabled()
    verdict(browser.press_shortcut(page))


def test_a_site_is_watched_and_paused_by_the_popup_and_forgotten_by_the_settings(browser: Browser, page: Page) -> None:
    """What one page of the extension changes, another shows."""
    popup = browser.open_popup(page)
    popup.get_by_label("Watch as I browse").check()
    popup.get_by_label("Pause watching everywhere").check()
    options = browser.open_own("options")
    watched = options.get_by_role("group", name="Watched as you browse")
    expect(watched.get_by_role("listitem")).to_contain_text("127.0.0.1")
    expect(options.get_by_label("Pause watching everywhere")).to_be_checked()
    _pictures(options, "options")
    watched.get_by_role("button", name="Remove 127.0.0.1").click()
    expect(watched.get_by_role("listitem")).to_have_count(0)
    assert browser.worker.evaluate("chrome.storage.local.get()") == {"watchSites": [], "neverSites": [], "paused": True}


def test_the_sensitivity_moves_the_words_and_no_score(browser: Browser, page: Page) -> None:
    """The panel tells the moved bounds."""
    options = browser.open_own("options")
    options.get_by_role("radio", name="Cautious").check()
    card = unfolded(verdict(browser.press_shortcut(page)))
    expect(card).to_contain_text(re.compile(r"Shown as\s*Cautious: likely manipulated from 99\s%, no sign below 32\s%"))


def test_results_are_kept_when_the_user_wants_that(browser: Browser, page: Page, tmp_path: Path) -> None:
    """Off at first; then searched, saved as JSON and erased."""
    history = browser.open_own("results")
    expect(history.locator("body")).to_contain_text("No results are kept.")
    browser.open_own("options").get_by_label("Keep results on this machine").check()
    verdict(browser.press_shortcut(page))
    history.reload()
    expect(history.get_by_role("listitem")).to_contain_text("Evening news")
    _pictures(history, "history")
    search = history.get_by_role("searchbox")
    search.fill("morning")
    expect(history.get_by_role("status")).to_have_text("Nothing matches.")
    search.fill("EVENING")
    expect(history.get_by_role("status")).to_have_text("1 result")
    with history.expect_download() as download:
        history.get_by_role("button", name="Export as JSON").click()
    download.value.save_as(tmp_path / "history.json")
    (kept,) = json.loads((tmp_path / "history.json").read_text("utf-8"))
    assert kept["page"]["title"] == "Evening news"
    assert kept["given"]["result"]["tracks"]
    options = browser.open_own("options")
    options.get_by_role("button", name="Erase settings and history").click()
    options.get_by_role("button", name="Erase everything now").click()
    expect(options.get_by_text("Everything was erased.")).to_be_visible()
    expect(options.get_by_label("Keep results on this machine")).not_to_be_checked()
    history.reload()
    expect(history.get_by_role("listitem")).to_have_count(0)


def _pictures(page: Page, name: str) -> None:
    """Keep pictures of one of the extension's own pages where they are asked for: light, dark, as wide as a phone."""
    page.set_viewport_size({"width": 400, "height": 800})
    page.emulate_media(color_scheme="dark")
    screenshot(page, f"{name}-dark-400")
    page.emulate_media(color_scheme="light")
    screenshot(page, f"{name}-light-400")
