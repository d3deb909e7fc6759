"""The extension on pages as people watch videos on: it gets the pixels or says why not, and touches nothing."""

import re
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.extension import (
    RECORD,
    Browser,
    copied_result,
    page_state,
    serve,
    verdict,
    video,
)
from tests.browser.media import MediaServer
from tests.edge.media_files import ffmpeg
from unmask_edge import Detector
from unmask_edge.assets import asset_path

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

STREAMS = {"mp4": 'video/mp4; codecs="avc1.42c01e"', "webm": 'video/webm; codecs="vp9"'}
# Another host than 127.0.0.1, which alone the test build may read.
FOREIGN_HOST = "localhost"


@pytest.fixture(scope="module", params=sorted(STREAMS))
def stream_file(request: pytest.FixtureRequest, portrait_clip: Path) -> Path:
    """The portrait's clip, cut into fragments as streaming sites serve it."""
    path = portrait_clip.with_name(f"fragments.{request.param}")
    h264 = ["-c:v", "libx264", "-profile:v", "baseline", "-level", "3.0", "-pix_fmt", "yuv420p"]
    mp4 = [*h264, "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
    ffmpeg("-i", portrait_clip, *(mp4 if request.param == "mp4" else ["-c", "copy", "-dash", "1"]), path)
    return path


def _stream(path: Path, then: str = "source.endOfStream()") -> str:
    """A page that feeds its player by Media Source Extensions."""
    return f"""<video width=640 muted autoplay loop></video><script>
        const source = new MediaSource();
        const video = document.querySelector("video");
        video.src = URL.createObjectURL(source);
        source.onsourceopen = async () => {{
            const buffer = source.addSourceBuffer('{STREAMS[path.suffix[1:]]}');
            buffer.appendBuffer(await (await fetch("{path.name}")).arrayBuffer());
            buffer.onupdateend = () => {{ buffer.onupdateend = null; {then} }};
        }};
    </script>"""


def _foreign(server: MediaServer, name: str) -> str:
    return f"{server.other_origin}/{name}".replace("127.0.0.1", FOREIGN_HOST)


def _open_playing(browser: Browser, url: str) -> Page:
    """A page whose video plays, and on which what happens is recorded from then on."""
    page = browser.open(url)
    page.wait_for_function("document.querySelector('video').currentTime > 0")
    page.evaluate(RECORD, "document.querySelector('video')")
    return page


def _says(card: Locator, text: str | re.Pattern[str]) -> None:
    expect(card.get_by_role("status")).to_contain_text(text, timeout=60_000)


def test_a_fragmented_stream_is_watched_and_left_alone(
    browser: Browser, media_server: MediaServer, stream_file: Path
) -> None:
    """MP4 and WebM by Media Source Extensions play on, muted as they were; document and layout stay."""
    page = _open_playing(browser, serve(media_server, _stream(stream_file), stream_file))
    before = page_state(page)
    card = verdict(browser.click_toolbar(page))
    assert set(page.evaluate("touched")) <= {"seeking"}, "a loop seeks its start"
    assert page_state(page) == before
    result = copied_result(card)
    assert result["route"] == "moments_watched"
    assert result["path"].startswith("blob:")
    assert result["tracks"]
    assert result["duration_s"] == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("kind", ["media source", "media stream"])
def test_a_live_stream_is_watched(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, tmp_path: Path, kind: str
) -> None:
    """Without an end there is no whole clip; the result states no duration."""
    if kind == "media source":
        path = tmp_path / "live.webm"
        ffmpeg("-i", portrait_clip, "-c", "copy", "-dash", "1", path)
        body = _stream(path, "source.duration = Infinity")
    else:
        path = asset_path("portrait")
        body = f"""<img src={path.name} hidden><video width=640 muted autoplay></video><script>
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 512;
            let shift = 0;
            const draw = () => canvas.getContext("2d").drawImage(document.images[0], shift++ % 8, 0);
            document.images[0].onload = () => setInterval(draw, 50);
            document.querySelector("video").srcObject = canvas.captureStream();
        </script>"""
    page = _open_playing(browser, serve(media_server, body, path))
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert (result["route"], result["duration_s"]) == ("moments_watched", None)
    assert result["tracks"]
    assert page.evaluate("touched") == []


def test_a_clip_of_a_site_that_shares_it_is_read_whole(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """CORS needs no permission."""
    (media_server.folder / "portrait.cors").touch()
    body = video(_foreign(media_server, portrait_clip.name), "crossorigin")
    page = browser.open(serve(media_server, body, portrait_clip))
    assert copied_result(verdict(browser.click_toolbar(page)))["route"] == "whole_clip"


def test_a_clip_of_a_site_that_does_not_share_it_is_seen_on_the_screen(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """By the right to the tab that a click gives; frames around the player are reckoned with, the badge is not seen."""
    (media_server.folder / "frame.html").write_text(
        f"<body style=margin:0>{video(_foreign(media_server, portrait_clip.name))}", "utf-8"
    )
    frame = '<p style="height: 50px">News</p><iframe src=frame.html width=700 height=600></iframe>'
    page = browser.open(serve(media_server, frame, portrait_clip))
    page.frame_locator("iframe").locator("video").wait_for()
    browser.click_toolbar(page)
    card = verdict(page.frame_locator("iframe").locator("unmask-badge section"))
    expect(card).to_be_visible()
    result = copied_result(card)
    assert (result["route"], result["frames_sampled"]) == ("screen_captured", 1)
    assert result["width_px"] == pytest.approx(640, abs=2)
    # What lies at the same place of the clip's own first frame, which is shown 2.5 times as large.
    (expected,) = Detector().score(portrait_clip).tracks
    (face,) = result["tracks"]
    assert face["frames"][0]["box"] == pytest.approx([2.5 * edge for edge in expected.frames[0].box], abs=12)


def test_a_site_without_permission_is_named_as_the_reason(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Where the tab may not be seen either, the badge says what the user can do."""
    address = _foreign(media_server, portrait_clip.name)
    page = browser.open(serve(media_server, video(address), portrait_clip))
    _says(browser.choose_from_menu(page, "video", address), "another site that does not share")


def test_a_player_that_moves_on_is_checked_anew(
    browser: Browser, media_server: MediaServer, portrait_clip: Path, faceless_clip: Path
) -> None:
    """A feed swaps `src` in place: the badge goes, even under way, and the next click finds the new video."""
    page = browser.open(serve(media_server, video(faceless_clip.name), portrait_clip, faceless_clip))
    card = browser.click_toolbar(page)
    _says(card, "No face was found")
    page.evaluate("name => document.querySelector('video').src = name", portrait_clip.name)
    expect(card).to_have_count(0)
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    assert copied_result(verdict(browser.click_toolbar(page)))["path"].endswith(portrait_clip.name)
    page.evaluate("document.querySelector('unmask-badge').id = 'earlier'")
    browser.click_toolbar(page)
    expect(page.locator("unmask-badge:not(#earlier)")).to_have_count(1)  # else the new video would be checked
    page.evaluate("name => document.querySelector('video').src = name", faceless_clip.name)
    expect(card).to_have_count(0)


def test_a_player_in_nested_shadow_trees_is_found(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Open and closed, and added after the page was loaded."""
    body = f"""<main></main><script>
        const outer = document.querySelector("main").attachShadow({{ mode: "open" }});
        outer.innerHTML = "<div></div>";
        const inner = outer.firstChild.attachShadow({{ mode: "closed" }});
        setTimeout(() => (inner.innerHTML = '{video(portrait_clip.name)}', window.player = inner.firstChild), 100);
    </script>"""
    page = browser.open(serve(media_server, body, portrait_clip))
    page.wait_for_function("window.player?.readyState >= 2")
    assert copied_result(verdict(browser.click_toolbar(page)))["path"].endswith(portrait_clip.name)


def test_a_video_in_a_window_of_its_own_is_found(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Picture in picture, while the page shows something else; moving icons do not count."""
    body = f"""{video(portrait_clip.name)}<button>Small window</button>
        <video src={portrait_clip.name}?icon muted style='width: 40px'></video>
        <script>
            const [player] = document.querySelectorAll("video");
            document.querySelector("button").onclick = () => player.requestPictureInPicture();
        </script>"""
    page = browser.open(serve(media_server, body, portrait_clip))
    page.get_by_role("button", name="Small window").click()
    page.wait_for_function("document.pictureInPictureElement !== null")
    page.evaluate("player.style.display = 'none'")
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert result["path"].endswith(portrait_clip.name)


def test_a_player_that_the_page_has_moved_into_a_window_of_its_own_is_found(
    browser: Browser, media_server: MediaServer, portrait_clip: Path
) -> None:
    """Document picture in picture; the badge is shown on the page."""
    body = f"""{video(portrait_clip.name)}<button>Small window</button><script>
        const player = document.querySelector("video");
        document.querySelector("button").onclick = async () => {{
            const small = await documentPictureInPicture.requestWindow({{ width: 400, height: 300 }});
            small.document.body.append(player);
        }};
    </script>"""
    page = browser.open(serve(media_server, body, portrait_clip))
    page.get_by_role("button", name="Small window").click()
    page.wait_for_function("documentPictureInPicture.window?.document.querySelector('video').readyState >= 2")
    card = verdict(browser.click_toolbar(page))
    result = copied_result(card)
    assert result["path"].endswith(portrait_clip.name)


def test_a_video_of_no_length_says_so(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """A file that states its pictures' size and holds none."""
    path = portrait_clip.with_name("empty.mp4")
    ffmpeg("-f", "lavfi", "-i", "color=s=256x256:d=1", "-frames:v", "0", "-movflags", "empty_moov", path)
    page = browser.context.new_page()
    page.goto(serve(media_server, video(path.name, "style='height: 300px'"), path))
    _says(browser.click_toolbar(page), "shows no picture yet")


def test_a_clip_of_one_frame_is_checked(browser: Browser, media_server: MediaServer, portrait_clip: Path) -> None:
    """It counts once, though every sample time shows it."""
    path = portrait_clip.with_name("one.webm")
    ffmpeg("-i", portrait_clip, "-c", "copy", "-frames:v", "1", path)
    page = browser.open(serve(media_server, video(path.name), path))
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert (result["route"], result["frames_sampled"]) == ("whole_clip", 1)


def test_sound_alone_says_so(browser: Browser, media_server: MediaServer, tmp_path: Path) -> None:
    """A player of sound shows no picture, ever."""
    path = tmp_path / "sound.webm"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "libopus", path)
    page = browser.open(serve(media_server, video(path.name, "style='height: 300px'"), path))
    _says(browser.click_toolbar(page), "sound only")


def _picture(address: str) -> str:
    return f"<h1>News</h1><img src='{address}' width=400>"


@pytest.mark.parametrize("origin", ["page_origin", "other_origin"])
def test_a_picture_is_scored_as_in_python(browser: Browser, media_server: MediaServer, origin: str) -> None:
    """From the page where that may read it, else from its address."""
    path = asset_path("portrait")
    address = f"{getattr(media_server, origin)}/{path.name}"
    page = browser.open(serve(media_server, _picture(address), path))
    before = page_state(page)
    card = verdict(browser.choose_from_menu(page, "picture", address))
    result = copied_result(card)
    assert page_state(page) == before
    expected = Detector().score(path)
    (ours,), (theirs,) = result["tracks"], expected.tracks
    assert (result["route"], result["frames_sampled"], result["duration_s"]) == ("picture", 1, None)
    assert ours["frames"][0]["box"] == pytest.approx(theirs.frames[0].box, abs=0.5)
    assert result["score"] == pytest.approx(expected.score, abs=0.02)


def test_a_turned_picture_is_scored_upright(browser: Browser, media_server: MediaServer, tmp_path: Path) -> None:
    """A phone's picture states how to turn it."""
    portrait = cv2.imread(str(asset_path("portrait")))
    assert portrait is not None
    encoded = cv2.imencode(".jpg", cv2.rotate(portrait, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    turned = bytes.fromhex("ffe10022457869660000") + bytes.fromhex(
        "4d4d002a00000008000101120003000000010006000000000000"
    )
    path = tmp_path / "turned.jpg"
    path.write_bytes(encoded[:2] + turned + encoded[2:])
    (expected,) = Detector().score(path).tracks
    for origin in (media_server.page_origin, media_server.other_origin):
        address = f"{origin}/{path.name}"
        page = browser.open(serve(media_server, _picture(address), path))
        (face,) = copied_result(verdict(browser.choose_from_menu(page, "picture", address)))["tracks"]
        assert face["frames"][0]["box"] == pytest.approx(expected.frames[0].box, abs=1)
