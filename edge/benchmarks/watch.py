"""Measures `unmask watch` as it is used: as a program of its own, on streams, files and folders of this machine.

    python edge/benchmarks/watch.py
    python edge/benchmarks/watch.py --soak 10

prints each number beside its goal, as a table in Markdown. Needs the test environment and `make broker-and-camera`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter, sleep
from typing import Any

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe

from unmask_edge.assets import asset_path
from unmask_edge.opencv import cv2
from unmask_edge.watch.webhook import LONGEST_WAIT_S

HERE = Path(__file__).parent
RTSP_SERVER = HERE.parents[1] / "tests/edge/watch/rtsp_server.py"
UNMASK = [str(Path(sys.executable).with_name("unmask")), "watch"]
SECONDS = 40
# The face is in sight for so long and then away for as long.
IN_SIGHT_S = 6
FILES = 10_000
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105  (of this run alone)


class Watching:
    """A running `unmask watch`, whose events and processor time are followed."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen([*UNMASK, *arguments], stdout=subprocess.PIPE, text=True)
        self.events: list[dict[str, Any]] = []
        self._reading = Thread(target=self._read)
        self._reading.start()

    def wait_for(self, event: str, count: int = 1) -> None:
        """Until so many such events have come."""
        while sum(one["event"] == event for one in self.events) < count:
            assert self._process.poll() is None
            sleep(0.05)

    def cpu_s(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, kind: str = "VmRSS") -> float:
        """Resident memory: now, or `VmHWM`, the most so far."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(kind):
                return int(line.split()[1]) / 1024
        raise AssertionError(kind)

    def end(self) -> None:
        """End it, or wait until it has ended."""
        self._process.terminate()
        self._process.wait()
        self._reading.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES", help="watch for so long besides")
    arguments = parser.parse_args()
    print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.\n")
    print("| what | measured | goal |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = share_of_a_core(folder)
        share_of_a_core(folder, "--bundle", "tiny")
        time_to_event(folder)
        usual_way(folder, ours)
        many_files(folder / "files")
        if arguments.soak:
            soak(folder, arguments.soak)


def row(what: str, measured: str, goal: str = "") -> None:
    """Print one line of the table."""
    print(f"| {what} | {measured} | {goal} |", flush=True)


def share_of_a_core(folder: Path, *options: str) -> float:
    """Watch a stream on one processor; returns the share of it that this takes at 5 frames a second."""
    with camera(clip(folder / "steady.h264", always=True)) as url:
        watching = Watching(url, "--affinity", "0", "--max-cpu", "100", "--metrics", "9197", *options)
        watching.wait_for("verdict_given")
        start, cpu_s, frames = perf_counter(), watching.cpu_s(), scored()
        sleep(SECONDS)
        took_s = perf_counter() - start
        share, rate = (watching.cpu_s() - cpu_s) / took_s, (scored() - frames) / took_s
        memory_mb = watching.memory_mb("VmHWM")
        watching.end()
    told = " ".join(options)
    row(f"720p 25 fps RTSP, of one core {told}", f"{share:.1%} at {rate:.1f} scored frames a second", "25 % at 5")
    row(f"resident memory, at most {told}", f"{memory_mb:.0f} MB", "250 MB")
    return share / rate * 5


def scored() -> float:
    """Frames that were looked at so far."""
    with urllib.request.urlopen("http://127.0.0.1:9197/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("unmask_watch_frames_scored_total"):
                return float(line.split()[-1])
    raise AssertionError("no such metric")


def time_to_event(folder: Path) -> None:
    """A file that is watched at its own pace shows a face every now and then: how long after is it told?"""
    file = clip(folder / "coming.mp4", always=False, periods=6)
    watching = Watching(str(file), "--max-cpu", "100")
    watching.wait_for("source_ended")
    watching.end()
    live_s = told_s(watching.events[0])
    given = [told_s(event) - live_s for event in watching.events if event["event"] == "verdict_given"]
    waits = [at_s % (2 * IN_SIGHT_S) - IN_SIGHT_S for at_s in given]
    assert len(waits) == 6, watching.events
    row("from a face's appearance to its event", f"{statistics.median(waits):.2f} s, at most {max(waits):.2f} s", "2 s")


def told_s(event: dict[str, Any]) -> float:
    """When an event was told."""
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def usual_way(folder: Path, ours: float) -> None:
    """The same stream by every frame through a Haar cascade and Keras."""
    file = clip(folder / "usual.mp4", always=True, periods=1)
    done = subprocess.run(
        [sys.executable, str(HERE / "usual_way.py"), str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    cpu_s, frames, faces = map(float, done.stdout.split()[-3:])
    share = cpu_s / frames * 25
    row(
        "the same by Haar cascade and Keras on each frame",
        f"{share:.0%} of a core, {faces / frames:.1f} faces a frame; {share / ours:.0f} times as much",
    )


def many_files(folder: Path) -> None:
    """Thousands of small pictures, dropped in at once."""
    folder.mkdir()
    _, picture = cv2.imencode(".jpg", np.full((48, 64, 3), 100, np.uint8))
    for number in range(FILES):
        (folder / f"{number:05}.jpg").write_bytes(picture.tobytes())
    watching = Watching(str(folder), "--fps", "60", "--max-cpu", "6400")
    watching.wait_for("source_live")
    start = perf_counter()
    watching.wait_for("file_scored", FILES)
    took_s = perf_counter() - start
    sleep(2)
    cpu_s = watching.cpu_s()
    sleep(10)
    idle = (watching.cpu_s() - cpu_s) / 10
    told = {event["path"] for event in watching.events if event["event"] == "file_scored"}
    memory_mb = watching.memory_mb("VmHWM")
    watching.end()
    row(f"{FILES} pictures at once", f"{len(told)} told, {FILES / took_s:.0f} a second, {memory_mb:.0f} MB", "all")
    row("the same folder when nothing arrives", f"{idle:.1%} of a core")


def soak(folder: Path, minutes: float) -> None:
    """A face comes and goes, and a receiver of webhooks is away every other minute."""
    received: dict[str, dict[str, Any]] = {}
    server = receiver(received)
    with camera(clip(folder / "soak.h264", always=False)) as url:
        config = folder / "soak.toml"
        config.write_text(
            f'state-dir = "{folder / "state"}"\nmax-cpu = 100\n[[sources]]\naddress = "{url}"\n'
            f'[[webhooks]]\nurl = "http://127.0.0.1:{server.server_port}/"\nsecret = "{SECRET}"\n'
        )
        watching = Watching("--config", str(config))
        watching.wait_for("verdict_given")
        start, memory_mb = monotonic(), []
        while monotonic() - start < 60 * minutes:
            received.pop("away", None)
            if int((monotonic() - start) / 60) % 2:
                received["away"] = {}
            sleep(5)
            memory_mb.append(watching.memory_mb())
        received.pop("away", None)
        until_s = monotonic() + LONGEST_WAIT_S + 10  # by then what is kept has been tried again
        while len(received) < len(watching.events) and monotonic() < until_s:
            sleep(1)
        watching.end()
    sleep(1)
    server.shutdown()
    printed = [json.dumps(event, sort_keys=True) for event in watching.events]
    lost = set(printed) - {json.dumps(event, sort_keys=True) for event in received.values()}
    third = len(memory_mb) // 3
    early, late = statistics.mean(memory_mb[third : 2 * third]), statistics.mean(memory_mb[2 * third :])
    row(f"{minutes:g} minutes, memory in the second and last third", f"{early:.1f} and {late:.1f} MB", "flat")
    row("events in them, and lost to a webhook that is away half of the time", f"{len(printed)}, {len(lost)}", "none")


def receiver(received: dict[str, dict[str, Any]]) -> ThreadingHTTPServer:
    """Takes webhooks, but for while `away` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            is_away = "away" in received
            if not is_away:
                received[self.headers["webhook-id"]] = json.loads(body)
            self.send_response(503 if is_away else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def clip(path: Path, *, always: bool, periods: int = 2) -> Path:
    """720p at 25 fps: the sample portrait, with noise, always or in every other period of `IN_SIGHT_S`."""
    shown = "1" if always else f"gte(mod(t,{2 * IN_SIGHT_S}),{IN_SIGHT_S})"
    graph = (
        "[0]scale=720:720[face];color=c=gray:s=1280x720:r=25[wall];"
        f"[wall][face]overlay=280:0:enable='{shown}',noise=alls=8:allf=t"
    )
    source = ["-loop", "1", "-r", "25", "-i", asset_path("portrait"), "-t", 2 * IN_SIGHT_S * periods]
    options = ["-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "2M", "-g", "50", "-bf", "0"]
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, "-filter_complex", graph, *options, path]
    subprocess.run(list(map(str, command)), check=True)
    return path


@contextmanager
def camera(file: Path) -> Iterator[str]:
    """A stream that shows an H.264 file over and over."""
    process = subprocess.Popen(["/usr/bin/python3", str(RTSP_SERVER), str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"rtsp://127.0.0.1:{process.stdout.readline().strip()}/camera"
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
