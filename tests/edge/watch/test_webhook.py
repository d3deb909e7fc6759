"""Webhooks: what is sent, and what becomes of it while the receiver is away, refuses, or the disk is full."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.edge.media_files import portrait
from tests.edge.watch.mjpeg_server import Camera, serve
from tests.edge.watch.receiver import SECRET, Receiver
from unmask_edge.errors import UnmaskError
from unmask_edge.watch import spool as spooling
from unmask_edge.watch import webhook as sending
from unmask_edge.watch.config import Secret, WebhookConfig
from unmask_edge.watch.events import AnyEvent, OutputEvent, source_event
from unmask_edge.watch.spool import Spool
from unmask_edge.watch.webhook import Webhook, signature, signing_key

COMMAND = [str(Path(sys.executable).with_name("unmask")), "watch"]
LONG_S = 60


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that is on."""
    receiving = Receiver()
    receiving.start()
    yield receiving
    receiving.stop()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(sending, "LONGEST_WAIT_S", 0.2)


def numbered(number: int) -> AnyEvent:
    """An event to tell from others."""
    return source_event("source_lost", "door", str(number))


def webhook(receiver: Receiver, folder: Path, told: list[OutputEvent], max_events: int = 100) -> Webhook:
    """One that sends to a receiver."""
    secret = Secret.model_validate(SECRET)
    return Webhook(WebhookConfig(url=receiver.url, secret=secret, max_events=max_events), folder, told.append)


def reasons(events: list[dict[str, str]]) -> list[str]:
    """What numbers them."""
    return [event["reason"] for event in events]


def test_signatures_are_those_of_standard_webhooks() -> None:
    """The example that its libraries are tested by."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "hidden", "whsec_", "whsec_hidden", "whsec_aGlkZGVu", SECRET[6:]])
def test_weak_secrets_are_refused(secret: str) -> None:
    """With how to make one, and without repeating it."""
    with pytest.raises(UnmaskError, match="Expected a webhook's secret of whsec_") as error:
        signing_key(secret)
    assert "hidden" not in str(error.value)


def test_events_arrive_in_order_and_signed(tmp_path: Path, receiver: Receiver) -> None:
    """Each once."""
    sender = webhook(receiver, tmp_path, [])
    for number in range(20):
        sender.tell(numbered(number))
    assert reasons(receiver.wait_for(20)) == [str(number) for number in range(20)]
    sender.close()
    assert all(one.signed for one in receiver.received)
    assert len({one.id for one in receiver.received}) == len(receiver.received) == 20


def test_a_receiver_that_fails_gets_the_event_again(tmp_path: Path, receiver: Receiver) -> None:
    """Under the same id, before those after it; what it finds malformed is let go. Neither tells its token."""
    told: list[OutputEvent] = []
    receiver.answers = [500, 429, 301, 204, 422]
    sender = webhook(receiver, tmp_path, told)
    for number in range(3):
        sender.tell(numbered(number))
    assert reasons(receiver.wait_for(2)) == ["0", "2"]
    sender.close()
    assert len({one.id for one in receiver.received[:4]}) == 1
    names = [event.event for event in told]
    assert names == ["output_failing", "output_working", "events_dropped", "output_working"]
    assert "hidden" not in "".join(event.model_dump_json() for event in told)


def test_what_waits_is_bounded_and_told(tmp_path: Path, receiver: Receiver) -> None:
    """The oldest go, and how many is told once it works again."""
    receiver.stop()
    told: list[OutputEvent] = []
    sender = webhook(receiver, tmp_path, told, max_events=5)
    for number in range(12):
        sender.tell(numbered(number))
    until_s = monotonic() + LONG_S
    while sender.standing.works:
        assert monotonic() < until_s
        sleep(0.05)
    receiver.start()
    assert reasons(receiver.wait_for(5))[:5] == [str(number) for number in range(7, 12)]
    sender.close()
    assert sender.standing.dropped_in_all == 7
    assert {event.event for event in told} == {"output_failing", "events_dropped", "output_working"}
    assert told[-1].dropped == 7


def test_megabytes_are_bounded_too(tmp_path: Path) -> None:
    """Whatever their number."""
    with closing(Spool(tmp_path / "spool", 1000, 2500)) as spool:
        assert sum(spool.add(bytes(500)) for _ in range(10)) == 5
        assert (spool.events, spool.bytes) == (5, 2500)


def test_a_second_program_does_not_send_what_the_first_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It keeps its own events in memory."""
    with closing(Spool(tmp_path / "spool", 10, 1000)) as first:
        first.add(b"first")
        with closing(Spool(tmp_path / "spool", 10, 1000)) as second:
            second.add(b"second")
            waiting = second.first()
            assert waiting is not None
            assert (waiting.body, second.unsaved) == (b"second", 1)
    assert "database is locked" in caplog.text


def test_a_full_disk_keeps_events_in_memory(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In order, and they are on disk again as soon as it takes them."""
    monkeypatch.setattr(spooling, "REOPEN_S", 0.0)
    filling = small_disk / "filling"
    spool = Spool(small_disk / "state" / "spool", 10_000, 2**30)
    spool.add(b"0")
    with filling.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                break
    for number in range(1, 300):
        spool.add(str(number).encode().ljust(5000))
    assert spool.unsaved > 0
    assert "they wait in memory" in caplog.text
    filling.unlink()
    spool.add(b"300")
    assert spool.unsaved == 0
    for number in range(301):
        waiting = spool.first()
        assert waiting is not None
        assert int(waiting.body) == number
        spool.remove(waiting)
    assert (spool.first(), spool.events, spool.bytes) == (None, 0, 0)
    spool.close()


def test_events_outlast_a_kill(tmp_path: Path, receiver: Receiver) -> None:
    """`kill -9` while the receiver is away: the next run sends them first, in order, and nothing is lost."""
    receiver.stop()
    config = tmp_path / "watch.toml"
    with serve(Camera(portrait())) as camera:
        config.write_text(
            f'state-dir = "{tmp_path / "state"}"\n'
            f'[[sources]]\nname = "door"\naddress = "{camera.url}"\n'
            f'[[webhooks]]\nurl = "{receiver.url}"\nsecret = {{ env = "SECRET" }}\n'
        )
        first = start(config)
        printed = [json.loads(line) for line in lines_until(first, "verdict_given")]
        first.kill()
        first.communicate(timeout=LONG_S)
        assert spooled(tmp_path / "state") >= len(printed)
        receiver.start()
        second = start(config)
        received = receiver.wait_for(len(printed) + 2)
        second.send_signal(signal.SIGTERM)
        output, complaints = second.communicate(timeout=LONG_S)
    assert received[: len(printed)] == printed
    assert second.returncode == 0
    ended = [event for event in receiver.taken if event["event"] == "source_ended"]
    assert len(ended) == 1
    assert not re.search(f"hidden|{SECRET}", output + complaints)


def start(config: Path) -> "subprocess.Popen[str]":
    """Run the command."""
    return subprocess.Popen(
        [*COMMAND, "--config", str(config), "--max-cpu", "150"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"SECRET": SECRET, "PATH": "/usr/bin:/bin"},
    )


def lines_until(process: "subprocess.Popen[str]", event: str) -> Iterator[str]:
    """What it prints, up to an event."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if json.loads(line)["event"] == event:
            return


def spooled(folder: Path) -> int:
    """How many events wait on disk."""
    (path,) = folder.glob("webhook-*.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
