"""A folder where files arrive: each is told once, when it is whole, also across restarts."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from tests.edge.media_files import portrait_picture
from unmask_edge import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_edge.watch import folder as watching
from unmask_edge.watch.events import FileEvent, SourceEvent
from unmask_edge.watch.folder import SETTLED_S, Arrival, Folder, FolderWatch, Journal
from unmask_edge.watch.pace import Budget, Pace


def names(folder: Folder, now_s: float) -> list[str]:
    """What has arrived by now."""
    return [arrival.name for arrival in folder.arrivals(now_s)]


def test_a_file_is_told_once_it_stops_growing(tmp_path: Path) -> None:
    """Not while it is copied, and not again."""
    folder, file = Folder(tmp_path, {}), tmp_path / "sub" / "clip.mp4"
    file.parent.mkdir()
    file.write_bytes(b"1")
    assert names(folder, 0) == []
    file.write_bytes(b"12")
    assert names(folder, SETTLED_S) == []
    assert names(folder, 2 * SETTLED_S) == ["sub/clip.mp4"]
    assert names(folder, 9) == []


def test_another_file_of_the_same_name_is_told_too(tmp_path: Path) -> None:
    """What tells them apart is size and time."""
    folder, file = Folder(tmp_path, {}), tmp_path / "clip.mp4"
    for round_number in range(2):
        file.write_bytes(b"x" * (round_number + 1))
        assert names(folder, 10 * round_number) == []
        assert names(folder, 10 * round_number + SETTLED_S) == ["clip.mp4"]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Notes, folders named like clips, and what goes before it is whole."""
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    (tmp_path / "folder.mp4").mkdir()
    passing = tmp_path / "passing.mp4"
    passing.write_bytes(b"x")
    folder = Folder(tmp_path, {})
    assert names(folder, 0) == []
    passing.unlink()
    assert names(folder, 9) == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files settle at once."""
    monkeypatch.setattr(watching, "SETTLED_S", 0.0)
    monkeypatch.setattr(watching, "POLL_S", 0.01)


def watched(folder: Path, journal: Path, detector: Detector, count: int) -> list[FileEvent]:
    """What is told of a folder until so many events have come, or none came for a while."""
    told: list[FileEvent] = []
    stop = Event()

    def tell(event: SourceEvent | FileEvent) -> None:
        told.extend([event] if isinstance(event, FileEvent) else [])
        if len(told) == count:
            stop.set()

    Timer(2, stop.set).start()
    FolderWatch(folder, Journal(journal), detector, Pace(100, Budget(64))).run(tell, stop)
    return told


@pytest.mark.usefixtures("quick")
def test_what_arrives_is_scored(tmp_path: Path, detector: Detector) -> None:
    """A picture gets its verdict, a damaged one its reason, and a restart with the journal tells neither again."""
    arriving, journal = tmp_path / "arriving", tmp_path / "journal"
    arriving.mkdir()
    (arriving / "broken.jpg").write_bytes(b"no picture")
    portrait_picture(arriving / "portrait.png")
    broken, portrait = watched(arriving, journal, detector, 2)
    assert broken.error is not None
    assert (broken.verdict, broken.error.reason) == (None, "unreadable")
    assert portrait.score == detector.score(arriving / "portrait.png").score
    assert portrait.faces == 1
    portrait_picture(arriving / "new.png")
    (new,) = watched(arriving, journal, detector, 1)
    assert new.path == str(arriving / "new.png")
    assert watched(arriving, journal, detector, 1) == []


def test_a_journal_that_was_cut_off_is_read(tmp_path: Path) -> None:
    """Its last line, begun as the machine went down, counts as not told."""
    path = tmp_path / "journal"
    path.write_text(json.dumps(["a.mp4", 1, 2]) + "\n" + '["b.mp4", 3', "utf-8")
    assert Journal(path).read() == {"a.mp4": (1, 2)}
    Journal(path).add(Arrival(tmp_path / "c.mp4", "c.mp4", (5, 6)))
    assert Journal(path).read() == {"a.mp4": (1, 2), "c.mp4": (5, 6)}


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    """And is left as it was."""
    path = tmp_path / "notes"
    path.write_text("hello\nworld", "utf-8")
    with pytest.raises(UnmaskError, match="Expected a journal"):
        Journal(path).read()
    assert path.read_text("utf-8") == "hello\nworld"


def test_a_journal_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of files that have gone or come anew make way, but for the latest, which may be away for a while."""
    monkeypatch.setattr(watching, "KEPT_GONE", 10)
    monkeypatch.setattr(watching, "SPARE_LINES", 5)
    path, arriving = tmp_path / "journal", tmp_path / "arriving"
    arriving.mkdir()
    (arriving / "here.mp4").write_bytes(b"x")
    journal, known = Journal(path), dict[str, tuple[int, int]]()
    folder, lines = Folder(arriving, known), []
    for number in range(200):
        (arriving / f"{number}.mp4").write_bytes(b"x")
        assert f"{number}.mp4" not in names(folder, 10 * number)
        for arrival in folder.arrivals(10 * number + SETTLED_S):
            journal.add(arrival)
        (arriving / f"{number}.mp4").unlink()
        journal.shorten(known)
        lines.append(path.read_text("utf-8").count("\n"))
    assert max(lines) <= 2 * 13 + 5
    assert Journal(path).read().items() >= known.items()
    assert known.keys() >= {"here.mp4", *(f"{number}.mp4" for number in range(190, 200))}


def test_a_journal_without_room_to_be_shortened_stays(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, and nothing else is left on the disk."""
    monkeypatch.setattr(watching, "SPARE_LINES", 1)
    journal, filling, known = Journal(small_disk / "journal"), small_disk / "filling", {}
    for number in range(20):
        known[f"{number}" * 1000] = (1, 1)
        journal.add(Arrival(small_disk, f"{number}" * 1000, (1, 1)))
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    journal.shorten(dict(list(known.items())[:5]))
    assert Journal(small_disk / "journal").read() == known
    assert {path.name for path in small_disk.iterdir()} >= {"journal", "filling"}
    assert not (small_disk / "journal.new").exists()


def test_many_files_at_once_outlast_a_kill(tmp_path: Path) -> None:
    """Hundreds are dropped in; `kill -9` in the middle loses none, and tells one twice at most."""
    arriving, journal, count = tmp_path / "arriving", tmp_path / "journal", 200
    arriving.mkdir()
    _, picture = cv2.imencode(".jpg", np.full((48, 64, 3), 100, np.uint8))
    for number in range(count):
        (arriving / f"{number:03}.jpg").write_bytes(picture.tobytes())
    options = ["--journal", str(journal), "--fps", "60", "--max-cpu", "400"]
    command = [str(Path(sys.executable).with_name("unmask")), "watch", str(arriving), *options]
    told: list[str] = []
    for wanted in (count // 2, count):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        while len(set(told)) < wanted:
            event = json.loads(process.stdout.readline())
            told += [Path(event["path"]).name] if event["event"] == "file_scored" else []
        process.kill()
        told += [Path(json.loads(line)["path"]).name for line in process.communicate()[0].splitlines()]
    assert sorted(set(told)) == [f"{number:03}.jpg" for number in range(count)]
    assert len(told) <= count + 1
    assert len(Journal(journal).read()) in {count - 1, count}


def test_a_journal_on_a_full_disk_loses_nothing(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be noted is noted once there is room, in whole lines."""
    journal, filling = Journal(small_disk / "journal"), small_disk / "filling"
    journal.add(Arrival(small_disk, "first" * 200, (1, 1)))
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    for number in range(20):
        journal.add(Arrival(small_disk, f"{number}" * 1000, (1, 1)))
    assert "Expected a journal that can be written" in caplog.text
    filling.unlink()
    journal.add(Arrival(small_disk, "last", (1, 1)))
    assert len(Journal(small_disk / "journal").read()) == 22
