"""What the extension shows and keeps: badge and panel, popup, options and history, in Chromium.

With `UNMASK_SCREENSHOTS=FOLDER` pictures of each are kept there, to be looked at.
"""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.extension import Browser, serve, verdict, video
from tests.browser.media import MediaServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

COUNT_COLOURS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest.fixture
def checked(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> Locator:
    """The badge's card over a checked clip."""
    page = browser.open(serve(media_server, video(portrait_clip.name), portrait_clip))
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
    expect(card).to_contain_text(re.compile("tfjs-(wasm|webgl)"))
    expect(card.get_by_role("listitem")).to_have_text(re.compile(r"Face 1: .+, \d+\s%Seen in \d+ of \d+ frames"))


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
