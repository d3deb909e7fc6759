"""Events at a real broker: what is published, retained and said of a program that is gone."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest

from tests.edge.watch.broker import LONG_S, Broker, Listener
from unmask_edge.result import ModelInfo
from unmask_edge.scoring import Verdict
from unmask_edge.watch.config import MQTTConfig, Secret, SourceConfig
from unmask_edge.watch.events import AnyEvent, FaceEvent, OutputEvent, source_event
from unmask_edge.watch.faces import Change
from unmask_edge.watch.mqtt import MQTT

DOOR = SourceConfig(address="0", name="Front door")
MODEL = ModelInfo(name="test", version="1", format="float16", runtime="none")


def face_event(change: Change, track: int, verdict: Verdict | None, score: float) -> FaceEvent:
    """What is told of a face at the door."""
    return FaceEvent(
        event=change,
        at="2026-01-01T00:00:00.000Z",
        source="Front door",
        track=track,
        verdict=verdict,
        before=None,
        score=score,
        frames_usable=3,
        frames_seen=3,
        in_sight_s=1,
        box=(0, 0, 1, 1),
        model=MODEL,
    )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """One that lets anyone in."""
    started = Broker(tmp_path, "allow_anonymous true")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    """Hears it all."""
    listening = Listener(broker.port)
    yield listening
    listening.stop()


def connected(config: MQTTConfig, told: list[OutputEvent]) -> MQTT:
    """A connection whose own events are collected."""
    return MQTT(config, [DOOR], told.append)


def wait_until(told: list[OutputEvent], event: str) -> OutputEvent:
    """The last event of an output, once it is this one."""
    until_s = monotonic() + LONG_S
    while not told or told[-1].event != event:
        assert monotonic() < until_s, told
        sleep(0.05)
    return told[-1]


def test_events_and_what_stands_are_published(broker: Broker, listener: Listener) -> None:
    """The most suspicious face in sight counts; who is gone does not; whoever comes later is told what stands."""
    mqtt = connected(MQTTConfig(host="127.0.0.1", port=broker.port), [])
    listener.wait_for("unmask/status", "online")
    events: list[AnyEvent] = [
        source_event("source_live", "Front door", ""),
        face_event("verdict_given", 0, "likely authentic", 0.1),
        face_event("verdict_given", 1, "likely manipulated", 0.93),
    ]
    for event in events:
        mqtt.tell(event)
    assert json.loads(listener.wait_for("unmask/front_door/event", "likely manipulated"))["track"] == 1
    late = Listener(broker.port)
    state = json.loads(late.wait_for("unmask/front_door/state", "ON"))
    assert (state["live"], state["verdict"], state["score"], state["faces"]) == (True, "likely manipulated", 0.93, 2)
    assert "unmask/front_door/event" not in dict(late.heard)
    mqtt.tell(face_event("face_gone", 1, None, 0.93))
    state = json.loads(late.wait_for("unmask/front_door/state", "OFF"))
    assert (state["verdict"], state["score"], state["faces"]) == ("likely authentic", 0.1, 1)
    mqtt.close()
    late.wait_for("unmask/status", "offline")
    late.stop()


def test_home_assistant_finds_a_device(broker: Broker, listener: Listener) -> None:
    """Two entities of one device, whose topics are those that are published."""
    mqtt = connected(MQTTConfig(host="127.0.0.1", port=broker.port, base_topic="home/unmask"), [])
    binary = json.loads(listener.wait_for("homeassistant/binary_sensor/home_unmask/front_door_manipulated/config"))
    sensor = json.loads(listener.wait_for("homeassistant/sensor/home_unmask/front_door_score/config"))
    assert binary["device"] == sensor["device"]
    assert binary["unique_id"] != sensor["unique_id"]
    assert "device_class" not in binary
    state = json.loads(listener.wait_for(binary["state_topic"]))
    for entity in (binary, sensor):
        field = entity["value_template"].removeprefix("{{ value_json.").removesuffix(" }}")
        assert field in state
        assert entity["json_attributes_topic"] == entity["state_topic"]
    assert listener.wait_for(binary["availability"][0]["topic"]) == "online"
    mqtt.close()


def test_a_broker_that_goes_is_found_again(broker: Broker) -> None:
    """What happened meanwhile is published then, in order; both are told once."""
    told: list[OutputEvent] = []
    mqtt = connected(MQTTConfig(host="127.0.0.1", port=broker.port), told)
    until_s = monotonic() + LONG_S
    while not mqtt._client.is_connected():
        assert monotonic() < until_s
        sleep(0.05)
    broker.stop()
    assert wait_until(told, "output_failing").output == f"mqtt 127.0.0.1:{broker.port}"
    for track in range(3):
        mqtt.tell(face_event("verdict_given", track, "likely authentic", 0.1))
    broker.start()
    listener = Listener(broker.port)
    wait_until(told, "output_working")
    state = listener.wait_for("unmask/front_door/state", '"faces":3')
    assert json.loads(state)["live"] is False
    mqtt.close()
    listener.stop()
    assert [event.event for event in told] == ["output_failing", "output_working"]
    assert all(event.dropped == 0 for event in told)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Path]]:
    """A broker with TLS and a password, and the certificate to trust."""
    folder = tmp_path_factory.mktemp("broker")
    certificate, key, passwords = folder / "certificate.pem", folder / "key.pem", folder / "passwords"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*made, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "unmask", "the secret"], check=True)
    started = Broker(
        folder, f"certfile {certificate}", f"keyfile {key}", "allow_anonymous false", f"password_file {passwords}"
    )
    started.start()
    yield started, certificate
    started.stop()


# Paho leaves the socket of a refused certificate to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
@pytest.mark.parametrize(
    ("password", "trusted", "event"),
    [
        ("the secret", True, "output_working"),
        ("another secret", True, "output_failing"),
        ("the secret", False, "output_failing"),
    ],
    ids=["right", "wrong password", "unknown certificate"],
)
def test_passwords_and_certificates_are_checked(
    guarded: tuple[Broker, Path], password: str, trusted: bool, event: str
) -> None:
    """On both sides; the password is told nowhere."""
    broker, certificate = guarded
    config = MQTTConfig(
        host="localhost",
        port=broker.port,
        user="unmask",
        password=Secret.model_validate(password),
        tls=True,
        ca_file=certificate if trusted else None,
    )
    told: list[OutputEvent] = []
    mqtt = connected(config, told)
    mqtt.standing.works = event == "output_failing"  # so that the other one is told
    last = wait_until(told, event)
    mqtt.close()
    assert "secret" not in last.model_dump_json() + repr(config)


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """Without a broker the oldest thousand are kept, and that more were lost is told once."""
    told: list[OutputEvent] = []
    stop = Event()
    mqtt = connected(MQTTConfig(host="127.0.0.1", port=Broker(tmp_path).port), told)
    for _ in range(1010):
        mqtt.tell(source_event("source_live", "Front door", ""))
    stop.wait(0.2)
    mqtt.close()
    assert mqtt.standing.dropped_in_all >= 10
    assert [event.event for event in told].count("events_dropped") == 1
