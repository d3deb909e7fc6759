"""The extension's test build in Chromium, pages for it, and what its badge says."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, CDPSession, Error, Locator, Page, Playwright, Worker, expect

from tests.browser.media import MediaServer
from unmask_export.browser import CHROMIUM_FLAGS

REPOSITORY = Path(__file__).parents[2]
EXTENSION = REPOSITORY / "extension"
EDGE = REPOSITORY / "edge" / "unmask_edge"
BUILD = EXTENSION / ".output" / "chrome-mv3-test"
BUILT_FROM = [
    *(
        EXTENSION / name
        for name in ("entrypoints", "lib", "locales", "public", "ui", "wxt.config.ts", "package-lock.json")
    ),
    *(EDGE / name for name in ("bundle", "assets", "manifest.schema.json")),
]
# Records, from then on, what happens to a page's own document and to one of its players.
RECORD = """(expression) => {
    window.touched = [];
    const isBadge = (node) => node.localName === "unmask-badge";
    new MutationObserver((records) => {
        for (const { type, target, addedNodes, removedNodes } of records) {
            if (isBadge(target) || (type === "childList" && [...addedNodes, ...removedNodes].every(isBadge))) continue;
            touched.push(`${type} of ${target.nodeName}`);
        }
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const event of ["play", "pause", "seeking", "ratechange", "volumechange", "emptied", "resize"]) {
        eval(expression).addEventListener(event, () => touched.push(event));
    }
}"""
SHARED_CLIPS = REPOSITORY.parent / "shared/data/video-val/clips"

PRESS_FIRST_BUTTON = """(() => {
    const button = document.querySelector("button");
    if (button && !button.dataset.pressed) button.click();
    if (button) button.dataset.pressed = "yes";
    return button !== null;
})()"""


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
        """Click the toolbar button on a page and the first button of its popup; returns the badge's card."""
        page.bring_to_front()  # the button is that of the page in front
        assert self.context.browser is not None
        devtools = self.context.browser.new_browser_cdp_session()
        tabs = devtools.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        (tab,) = (tab for tab in tabs if tab["url"] == page.url)
        for _ in range(3):  # a popup closes when its window loses the focus, as headless windows do at times
            devtools.send("Extensions.triggerAction", {"id": self.id, "targetId": tab["targetId"]})
            if self._press_first_button(devtools):
                break
        else:
            pytest.fail("the popup closed three times before its button could be pressed")
        devtools.detach()
        return page.locator("unmask-badge section")

    def choose_from_menu(self, page: Page, kind: Literal["video", "picture"], src: str) -> Locator:
        """Choose an entry of the context menu, without the rights that a real click gives; returns the badge's card."""
        page.bring_to_front()
        self.worker.evaluate(
            """async (clicked) => {
                const [tab] = await chrome.tabs.query({ active: true });
                chrome.contextMenus.onClicked.dispatch({ frameId: 0, ...clicked }, tab);
            }""",
            {"menuItemId": f"check-{kind}", "srcUrl": src},
        )
        return page.locator("unmask-badge section")

    def _press_first_button(self, devtools: CDPSession) -> bool:
        """Press the popup's first button, as soon as there is one; then the popup closes. False if it closed before."""
        popup = f"chrome-extension://{self.id}/popup.html"
        sessions: dict[str, str] = {}  # Playwright does not see popups, so each is spoken to by a session of its own
        answers: list[str] = []
        devtools.on("Target.receivedMessageFromTarget", lambda event: answers.append(event["message"]))
        press = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": PRESS_FIRST_BUTTON}}
        for _ in range(600):
            targets = devtools.send("Target.getTargets")["targetInfos"]
            open_popups = [target["targetId"] for target in targets if target["url"] == popup]
            if sessions and not open_popups:
                return any(json.loads(answer).get("result", {}).get("result", {}).get("value") for answer in answers)
            for target in open_popups:
                if target not in sessions:
                    sessions[target] = devtools.send("Target.attachToTarget", {"targetId": target})["sessionId"]
                with suppress(Error):  # it has closed meanwhile
                    message = {"sessionId": sessions[target], "message": json.dumps(press)}
                    devtools.send("Target.sendMessageToTarget", message)
            time.sleep(0.05)
        pytest.fail("the popup did not open, or stayed open")

    def press_shortcut(self, page: Page) -> Locator:
        """Do what the browser does when Alt+Shift+U is pressed on a page; returns the badge's card."""
        page.bring_to_front()
        self.worker.evaluate(
            """async () => {
                const [tab] = await chrome.tabs.query({ active: true });
                chrome.commands.onCommand.dispatch("check-video", tab);
            }"""
        )
        return page.locator("unmask-badge section")

    def open_popup(self, page: Page) -> Page:
        """The popup of a page, in a tab of its own, where it can be worked and looked at."""
        page.bring_to_front()
        tab = self.worker.evaluate("async () => (await chrome.tabs.query({ active: true }))[0]")
        popup = self.context.new_page()
        popup.add_init_script(f"chrome.tabs.query = async () => [{json.dumps(tab)}]")
        popup.set_viewport_size({"width": 340, "height": 600})
        popup.goto(f"chrome-extension://{self.id}/popup.html")
        return popup

    def open_own(self, name: str) -> Page:
        """One of the extension's own pages."""
        page = self.context.new_page()
        page.goto(f"chrome-extension://{self.id}/{name}.html")
        return page

    @property
    def id(self) -> str:
        """The extension's id in this browser."""
        return self.worker.url.split("/")[2]


Launch = Callable[..., AbstractContextManager[Browser]]


@contextmanager
def running(
    playwright: Playwright, chromium_path: str, build: Path, profile: Path, *more_flags: str
) -> Iterator[Browser]:
    """Chromium with the build and the profile in two folders."""
    flags = [*CHROMIUM_FLAGS, *more_flags, f"--disable-extensions-except={build}", f"--load-extension={build}"]
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium_path, headless=True, args=flags
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
    yield Browser(context, worker)
    context.close()


def build(folder: str = BUILD.name, script: str = "build:test") -> Path:
    """Build the extension unless nothing that it is made of is newer than the build; returns the build's folder."""
    files = [file for path in BUILT_FROM for file in [path, *path.rglob("*")] if file.is_file()]
    package = BUILD.with_name(folder)
    built = package / "manifest.json"
    if not built.is_file() or built.stat().st_mtime < max(file.stat().st_mtime for file in files):
        subprocess.run(["npm", "run", "--silent", script], cwd=EXTENSION, check=True, stdin=subprocess.DEVNULL)
    return package


def write_clip(path: Path, frame: Callable[[int], Any], side_px: int = 256) -> Path:
    """Two seconds of VP9, ten frames a second; `frame` gives the picture of each."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP90"), 10, (side_px, side_px))
    assert writer.isOpened(), "OpenCV's wheel writes VP9"
    for k in range(20):
        writer.write(np.ascontiguousarray(frame(k)[:side_px, :side_px]))
    writer.release()
    return path


def serve(server: MediaServer, body: str, *clips: Path) -> str:
    """Put a page and clips on the server; returns the page's address."""
    for clip in clips:
        (server.folder / clip.name).write_bytes(clip.read_bytes())
    (server.folder / "page.html").write_text(f"<!doctype html><link rel=icon href=data:,>{body}", "utf-8")
    return f"{server.page_origin}/page.html"


def video(address: str, more: str = "") -> str:
    """A player of an address."""
    return f'<video src="{address}" width="640" preload="auto" controls muted {more}></video>'


def blob_video(clip: Path, then: str = "") -> str:
    """A player of a `blob:` address, which only the page can read."""
    script = f"const video = document.querySelector('video');{then}"
    script += f"fetch('{clip.name}').then((r) => r.blob()).then((blob) => video.src = URL.createObjectURL(blob))"
    return f"<video width=640 muted loop></video><script>{script}</script>"


def verdict(card: Locator) -> Locator:
    """The badge's card once it shows a verdict; what it says instead is part of the failure."""
    with suppress(AssertionError):
        expect(card.locator("summary")).to_be_visible(timeout=60_000)
    assert card.locator("summary").count(), [badge.inner_text() for badge in card.all()] or "no badge"
    return card


def copied_result(card: Locator) -> dict[str, Any]:
    """The result that the badge's button copies."""
    card.locator("summary").click()
    card.get_by_role("button", name="Copy result as JSON").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    result: dict[str, Any] = json.loads(card.page.evaluate("navigator.clipboard.readText()"))
    return result


def page_state(page: Page) -> Any:
    """The page's own document, where its elements lie, and what its videos do."""
    return page.evaluate(
        """() => {
            const copy = document.documentElement.cloneNode(true);
            copy.querySelectorAll("unmask-badge").forEach((badge) => badge.remove());
            const own = [...document.querySelectorAll(":not(unmask-badge)")];
            const places = own.map((element) => JSON.stringify(element.getBoundingClientRect()));
            const videos = [...document.querySelectorAll("video")];
            const doing = videos.map((v) => [v.paused, v.muted, v.volume, v.playbackRate, v.crossOrigin, v.src]);
            const times = videos.map((v) => (v.paused ? v.currentTime : null));
            return [copy.outerHTML, places, doing, times];
        }"""
    )


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the page where one is asked for."""
    folder = os.environ.get("UNMASK_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
