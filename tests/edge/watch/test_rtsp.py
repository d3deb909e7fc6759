"""A camera's RTSP stream, by GStreamer's server, over a line that is cut, stalls and is spoilt."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.edge.media_files import ffmpeg
from tests.edge.watch.proxy import Proxy
from unmask_edge.watch import source as reading
from unmask_edge.watch.source import Address, Source, State
from unmask_edge.watch.stats import Stats

SERVER = Path(__file__).with_name("rtsp_server.py")
LONG_S = 60


QUICK = ["-pix_fmt", "yuv420p", "-g", "25", "-preset", "ultrafast"]
CODECS = {
    "h264": [*QUICK, "-bf", "0"],
    "h265": [*QUICK, "-c:v", "libx265", "-x265-params", "log-level=none:bframes=0", "-f", "hevc"],
    # Packets of Motion JPEG carry no Huffman tables.
    "jpg": ["-pix_fmt", "yuvj420p", "-huffman", "default", "-frames:v", "1"],
}


def film(folder: Path, grey: int, size: str, codec: str = "h264", seconds: int = 2) -> Path:
    """A file of one grey."""
    file = folder / f"{grey}.{codec}"
    colour = f"color=c=#{grey:02x}{grey:02x}{grey:02x}:size={size}:rate=25:duration={seconds}"
    ffmpeg("-f", "lavfi", "-i", colour, *CODECS[codec], file)
    return file


class Camera:
    """An RTSP server that shows files."""

    def __init__(self, *files: Path) -> None:
        command = ["/usr/bin/python3", str(SERVER), *map(str, files)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        port = self._process.stdout.readline()
        assert port, "Expected GStreamer's RTSP server. Run: make broker-and-camera"
        self.port = int(port)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def cameras(tmp_path: Path) -> Iterator[tuple[Camera, Camera]]:
    """A dark one and, with larger pictures, a bright one."""
    with ExitStack() as stack:
        dark = Camera(film(tmp_path, 60, "320x240"))
        stack.callback(dark.stop)
        bright = Camera(film(tmp_path, 200, "640x360"))
        stack.callback(bright.stop)
        yield dark, bright


def shows(source: Source, grey: int, height_px: int) -> None:
    """Wait until frames are of a brightness and size."""
    until_s = monotonic() + LONG_S
    while True:
        frame = source.newest(1.0)
        if frame is not None and abs(float(frame.mean()) - grey) < 6:
            assert len(frame) == height_px
            return
        assert monotonic() < until_s, f"expected {grey}"


def test_a_camera_is_watched_whatever_its_line_does(
    cameras: tuple[Camera, Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each fault frames come again: as they were, and of another size where the camera was changed."""
    monkeypatch.setattr(reading, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(reading, "TIMEOUT_MS", 2000)
    dark, bright = cameras
    told: list[State] = []
    stats = Stats("camera")
    with closing(Proxy(dark.port)) as line:
        address = Address.parse(f"rtsp://127.0.0.1:{line.port}/camera")
        with closing(Source(address, lambda state, _: told.append(state), stats)) as source:
            shows(source, 60, 240)
            line.spoilt.set()
            for _ in range(5):
                source.newest(0.2)
            line.spoilt.clear()
            shows(source, 60, 240)
            line.stalled.set()
            wait_for(told, "source_lost")
            line.stalled.clear()
            shows(source, 60, 240)
            told.clear()
            line.target = bright.port
            line.cut()
            wait_for(told, "source_lost")
            line.mend()
            shows(source, 200, 360)
    assert told[-1] == "source_ended"
    assert stats.opened >= 3
    assert stats.seen > stats.looked_at == 0


@pytest.mark.parametrize("codec", ["h265", "jpg"])
def test_a_camera_may_change_its_codec(codec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets that the session did not announce are none; the next one says what they are."""
    monkeypatch.setattr(reading, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(reading, "TIMEOUT_MS", 2000)
    camera = Camera(film(tmp_path, 60, "320x240", seconds=4), film(tmp_path, 200, "640x360", codec))
    told: list[State] = []
    address = Address.parse(f"rtsp://127.0.0.1:{camera.port}/camera")
    try:
        with closing(Source(address, lambda state, _: told.append(state))) as source:
            shows(source, 60, 240)
            shows(source, 200, 360)
    finally:
        camera.stop()
    assert told.count("source_lost") >= 1


def wait_for(told: list[State], state: State) -> None:
    """Until it is among what was told."""
    until_s = monotonic() + LONG_S
    while state not in told:
        assert monotonic() < until_s, told
        sleep(0.05)
