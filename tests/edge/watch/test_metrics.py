"""The health end point and metrics of a program that watches."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.edge.media_files import portrait
from tests.edge.watch.broker import LONG_S, free_port
from tests.edge.watch.mjpeg_server import Camera, serve
from unmask_edge.errors import UnmaskError
from unmask_edge.watch.config import WatchConfig
from unmask_edge.watch.metrics import Metrics, MetricsServer


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=LONG_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def health(port: int, status: int) -> Any:
    """What `/health` says, once it answers with a status."""
    until_s = monotonic() + LONG_S
    while True:
        try:
            answered, body = ask(port, "/health")
            if answered == status:
                return json.loads(body)
        except urllib.error.URLError:  # not there yet
            assert monotonic() < until_s
        assert monotonic() < until_s
        sleep(0.1)


def test_a_source_that_is_down_for_too_long_is_ill(tmp_path: Path) -> None:
    """503 then, 200 before and after; what was counted is told to Prometheus."""
    port, config = free_port(), tmp_path / "watch.toml"
    with serve(Camera(portrait())) as camera:
        source = f'[[sources]]\nname = "door"\naddress = "{camera.url}"\ndown-limit-s = 1.5\n'
        config.write_text(f'metrics = "{port}"\nmax-cpu = 150\n{source}')
        command = [str(Path(sys.executable).with_name("unmask")), "watch", "--config", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        while "verdict_given" not in process.stdout.readline():
            assert process.poll() is None
        assert health(port, 200)["sources"]["door"]["live"] is True
        camera.cut.set()
        ill = health(port, 503)
        assert (ill["status"], ill["sources"]["door"]["live"]) == ("failing", False)
        camera.cut.clear()
        assert health(port, 200)["status"] == "ok"
        status, text = ask(port, "/metrics")
        assert ask(port, "/")[0] == 404
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=LONG_S)[1] == ""
    assert status == 200
    samples = {
        sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples
    }
    seen, scored, dropped = (samples[f"unmask_watch_frames_{what}_total"] for what in ("seen", "scored", "dropped"))
    assert seen == scored + dropped
    assert scored >= 3
    assert samples["unmask_watch_reconnects_total"] >= 1
    assert samples["unmask_watch_source_up"] == 1
    assert 0 < samples["unmask_watch_lag_seconds"] < LONG_S
    assert samples["process_cpu_seconds_total"] > 0


def test_a_taken_port_is_named() -> None:
    """With the option that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnmaskError, match=f"Expected port {port} of 127.0.0.1 to be free for --metrics"):
            MetricsServer("127.0.0.1", port, Metrics([], [], {}))


@pytest.mark.parametrize(
    ("text", "address"),
    [("9108", ("127.0.0.1", 9108)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:9108", ("::1", 9108))],
)
def test_without_a_host_it_is_this_machine_alone(text: str, address: tuple[str, int]) -> None:
    """Others are let in where they are asked for."""
    assert WatchConfig(metrics=text).metrics_address == address
