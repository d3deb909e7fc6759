"""Measures the companion as it is used: over HTTP, on the machine that it runs on.

    python server/benchmarks/companion.py --mesonet ../shared/peers/mesonet/Meso4_DF.h5

prints each number beside its goal, as a table in Markdown. Needs the test environment; takes some minutes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

from clips import key_frames_decoded_s, portrait_clip, repeated

from unmask_edge.assets import asset_path

HERE = Path(__file__).parent
SENDERS = 8
PICTURES = 160
RUNS = 5
REQUESTS = 10_000
SCORED_OF_THEM = 1000
MESONET_S = 2.0


class Served:
    """A running companion, paired."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [str(Path(sys.executable).with_name("unmask")), "serve", "--port", "0", "--data-dir", str(folder)]
        start = perf_counter()
        self._process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        address = re.search(r"http://\S+", self._process.stdout.readline())
        code = re.search(r"\d{4}-\d{4}", self._process.stdout.readline())
        assert address
        assert code
        self._host = urlsplit(address.group()).netloc
        self._token = ""
        self.ask("GET", "/v1/health")
        self.start_s = perf_counter() - start
        self._token = self.ask("POST", "/v1/pair", json.dumps({"code": code.group(), "name": "benchmark"}).encode())[
            "token"
        ]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request on a connection of its own; returns its JSON."""
        connection = http.client.HTTPConnection(self._host, timeout=600)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        assert answer.status < 300, content
        return content

    def score(self, path: Path) -> tuple[float, dict[str, Any]]:
        """Send a file; returns the time to its answer in s, and the result."""
        start = perf_counter()
        with path.open("rb") as file:
            result = self.ask("POST", "/v1/score", file)
        return perf_counter() - start, result

    def resident_mb(self) -> tuple[float, float]:
        """Resident memory in MB of the companion with its workers, what they share counted once, and of the largest."""
        pids = [self._process.pid, *_children(self._process.pid)]
        return sum(_memory_mb(pid, "Pss") for pid in pids), max(_memory_mb(pid, "Rss") for pid in pids)

    def cpu_s(self) -> float:
        """CPU time in s that the companion and its workers have spent."""
        return sum(_cpu_s(pid) for pid in [self._process.pid, *_children(self._process.pid)])

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


class Watched:
    """Follows a companion's memory for the length of a `with` block."""

    def __init__(self, served: Served) -> None:
        self._served, self._end = served, Event()
        self.total_mb = self.largest_mb = 0.0

    def __enter__(self) -> Watched:
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.2):
            total_mb, largest_mb = self._served.resident_mb()
            self.total_mb, self.largest_mb = max(self.total_mb, total_mb), max(self.largest_mb, largest_mb)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mesonet", type=Path, help="Meso4 weights; that way is left out if not given")
    parser.add_argument("--clips", type=Path, default=Path("out/companion-clips"), help="folder of the clips")
    options = parser.parse_args()
    options.clips.mkdir(parents=True, exist_ok=True)
    minute = portrait_clip(options.clips / "minute.mp4", 60, gop=50)
    rare = portrait_clip(options.clips / "rare-keys.mp4", 60, gop=250)
    print(f"Load when it began: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| what | goal | measured |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        starts_s = [_start_s(Path(folder) / str(number)) for number in range(3)]
        start_s, cpu_s = (statistics.median(times_s) for times_s in zip(*starts_s, strict=True))
        _row("start to the first answer, median of 3", "at most 1.5 s", f"{start_s:.2f} s, {cpu_s:.2f} s of a core")
        _one_worker(Path(folder) / "one", minute, rare)
        _two_workers(Path(folder) / "two", options.clips, minute)
    if options.mesonet:
        _mesonet(options.clips, options.mesonet, minute)


def _one_worker(folder: Path, minute: Path, rare: Path) -> None:
    served = Served(folder, "--workers", "1", "--threads", "1")
    served.score(asset_path("portrait"))
    start_s = served.cpu_s()
    # One after the other, so that whatever else the machine does slows both.
    runs = [(*served.score(minute), key_frames_decoded_s(minute)) for _ in range(RUNS)]
    cpu_s = (served.cpu_s() - start_s) / RUNS
    scored_s = statistics.median(spent_s for spent_s, _, _ in runs)
    ratio = statistics.median(result["timings_ms"]["decode"] / 1000 / keys_s for _, result, keys_s in runs)
    scored = f"{scored_s:.2f} s, {cpu_s:.2f} s of a core"
    _row("60 s of 720p H.264, key frames each 2 s, end to end", "at most 2.5 s", scored)
    _row("its decoding, of FFmpeg's for all key frames", "at most 3 times", f"{ratio:.1f} times")
    _row("the same with key frames each 10 s", "at most 2.5 s", f"{served.score(rare)[0]:.2f} s")
    served.stop()


def _two_workers(folder: Path, clips: Path, minute: Path) -> None:
    served = Served(folder)
    portrait = asset_path("portrait")
    while len(served.ask("GET", "/v1/jobs")["jobs"]) < 4:  # both workers have been at work
        with ThreadPoolExecutor(2) as senders:
            list(senders.map(served.score, [portrait] * 2))
    one, many = (_pictures_per_s(served, portrait, senders) for senders in (1, SENDERS))
    _row(f"{SENDERS} senders of pictures at once, of one's throughput", "at least 1.6 times", f"{many / one:.2f} times")
    for what, clip in (("60 s", minute), ("two hours", _two_hours(clips))):
        with Watched(served) as watched:
            spent_s, _ = served.score(clip)
        memory = f"{watched.largest_mb:.0f} MB in one process, {watched.total_mb:.0f} MB in all three; {spent_s:.1f} s"
        _row(f"memory while {what} of 720p are scored", "at most 300 MB", memory)
    before_mb, _ = served.resident_mb()
    grown = _many_requests(served, portrait)
    _row(f"memory after each quarter of {REQUESTS} requests", "no growth", f"{before_mb:.0f} MB, then {grown} MB")
    served.stop()


def _pictures_per_s(served: Served, picture: Path, senders: int) -> float:
    start = perf_counter()
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(served.score, [picture] * PICTURES))
    return PICTURES / (perf_counter() - start)


def _two_hours(clips: Path) -> Path:
    short = portrait_clip(clips / "quiet.mp4", 60, gop=50, bit_rate="300k", filters="scale=720:720,pad=1280:720:280:0")
    return repeated(short, clips / "two-hours.mp4", 120)


def _many_requests(served: Served, picture: Path) -> str:
    """Resident memory after each quarter of many requests, one in ten of which has a picture scored."""

    def ask(number: int) -> None:
        if number % (REQUESTS // SCORED_OF_THEM):
            served.ask("GET", ("/v1/jobs?limit=5", "/v1/model", "/v1/health")[number % 3])
        else:
            served.score(picture)

    grown = []
    with ThreadPoolExecutor(4) as senders:
        for _ in range(4):
            list(senders.map(ask, range(REQUESTS // 4)))
            grown.append(f"{served.resident_mb()[0]:.0f}")
    return ", ".join(grown)


def _mesonet(clips: Path, weights: Path, minute: Path) -> None:
    short = portrait_clip(clips / "mesonet.mp4", MESONET_S, gop=50)
    command = [sys.executable, str(HERE / "mesonet_way.py"), str(short), str(weights)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    other_s = float(told[-2]) * 60 / MESONET_S
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), "--workers", "1")
        served.score(asset_path("portrait"))
        start_s = served.cpu_s()
        for _ in range(RUNS):
            served.score(minute)
        ours_s = (served.cpu_s() - start_s) / RUNS
        served.stop()
    what = f"MesoNet's way with those 60 s (measured on {MESONET_S:.0f} s of them), of our time of a core"
    _row(what, "told", f"{other_s:.0f} s of a core, {other_s / ours_s:.0f} times")


def _start_s(folder: Path) -> tuple[float, float]:
    """Time to the first answer, and CPU time until then, in s."""
    served = Served(folder, "--workers", "1")
    cpu_s = served.cpu_s()
    served.stop()
    sleep(1)
    return served.start_s, cpu_s


def _row(what: str, goal: str, measured: str) -> None:
    print(f"| {what} | {goal} | {measured} |", flush=True)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int, kind: str) -> float:
    """`Rss`, or `Pss`, in which pages that several processes share are divided among them."""
    found = re.search(rf"^{kind}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


if __name__ == "__main__":
    main()
