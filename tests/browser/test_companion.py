"""The companion's page in a real browser: the server as users start it, files as they choose them.

With `UNMASK_SCREENSHOTS=FOLDER` pictures of the page are kept there, to be looked at.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.accessibility import assert_accessible
from unmask_edge.assets import asset_path
from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_export.browser import CHROMIUM_FLAGS

pytestmark = pytest.mark.browser

SHARED_CLIPS = Path(__file__).parents[3] / "shared/data/video-val/clips"
TEST_CAMERA = ["--use-fake-device-for-media-stream"]
VERDICT = re.compile("No sign of forgery found|Inconclusive|Likely manipulated")


class Server:
    """`unmask serve` on a free port, with one worker."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        options = ["--port", "0", "--workers", "1", "--data-dir", str(data_dir), *arguments]
        command = [str(Path(sys.executable).with_name("unmask")), "serve", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        match = re.search(r"http://[\d.]+:(\d+)/", self._process.stdout.readline())
        assert match, "the first line names the address"
        self.url = f"http://127.0.0.1:{match[1]}/"
        self.code = self._process.stdout.readline().split("code ")[1][:9]

    def halt_workers(self) -> None:
        """Keep its workers from doing anything, until they are killed."""
        command = ["ps", "-o", "pid=", "--ppid", str(self._process.pid)]
        children = subprocess.run(command, capture_output=True, text=True, check=True)
        for pid in map(int, children.stdout.split()):
            os.kill(pid, signal.SIGSTOP)

    def stop(self) -> None:
        """End it as `kill` does, and wait."""
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The companion on the packaged bundle."""
    server = Server(tmp_path_factory.mktemp("companion"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """The machine's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*CHROMIUM_FLAGS, *TEST_CAMERA])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The start page; a test fails on anything that the browser complains about, such as the content policy."""
    yield from open_page(browser, server.url)


def open_page(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """Yield a page at the address, then check that the browser logged no error."""
    context = browser.new_context(**options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    # Browsers log by themselves that a page of another machine was refused its own token.
    assert [text for text in complaints if "status of 403" not in text] == []


@pytest.fixture(scope="session")
def portrait() -> Path:
    """A real face, in the public domain."""
    return asset_path("portrait")


@pytest.fixture(scope="session")
def clip(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real face: the view pans slowly over the portrait, 2 s of 480x360."""
    path = tmp_path_factory.mktemp("clips") / "slow pan.webm"
    image = cv2.imread(str(portrait))
    assert image is not None
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP90"), 15, (480, 360))
    for left in range(30):
        writer.write(np.ascontiguousarray(image[:360, left : left + 480]))
    writer.release()
    return path


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page where one is asked for."""
    if folder := os.environ.get("UNMASK_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"companion-{name}.png", full_page=True)


def choose(page: Page, path: Path) -> None:
    """Choose a file by the field."""
    page.get_by_label("Choose a video or picture").set_input_files(path)


def wait_for_video(page: Page) -> None:
    """Wait until the video can play to its end (`HAVE_ENOUGH_DATA`)."""
    # Not by `wait_for_function`: it evaluates text in the page, which the content policy forbids.
    expect(page.locator("#stage video")).to_have_js_property("readyState", 4)


def shown_s(page: Page) -> float:
    """The video's time; a seek counts from the moment it is asked for."""
    return float(page.locator("#stage video").evaluate("video => video.currentTime"))


def drawn_pixels(page: Page) -> int:
    """How many pixels of the overlay are not transparent."""
    count = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
        .filter((value, i) => i % 4 === 3 && value > 0).length"""
    return int(page.locator("#overlay").evaluate(count))


def test_a_chosen_clip_gets_a_verdict_a_chart_and_an_overlay(page: Page, clip: Path) -> None:
    """The verdict is told in words and to screen readers; chart and overlay show the clip's own frames."""
    choose(page, clip)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("status")).to_have_text(re.compile(VERDICT.pattern + ".*slow pan.webm"))
    expect(page.locator("#score")).to_have_text(re.compile(r"^\d+\.\d\s%$"))
    expect(page.locator("#chart .point").first).to_be_visible()
    expect(page.locator("#stage video")).to_have_js_property("error", None)
    wait_for_video(page)
    assert drawn_pixels(page) > 0
    screenshot(page, "clip")


def test_nothing_on_the_page_shuts_anyone_out(page: Page, clip: Path) -> None:
    """As it opens, and with a result."""
    assert_accessible(page)
    choose(page, clip)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    wait_for_video(page)
    assert_accessible(page)


def test_the_chart_seeks_the_clip(page: Page, clip: Path) -> None:
    """A click and the arrow keys move the video to a sampled frame."""
    choose(page, clip)
    chart = page.get_by_role("slider", name="Position in the clip")
    chart.wait_for(timeout=60_000)
    wait_for_video(page)
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.9, "y": box["height"] / 2})
    assert shown_s(page) > 1.5
    last = chart.get_attribute("aria-valuetext")
    chart.press("Home")
    assert shown_s(page) < 0.5
    assert chart.get_attribute("aria-valuetext") != last
    first = chart.get_attribute("aria-valuetext")
    chart.press("ArrowRight")
    assert chart.get_attribute("aria-valuetext") != first


def test_a_rotated_clip_is_overlaid_upright(page: Page, clip: Path, tmp_path: Path) -> None:
    """A phone's portrait clip, landscape in the file: stage and video have the proportions of the upright frame."""
    path = tmp_path / "portrait.mp4"
    turn = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-display_rotation", "90", "-i", str(clip)]
    subprocess.run([*turn, "-c", "copy", str(path)], check=True)
    choose(page, path)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    wait_for_video(page)
    video = page.locator("#stage video").evaluate("video => video.videoWidth / video.videoHeight")
    stage = page.locator("#stage").evaluate("stage => stage.clientWidth / stage.clientHeight")
    assert video == pytest.approx(360 / 480)
    assert stage == pytest.approx(video, abs=0.02)


def test_the_region_map_can_be_hidden(page: Page, portrait: Path) -> None:
    """A picture has a face box and a map over it, and no time axis; the map goes away by its toggle."""
    choose(page, portrait)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    expect(page.locator("#chart")).to_be_hidden()
    with_map = drawn_pixels(page)
    page.get_by_label("Region map").uncheck()
    assert 0 < drawn_pixels(page) < with_map


def test_a_dropped_file_is_scored(page: Page, portrait: Path) -> None:
    """A drop anywhere on the page counts."""
    content = list(portrait.read_bytes())
    transfer = page.evaluate_handle(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", {type: "image/png"}));
            return transfer;
        }""",
        content,
    )
    page.dispatch_event("footer", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    expect(page.locator("#input-name")).to_have_text("dropped.png")


def test_a_file_can_be_chosen_by_keyboard(page: Page, portrait: Path) -> None:
    """Tab reaches the field, Space opens the file dialogue."""
    field = page.get_by_label("Choose a video or picture")
    page.bring_to_front()
    for _ in range(3):  # a key pressed before the browser has given the page its focus is lost
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    expect(field).to_be_focused()
    with page.expect_file_chooser() as chooser:
        field.press("Space")
    chooser.value.set_files(portrait)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)


def test_the_result_can_be_saved(page: Page, portrait: Path, tmp_path: Path) -> None:
    """The saved JSON is the server's answer."""
    choose(page, portrait)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Save as JSON").click(timeout=60_000)
    assert download.value.suggested_filename == "astronaut.png.unmask.json"
    download.value.save_as(tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert result["path"] == "astronaut.png"
    assert result["score"] is not None


def test_an_unscorable_file_is_told_in_words(page: Page, tmp_path: Path) -> None:
    """A text file called .mp4 gets a headline and an advice, and another file can be chosen after it."""
    path = tmp_path / "letter.mp4"
    path.write_text("Dear reader")
    choose(page, path)
    expect(page.get_by_role("heading", name="This file cannot be read")).to_be_visible(timeout=60_000)
    screenshot(page, "error")


def test_a_picture_without_a_face_is_told_in_words(page: Page, tmp_path: Path) -> None:
    """Nothing is claimed where there is no face."""
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((120, 160, 3), 128, np.uint8))
    choose(page, path)
    expect(page.get_by_role("heading", name="No face found")).to_be_visible(timeout=60_000)


def test_several_files_are_listed_and_each_can_be_shown(page: Page, portrait: Path, clip: Path, tmp_path: Path) -> None:
    """All that were chosen are scored one after the other; a click shows another one's finding."""
    letter = tmp_path / "letter.txt.png"
    letter.write_text("Dear reader")
    page.get_by_label("Choose a video or picture").set_input_files([clip, portrait, letter])
    items = page.locator("#files > li")
    expect(items.nth(2)).to_contain_text(re.compile(f"slow pan.webm({VERDICT.pattern})"), timeout=60_000)
    expect(items.nth(1)).to_contain_text(re.compile(f"astronaut.png({VERDICT.pattern})"), timeout=60_000)
    expect(items.nth(0)).to_contain_text("letter.txt.pngThis file cannot be read", timeout=60_000)
    expect(page.locator("#input-name")).to_have_text("slow pan.webm")
    items.nth(1).get_by_role("button", name=re.compile("^astronaut.png")).click()
    expect(page.locator("#input-name")).to_have_text("astronaut.png")
    screenshot(page, "several")


def test_files_that_take_long_leave_the_page_usable(browser: Browser, portrait: Path, tmp_path: Path) -> None:
    """Ten are on their way, and the server can still be asked: browsers keep no more than six connections to it."""
    server = Server(tmp_path)
    server.halt_workers()
    for page in open_page(browser, server.url):
        page.get_by_label("Choose a video or picture").set_input_files([portrait] * 10)
        states = page.locator("#files .state")
        expect(states.filter(has_text=re.compile(r"^Waits$|^Scoring"))).to_have_count(10)
        page.get_by_text("Other programs").click()
        page.get_by_role("button", name="Show a code").click()
        expect(page.locator("#code")).to_have_text(re.compile(r"^\d{4}-\d{4}$"))
        # The first one holds the worker; another takes its place.
        page.locator("#files > li").last.get_by_role("button", name="Delete").click()
        expect(states.filter(has_text=VERDICT)).to_have_count(9, timeout=60_000)
    server.stop()


def test_the_history_outlives_the_page(page: Page, portrait: Path) -> None:
    """After a reload the result is there, without the file; deleting it removes it from the server too."""
    choose(page, portrait)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    page.reload()
    newest = page.locator("#files > li").first
    newest.get_by_role("button", name=re.compile("^astronaut.png")).click()
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible()
    expect(page.locator("#stage-note")).to_contain_text("The file itself was deleted after scoring")
    assert drawn_pixels(page) > 0
    screenshot(page, "history")
    count = page.locator("#files > li").count()
    newest.get_by_role("button", name="Delete").press("Enter")
    expect(page.locator("#files > li")).to_have_count(count - 1)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_hidden()
    page.reload()
    expect(page.locator("#files > li")).to_have_count(count - 1)


def test_the_report_states_file_and_model(page: Page, portrait: Path) -> None:
    """What is printed names the file's and the model's hashes, and leaves the rest of the page out."""
    choose(page, portrait)
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    manifest = json.loads((DEFAULT_BUNDLE_DIR / "manifest.json").read_text("utf-8"))
    model = next(file for file in manifest["files"] if file["path"] == manifest["models"]["float16"]["path"])
    facts = page.locator("#facts")
    expect(facts).to_contain_text(hashlib.sha256(portrait.read_bytes()).hexdigest())
    expect(facts).to_contain_text(f"{manifest['name']} {manifest['version']}, float16")
    expect(facts).to_contain_text(model["sha256"])
    page.emulate_media(media="print")
    expect(facts).to_be_visible()
    for hidden in ("#drop", "#files-card", "#print", "#programs", "#time .on-screen"):
        expect(page.locator(hidden)).to_be_hidden()
    screenshot(page, "report")


def test_the_camera_is_recorded_and_scored(browser: Browser, server: Server) -> None:
    """A few seconds of Chromium's test camera, which shows no face."""
    for page in open_page(browser, server.url, permissions=["camera"]):
        page.get_by_role("button", name="Use the camera instead").click()
        expect(page.get_by_role("dialog", name="Camera")).to_be_visible()
        page.get_by_role("button", name="Record 5 seconds").click()
        expect(page.get_by_role("heading", name="No face found")).to_be_visible(timeout=60_000)
        expect(page.locator("#problem-name")).to_have_text(re.compile(r"Camera [\d .-]+\.webm"))


def test_a_code_can_be_had_for_another_program(page: Page) -> None:
    """The page shows it; what is paired is listed and can be removed."""
    page.get_by_text("Other programs").click()
    page.get_by_role("button", name="Show a code").click()
    code = page.locator("#code")
    expect(code).to_have_text(re.compile(r"^\d{4}-\d{4}$"))
    body = json.dumps({"code": code.inner_text(), "name": "my script"}).encode()
    url = page.url + "v1/pair"
    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as response:
        assert response.status == 201
    page.get_by_text("Other programs").click()
    page.get_by_text("Other programs").click()
    expect(page.locator("#pairings")).to_contain_text("my script")
    page.get_by_role("button", name="Remove my script").click()
    expect(page.locator("#pairings li")).to_have_count(0)


def test_from_another_machine_the_page_asks_for_the_code(browser: Browser, portrait: Path, tmp_path: Path) -> None:
    """Where others can reach the companion, nothing is told or scored before the code is entered."""
    server = Server(tmp_path, "--host", "0.0.0.0")
    try:
        for page in open_page(browser, server.url, viewport={"width": 400, "height": 800}, color_scheme="dark"):
            code = page.get_by_role("textbox", name="Code")
            expect(code).to_be_focused()
            screenshot(page, "code")
            code.fill(server.code)
            code.press("Enter")
            expect(code).to_be_hidden()
            choose(page, portrait)
            expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
            page.reload()
            expect(page.locator("#files > li")).to_have_count(1)
    finally:
        server.stop()


def test_the_interface_is_described_offline(page: Page) -> None:
    """The viewer draws every route, and asks nothing of any other host."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url + "docs")
    expect(page.get_by_text("/v1/score").first).to_be_visible()
    expect(page.get_by_text("/v1/pairings").first).to_be_visible()
    assert all(url.startswith((page.url.removesuffix("docs"), "data:", "blob:")) for url in asked)
    screenshot(page, "docs")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bands": (1.0, 1.0)}, ("No sign of forgery found", "This does not prove that the picture is real.")),
        ({"bands": (0.0, 0.0)}, ("Likely manipulated", "This is evidence, not proof.")),
        ({"bands": (0.0, 1.0)}, ("Inconclusive", "between the two bands")),
        ({"min_face_px": 5000.0}, ("Inconclusive", "too small to judge: at least 5000 pixels")),
        ({"min_sharpness": 1e9}, ("Inconclusive", "too blurred to judge")),
    ],
)
def test_each_verdict_has_its_words(
    browser: Browser, portrait: Path, tmp_path: Path, changes: dict[str, Any], words: tuple[str, str]
) -> None:
    """Bundles whose thresholds force a verdict: the page says what it is, why, and what it does not prove."""
    server = Server(tmp_path / "data", "--bundle", str(bundle_with(tmp_path / "bundle", **changes)))
    try:
        for page in open_page(browser, server.url):
            choose(page, portrait)
            expect(page.get_by_role("heading", name=words[0])).to_be_visible(timeout=60_000)
            expect(page.locator("#finding")).to_contain_text(words[1])
            expect(page.locator("#finding")).not_to_contain_text(re.compile(r"\bis (real|authentic|genuine)\b(?!\.)"))
    finally:
        server.stop()


def bundle_with(folder: Path, bands: tuple[float, float] | None = None, **aggregation: float) -> Path:
    """A copy of the packaged bundle with other verdict bands or other demands on faces."""
    shutil.copytree(DEFAULT_BUNDLE_DIR, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["aggregation"].update(aggregation)
    if bands:
        manifest["bands"] = {"likely_authentic_below": bands[0], "likely_manipulated_from": bands[1]}
    path.write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [360, 1280])
def test_the_page_fits(
    browser: Browser, server: Server, clip: Path, scheme: Literal["light", "dark"], width_px: int
) -> None:
    """Nothing reaches beyond the window's width, before and after scoring, down to 360 px."""
    for page in open_page(browser, server.url, viewport={"width": width_px, "height": 800}, color_scheme=scheme):
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) == 0
        screenshot(page, f"start-{scheme}-{width_px}")
        choose(page, clip)
        expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
        wait_for_video(page)
        assert page.evaluate(overflow) == 0
        screenshot(page, f"clip-{scheme}-{width_px}")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_CLIPS.is_dir(), reason="the research data is not beside the checkout")
def test_a_real_forgery_is_shown_frame_by_frame(page: Page) -> None:
    """A forged clip from outside the training data, H.264 with sound: verdict, chart and overlay are there."""
    choose(page, min(SHARED_CLIPS.glob("*_fake.mp4")))
    expect(page.get_by_role("heading", name=VERDICT)).to_be_visible(timeout=60_000)
    expect(page.locator("#chart .point").first).to_be_visible()
    wait_for_video(page)
    assert drawn_pixels(page) > 0
    screenshot(page, "shared")
