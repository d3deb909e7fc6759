"""What is recorded of a verdict, and what is deleted of it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from tests.edge.media_files import FACE_XYXY, portrait, portrait_clip
from tests.edge.watch.test_mqtt import face_event
from unmask_edge import Detector
from unmask_edge.media import read_image
from unmask_edge.watch.config import RecordConfig
from unmask_edge.watch.events import OutputEvent, source_event
from unmask_edge.watch.faces import Faces
from unmask_edge.watch.recorder import Recorder, Recordings

FORGED = face_event("verdict_given", 0, "likely manipulated", 0.9)


def recorded(folder: Path) -> list[Path]:
    """All recordings, oldest first."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def test_frames_around_a_verdict_are_kept(tmp_path: Path, bundle_copy: Path) -> None:
    """With the event, from before it and after it; a bundle that suspects everyone stands in for a forgery."""
    manifest = json.loads((bundle_copy / "manifest.json").read_text("utf-8"))
    manifest["bands"] = {"likely_authentic_below": 0.001, "likely_manipulated_from": 0.002}
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    clip, kept = portrait_clip(tmp_path / "clip.mp4", seconds=3), tmp_path / "kept"
    command = [str(Path(sys.executable).with_name("unmask")), "watch", str(clip), "--record", str(kept)]
    options = ["--fps", "10", "--max-cpu", "200", "--bundle", str(bundle_copy)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    (folder,) = recorded(kept)
    assert json.loads((folder / "event.json").read_text("utf-8")) == told[1]
    assert told[1]["verdict"] == "likely manipulated"
    times = sorted(int(path.stem) for path in folder.glob("*.jpg"))
    assert times[0] < 0 < times[-1]
    x1, y1, x2, y2 = FACE_XYXY
    frame = read_image(next(folder.glob("*.jpg")))
    difference = np.abs(frame.astype(int) - portrait().astype(int))[y1:y2, x1:x2]
    assert difference.mean() < 6
    assert folder.stat().st_mode & 0o077 == 0


def recorder(config: RecordConfig, told: list[OutputEvent]) -> tuple[Recorder, Recordings]:
    """One of the source that `FORGED` is of."""
    recordings = Recordings(config, told.append)
    return Recorder(recordings, "Front door", "front_door"), recordings


def see(taker: Recorder, detector: Detector) -> None:
    """Show it a frame."""
    taker.see(portrait(), [], Faces(detector.bundle.manifest))


def test_only_so_many_are_made_in_a_minute(tmp_path: Path, detector: Detector) -> None:
    """And none of other verdicts or other sources; a source that is lost ends what is open."""
    taker, _ = recorder(RecordConfig(dir=tmp_path, keep_days=36500, per_minute=2), [])
    see(taker, detector)
    for track in range(5):
        taker.tell(FORGED.model_copy(update={"track": track, "source": "elsewhere"}))
        taker.tell(face_event("verdict_given", track, "likely authentic", 0.1))
        taker.tell(FORGED.model_copy(update={"track": track}))
    assert recorded(tmp_path) == []
    taker.tell(source_event("source_lost", "Front door", "a reason"))
    assert [path.name[-2:] for path in recorded(tmp_path)] == ["_0", "_1"]


def test_what_is_old_or_too_much_is_deleted(tmp_path: Path, detector: Detector) -> None:
    """The oldest first; files of others in the same folder stay."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "2020-01-01_a.txt").touch()
    left = tmp_path / ".2020_left_0"
    left.mkdir()
    config = RecordConfig(dir=tmp_path, keep_days=365 * 30, keep_mb=0.3, per_minute=100)
    taker, recordings = recorder(config, [])
    for day in range(1, 7):
        see(taker, detector)
        taker.tell(FORGED.model_copy(update={"at": f"2026-01-0{day}T00:00:00.000Z"}))
        taker.close()
    names = [path.name for path in recorded(tmp_path)]
    assert names[0] == "2020-01-01_a.txt"
    assert names[-2].startswith("2026-01-06")
    assert names[-1] == "mine"
    assert 3 <= len(names) < 8
    assert not left.exists()
    recordings._config = config.model_copy(update={"keep_days": 1})
    recordings._make_room(0)
    assert [path.name for path in recorded(tmp_path)] == ["2020-01-01_a.txt", "mine"]


def test_a_clock_that_jumped_deletes_nothing_at_once(
    tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What seems a year old after it was set is kept until the clock has run evenly for a while."""
    taker, recordings = recorder(RecordConfig(dir=tmp_path, keep_days=7), [])
    see(taker, detector)
    taker.tell(FORGED.model_copy(update={"at": "2020-01-01T00:00:00.000Z"}))
    sleep(0.1)  # the first pruning
    monkeypatch.setattr(recordings, "_clocks_differ_s", 0.0)
    taker.close()
    assert len(recorded(tmp_path)) == 1
    recordings._make_room(0)
    assert recorded(tmp_path) == []


def test_a_full_disk_is_told_and_passes(small_disk: Path, detector: Detector) -> None:
    """Once, and nothing is left half written; it records again when there is room."""
    told: list[OutputEvent] = []
    taker, recordings = recorder(RecordConfig(dir=small_disk / "kept", per_minute=100), told)
    filling = small_disk / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    for track in range(3):
        see(taker, detector)
        taker.tell(FORGED.model_copy(update={"track": track}))
        taker.close()
    assert [event.event for event in told] == ["output_failing", "events_dropped"]
    assert "No space left on device" in told[0].reason
    assert os.listdir(small_disk / "kept") == []
    filling.unlink()
    see(taker, detector)
    taker.tell(FORGED)
    taker.close()
    assert told[-1].event == "output_working"
    assert told[-1].dropped == 3
    assert len(recorded(small_disk / "kept")) == 1
    assert recordings.standing.works
