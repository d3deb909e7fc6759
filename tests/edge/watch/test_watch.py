"""`unmask watch` as it is run: on a file, and on a stream that it is told to leave."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.media_files import portrait, portrait_clip, portrait_picture
from tests.edge.watch.mjpeg_server import Camera, serve
from unmask_edge.watch.events import FaceEvent

COMMAND = [str(Path(sys.executable).with_name("unmask")), "watch"]


@pytest.fixture
def camera() -> Iterator[Camera]:
    """The portrait."""
    with serve(Camera(portrait())) as served:
        yield served


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Run the command."""
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_file_is_watched_to_its_end(tmp_path: Path) -> None:
    """The source comes, the face gets a verdict once, the source ends; nothing else is printed."""
    clip = portrait_clip(tmp_path / "clip.mp4", seconds=3)
    process = start(str(clip), "--fps", "10", "--max-cpu", "200")
    printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    events = [json.loads(line) for line in printed.splitlines()]
    assert [event["event"] for event in events] == ["source_live", "verdict_given", "source_ended"]
    verdict = FaceEvent.model_validate(events[1])
    assert (verdict.track, verdict.before, verdict.source) == (0, None, str(clip))
    assert verdict.frames_usable >= 3
    assert complaints == ""


def test_it_stops_when_told(camera: Camera) -> None:
    """SIGTERM ends it in order, with exit status 0."""
    process = start(camera.url)
    assert process.stdout is not None
    events = [json.loads(process.stdout.readline())["event"] for _ in range(2)]
    assert events == ["source_live", "verdict_given"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_bad_sources_are_refused() -> None:
    """With one line."""
    process = start("no-such-file.mp4")
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Expected a camera's number" in complaints


def test_a_source_that_fails_leaves_the_others_alone(tmp_path: Path, camera: Camera) -> None:
    """One stream refuses, a folder is not there yet, one shows a face: each is told of, the folder once it comes."""
    camera_off, late = Camera(portrait()), tmp_path / "late"
    camera_off.cut.set()
    config = tmp_path / "watch.toml"
    with serve(camera_off):
        config.write_text(
            f"""
            max-cpu = 150
            [[sources]]
            name = "off"
            address = "{camera_off.url}"
            [[sources]]
            name = "late"
            address = "{late}"
            [[sources]]
            name = "on"
            address = "{camera.url}"
            """
        )
        process = start("--config", str(config))
        assert process.stdout is not None
        events = [json.loads(process.stdout.readline()) for _ in range(4)]
        portrait_picture(tmp_path / "picture.png")
        late.mkdir()
        (tmp_path / "picture.png").rename(late / "picture.png")
        while events[-1]["event"] != "file_scored":
            events.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    told = {(event["source"], event["event"]) for event in events}
    assert told >= {("off", "source_lost"), ("late", "source_lost"), ("on", "source_live"), ("on", "verdict_given")}
    assert events[-1]["source"] == "late"
    assert events[-1]["faces"] == 1


def test_a_source_that_stays_away_is_told_of_once() -> None:
    """However often it is tried."""
    process = start("/dev/video4096", "--for", "5")
    printed, complaints = process.communicate(timeout=60)
    assert [json.loads(line)["event"] for line in printed.splitlines()] == ["source_lost", "source_ended"]
    assert (process.returncode, complaints) == (0, "")
