"""Reading a stream that is cut, stalls, changes its size or is spoilt on the way."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import pytest

from tests.edge.media_files import flat_clip
from tests.edge.watch.mjpeg_server import Camera, serve
from unmask_edge.errors import UnmaskError
from unmask_edge.watch import source as reading
from unmask_edge.watch.source import Address, Source, State

LONG_S = 20


class States:
    """Collects what became of a source."""

    def __init__(self) -> None:
        self.told: list[State] = []
        self._came = Event()

    def __call__(self, state: State, reason: str) -> None:
        """Take one."""
        assert reason or state == "source_live"
        self.told.append(state)
        self._came.set()

    def wait_for(self, *states: State) -> None:
        """Wait until just these have been told."""
        until_s = monotonic() + LONG_S
        while self.told != list(states):
            assert monotonic() < until_s, f"expected {states}, received {self.told}"
            self._came.clear()
            self._came.wait(0.2)


@pytest.fixture
def camera() -> Iterator[Camera]:
    """A grey picture."""
    with serve(Camera(np.full((48, 64, 3), 100, np.uint8))) as served:
        yield served


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(reading, "TIMEOUT_MS", 2000)


def brightness(source: Source) -> float:
    """Of the newest frame."""
    frame = source.newest(LONG_S)
    assert frame is not None
    return float(frame.mean())


def shows(source: Source, expected: float) -> None:
    """Wait until frames have a brightness."""
    until_s = monotonic() + LONG_S
    while abs(brightness(source) - expected) > 3:
        assert monotonic() < until_s


def test_only_the_newest_frame_is_handed_out(camera: Camera) -> None:
    """A reader that was away for many frames gets none of them."""
    with closing(Source(Address.parse(camera.url), States())) as source:
        shows(source, 100)
        camera.picture = np.full((48, 64, 3), 200, np.uint8)
        camera.closed.wait(1.0)
        assert brightness(source) == pytest.approx(200, abs=3)


def test_a_cut_stream_is_opened_again(camera: Camera) -> None:
    """Both are told, and frames go on."""
    states = States()
    with closing(Source(Address.parse(camera.url), states)) as source:
        shows(source, 100)
        camera.cut.set()
        until_s = monotonic() + LONG_S
        while "source_lost" not in states.told:
            assert monotonic() < until_s
            camera.closed.wait(0.1)
        assert source.newest(0.05) is None
        camera.cut.clear()
        shows(source, 100)
    assert states.told[0] == "source_live"
    assert states.told[-1] in {"source_live", "source_ended"}
    assert camera.connections >= 2


def test_a_stalled_stream_is_opened_again(camera: Camera) -> None:
    """A connection that stays open and says nothing is given up."""
    states = States()
    with closing(Source(Address.parse(camera.url), states)) as source:
        shows(source, 100)
        camera.stalled.set()
        states.wait_for("source_live", "source_lost")
        camera.stalled.clear()
        shows(source, 100)


def test_a_stream_may_change_its_size(camera: Camera) -> None:
    """Frames go on; OpenCV scales them to the size that the stream was opened with."""
    with closing(Source(Address.parse(camera.url), States())) as source:
        shows(source, 100)
        camera.picture = np.full((96, 128, 3), 200, np.uint8)
        shows(source, 200)
        frame = source.newest(LONG_S)
    assert frame is not None
    assert frame.shape == (48, 64, 3)


def test_spoilt_pictures_are_passed_over(camera: Camera) -> None:
    """Frames go on once they are pictures again."""
    with closing(Source(Address.parse(camera.url), States())) as source:
        shows(source, 100)
        camera.spoilt.set()
        camera.closed.wait(0.5)
        camera.picture = np.full((48, 64, 3), 200, np.uint8)
        camera.spoilt.clear()
        shows(source, 200)


def test_a_file_is_read_at_its_own_pace_and_ends(tmp_path: Path) -> None:
    """A second of it takes about a second, and it is not opened again."""
    states = States()
    clip = flat_clip(tmp_path / "clip.mp4", [50] * 10 + [150] * 10)
    started_s = monotonic()
    with closing(Source(Address.parse(str(clip)), states)) as source:
        seen = []
        while not source.ended:
            frame = source.newest(LONG_S)
            seen += [] if frame is None else [float(frame.mean())]
    assert monotonic() - started_s >= 1.8
    assert {round(level, -1) for level in seen} == {50, 150}
    assert states.told == ["source_live", "source_ended"]


@pytest.mark.parametrize("text", ["", "no-such.mp4", "ftp://host/clip.mp4", "."])
def test_what_is_no_source_is_named(text: str) -> None:
    """The error lists what would be one."""
    with pytest.raises(UnmaskError, match="Expected a camera's number, a device"):
        Address.parse(text)


def test_passwords_are_not_told() -> None:
    """Neither in names nor in errors."""
    address = Address.parse("rtsp://user:secret@10.0.0.2:554/stream?channel=1")
    assert address.name == "rtsp://***@10.0.0.2:554/stream?channel=1"
    with pytest.raises(UnmaskError) as error:
        Address.parse("ftp://user:secret@host/")
    assert "secret" not in str(error.value)
