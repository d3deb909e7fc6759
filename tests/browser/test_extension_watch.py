"""Watching unasked, on sites that the user allowed, and what goes over the network meanwhile."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.extension import (
    BUILD,
    RECORD,
    Browser,
    Launch,
    blob_video,
    build,
    copied_result,
    page_state,
    serve,
    verdict,
    video,
)
from tests.browser.media import MediaServer
from unmask_edge.assets import asset_path

pytestmark = pytest.mark.browser

SITE = "127.0.0.1"


@pytest.fixture
def suspicious_browser(launch: Launch, tmp_path: Path) -> Iterator[Browser]:
    """Chromium with a build whose detector calls every face manipulated."""
    build()
    copy = shutil.copytree(BUILD, tmp_path / "build")
    path = copy / "bundle" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["bands"] = {"likely_authentic_below": 0, "likely_manipulated_from": 0}
    path.write_text(json.dumps(manifest), "utf-8")
    with launch(copy, tmp_path / "profile") as browser:
        yield browser


def _set(browser: Browser, **settings: Any) -> None:
    browser.worker.evaluate("(settings) => chrome.storage.local.set(settings)", settings)


def _registered(browser: Browser) -> list[str]:
    """Match patterns of the pages that get the extension's script by themselves."""
    script = "async () => (await chrome.scripting.getRegisteredContentScripts()).flatMap((script) => script.matches)"
    matches: list[str] = browser.worker.evaluate(script)
    return sorted(matches)


def _wait_until_registered(browser: Browser, patterns: list[str]) -> None:
    for _ in range(100):
        if _registered(browser) == patterns:
            return
        browser.context.pages[0].wait_for_timeout(100)
    assert _registered(browser) == patterns


def test_a_watched_site_gets_a_badge_where_there_is_something_to_say(
    suspicious_browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """A player that is added later, in a closed shadow tree; the page notices nothing, and pausing ends it."""
    browser = suspicious_browser
    assert _registered(browser) == []
    _set(browser, watchSites=[SITE, "not-granted.example"])
    _wait_until_registered(browser, [f"http://{SITE}/*", f"https://{SITE}/*"])
    body = f"""<main></main><script>
        const root = document.querySelector("main").attachShadow({{ mode: "closed" }});
        const player = document.createElement("video");
        Object.assign(player, {{ src: "{portrait_clip.name}", muted: true, loop: true, width: 640 }});
        setTimeout(() => (root.append(player), player.play()), 1000);
    </script>"""
    page = browser.context.new_page()
    page.goto(serve(media_server, body, portrait_clip))
    page.wait_for_function("player.currentTime > 0")
    page.evaluate(RECORD, "player")
    before = page_state(page)
    card = page.locator("unmask-badge section")
    expect(card.get_by_role("status")).to_contain_text("Likely manipulated", timeout=240_000)
    assert copied_result(card)["route"] == "moments_watched"
    assert set(page.evaluate("touched")) <= {"seeking"}, "a loop seeks its start"
    assert page_state(page) == before
    _set(browser, paused=True)
    _wait_until_registered(browser, [])


def test_the_extension_asks_the_network_for_nothing_but_the_clip(
    launch: Launch, media_server: MediaServer, portrait_clip: Path, tmp_path: Path
) -> None:
    """The browser's own log of a run: the page lends its own picture and stream, a file is read by its address."""
    build()
    log = tmp_path / "net.json"
    portrait = asset_path("portrait")
    clip = f"{media_server.other_origin}/{portrait_clip.name}"
    picture = f"{media_server.page_origin}/{portrait.name}"
    with launch(BUILD, tmp_path / "profile", f"--log-net-log={log}") as browser:
        page = browser.open(serve(media_server, video(clip), portrait_clip))
        verdict(browser.click_toolbar(page))
        page.close()
        page = browser.open(serve(media_server, blob_video(portrait_clip), portrait_clip))
        verdict(browser.click_toolbar(page))
        page.close()
        page = browser.open(serve(media_server, f"<img src={picture}>", portrait))
        verdict(browser.choose_from_menu(page, "picture", picture))
    assert _asked_by_extensions(log) == {clip}


def _asked_by_extensions(log: Path) -> set[str]:
    """Addresses that extensions asked the network for, by Chromium's log."""
    content = json.loads(log.read_text("utf-8"))
    start = content["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    requests = [event["params"] for event in content["events"] if event["type"] == start and "params" in event]
    assert any(request.get("initiator", "").startswith("http://127.0.0.1") for request in requests), (
        "the page's own are there"
    )
    return {request["url"] for request in requests if request.get("initiator", "").startswith("chrome-extension:")}
