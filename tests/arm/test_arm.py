"""ARM processors, emulated, judge as x86-64 does; `make test-arm` runs this and prints how far they lie apart.

`make test` does not: it needs an emulator, and minutes. Emulation proves that it runs and what comes out, not how fast.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.arm.conftest import Told
from tests.arm.machines import MACHINES, PI_4, PI_5, ROOT, Machine
from unmask_edge.bench.measure import Bench
from unmask_edge.video import Clip

DRIFT = {"float16": 0.01, "int8": 0.02}
BOX_PX = 1.0
WITH_OPENCV = [machine for machine in MACHINES if not machine.is_32_bit]
formats = pytest.mark.parametrize("format_", DRIFT)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_machine(machine: Machine, told: dict[str, Told]) -> None:
    """Each is the machine that it stands for."""
    there = told[machine.name]
    assert there["machine"] == ("armv7l" if machine.is_32_bit else "aarch64")
    assert there["python"].startswith(machine.python)
    assert there["runtime"] == ("tflite_runtime" if machine.runs_tflite else "ai_edge_litert")


@formats
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_golden_vectors(machine: Machine, format_: str, told: dict[str, Told]) -> None:
    """Scores of the golden vectors are those of x86-64."""
    here, there = (told[name]["golden"][format_] for name in ("here", machine.name))
    print(f"\n{machine.name}, {format_}, golden vectors: drift {np.abs(np.subtract(here, there)).max():.6f}")
    assert there == pytest.approx(here, abs=DRIFT[format_])


@formats
@pytest.mark.parametrize("name", ["picture.jpg", "h264-rgb.mp4", "vp9-rgb.webm"])
@pytest.mark.parametrize("machine", WITH_OPENCV, ids=lambda machine: machine.name)
def test_pictures_and_clips(machine: Machine, name: str, format_: str, told: dict[str, Told]) -> None:
    """Of a picture and of clips whose colours are coded as they are shown, tracks, verdicts and scores are the same."""
    here, there = (told[where]["results"][format_][name] for where in ("here", machine.name))
    assert here["error"] is None
    drift = _drift(here, there)
    print(f"\n{machine.name}, {format_}, {name}: drift {drift:.6f}, {there['verdict']}, here {here['verdict']}")
    _assert_same_faces(there, here)
    if not (machine.runs_tflite and format_ == "int8"):  # another runtime, whose int8 rounds otherwise on x86-64 too
        assert _tracks(there) == _tracks(here)
        assert drift <= DRIFT[format_]


@formats
@pytest.mark.parametrize("machine", WITH_OPENCV, ids=lambda machine: machine.name)
def test_films(machine: Machine, format_: str, told: dict[str, Told]) -> None:
    """Of the usual 4:2:0 film, the same faces are found in the same frames; scores drift with colours, see below."""
    here, there = (told[where]["results"][format_]["h264-yuv.mp4"] for where in ("here", machine.name))
    print(f"\n{machine.name}, {format_}, 4:2:0 film: drift {_drift(here, there):.3f}, not bounded")
    _assert_same_faces(there, here)


def test_colours_of_films(built: tuple[Machine, ...], clips: dict[str, Path], tmp_path: Path) -> None:
    """FFmpeg cuts the colours of 4:2:0 film off on x86-64 and rounds them on ARM: two levels of 255 apart at most."""
    assert PI_4 in built
    film, frames = clips["h264-yuv"], tmp_path / "frames.npy"
    program = (
        "import numpy, pathlib, sys; from unmask_edge.video import Clip; film, out = sys.argv[1:]\n"
        "numpy.save(out, [frame for _, frame in Clip(pathlib.Path(film)).sample(3)])"
    )
    _run(PI_4, "-c", program, str(film), str(frames))
    there = np.load(frames).astype(int)
    apart = there - [frame for _, frame in Clip(film).sample(3)]
    print(f"\n{PI_4.name}, levels of 4:2:0 film above x86-64's: mean {apart.mean():.2f}, at most {apart.max()}")
    assert np.abs(apart).max() <= 2


@pytest.mark.parametrize("machine", [PI_4, PI_5], ids=lambda machine: machine.name)
def test_commands(machine: Machine, built: tuple[Machine, ...], clips: dict[str, Path]) -> None:
    """`unmask` itself runs: it tells of its bundle and watches a film to its end."""
    assert machine in built
    assert "likely manipulated" in _unmask(machine, "info")
    events = [json.loads(line) for line in _unmask(machine, "watch", str(clips["h264-yuv"])).splitlines()]
    assert [event["event"] for event in events if event["event"].startswith("source")] == [
        "source_live",
        "source_ended",
    ]


def test_bench(built: tuple[Machine, ...], clips: dict[str, Path]) -> None:
    """`unmask bench` runs, its processes too; its times are the emulator's."""
    assert PI_4 in built
    told = _unmask(PI_4, "bench", str(clips["h264-yuv"]), "--threads", "1", "--rounds", "1", "--json")
    found = Bench.model_validate_json(told)
    assert found.machine.system == "Linux aarch64"
    assert [one.format for one in found.measured] == ["float16", "int8"]


def test_readme_program(built: tuple[Machine, ...], clips: dict[str, Path], tmp_path: Path) -> None:
    """The program that edge's README prints runs as it stands there."""
    assert PI_4 in built
    found = re.search(r"```python\n(.*?)```", (ROOT / "edge" / "README.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "clip.mp4").write_bytes(clips["h264-yuv"].read_bytes())
    told = _run(PI_4, "-c", found[1], folder=tmp_path)
    assert told.startswith(("likely", "inconclusive"))


def _assert_same_faces(there: dict[str, Any], here: dict[str, Any]) -> None:
    """In the same frames, at the same places."""
    assert [len(track["frames"]) for track in there["tracks"]] == [len(track["frames"]) for track in here["tracks"]]
    assert _boxes(there) == pytest.approx(_boxes(here), abs=BOX_PX)


def _tracks(result: dict[str, Any]) -> list[Any]:
    tracks = [(track["track"], track["verdict"], track["reason"], len(track["frames"])) for track in result["tracks"]]
    return [result["verdict"], *tracks]


def _scores(result: dict[str, Any]) -> list[float]:
    tracks = result["tracks"]
    return [track["score"] for track in tracks] + [frame["score"] for track in tracks for frame in track["frames"]]


def _drift(here: dict[str, Any], there: dict[str, Any]) -> float:
    return float(np.abs(np.subtract(_scores(here), _scores(there))).max())


def _boxes(result: dict[str, Any]) -> list[float]:
    return [side for track in result["tracks"] for frame in track["frames"] for side in frame["box"]]


def _unmask(machine: Machine, *arguments: str) -> str:
    return _run(machine, str(machine.packages / "bin" / "unmask"), *arguments)


def _run(machine: Machine, *arguments: str, folder: Path | None = None) -> str:
    command = [str(machine.executable), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
