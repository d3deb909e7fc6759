"""A real MQTT broker, which tests start, end and listen to."""

import shutil
import socket
import subprocess
from pathlib import Path
from threading import Condition
from time import monotonic, sleep

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

LONG_S = 30


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Broker:
    """Mosquitto on a free port of this machine."""

    def __init__(self, folder: Path, *settings: str) -> None:
        """Prepare one with some more lines of configuration."""
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", *settings]
        self._file.write_text("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/opt/homebrew/sbin:/usr/local/sbin")
        assert program, "Expected mosquitto. Run: make broker-and-camera"
        self._process = subprocess.Popen(
            [program, "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until_s = monotonic() + LONG_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, "mosquitto ended"
                assert monotonic() < until_s
                sleep(0.05)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Listener:
    """Hears everything that a broker is told.

    Attributes:
        heard: topics and payloads in order; retained ones that were there before come first.
    """

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self._came = Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_message = lambda _client, _data, message: self._hear(message.topic, message.payload.decode())
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def wait_for(self, topic: str, part: str = "") -> str:
        """The first payload of a topic that has a part."""

        def found() -> str | None:
            return next((payload for heard, payload in self.heard if heard == topic and part in payload), None)

        with self._came:
            assert self._came.wait_for(lambda: found() is not None, LONG_S), (topic, part, self.heard)
            payload = found()
        assert payload is not None
        return payload

    def stop(self) -> None:
        """Hear no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, topic: str, payload: str) -> None:
        with self._came:
            self.heard.append((topic, payload))
            self._came.notify_all()
