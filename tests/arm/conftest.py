"""What all emulated machines are given, and what each of them tells."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.arm.machines import MACHINES, ROOT, Machine, build
from tests.edge.media_files import portrait_clip, portrait_picture

Told = dict[str, Any]
PANNED = "scale=480:480,crop=400:400:3*n:2*n"
TWO_FACES = f"{PANNED},split[one][other];[other]hflip[other];[one][other]hstack"


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A picture and clips, by what they are called."""
    folder = tmp_path_factory.mktemp("clips")
    h264, vp9 = ("-c:v", "libx264rgb"), ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-pix_fmt", "gbrp")
    return {
        "picture": portrait_picture(folder / "picture.jpg"),
        "h264-rgb": portrait_clip(folder / "h264-rgb.mp4", filters=TWO_FACES, options=h264),
        "vp9-rgb": portrait_clip(folder / "vp9-rgb.webm", filters=PANNED, options=vp9),
        "h264-yuv": portrait_clip(folder / "h264-yuv.mp4", filters=PANNED),
    }


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, ...]:
    """All machines, with the wheel of this checkout installed."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    for machine in MACHINES:
        build(machine, wheel)
    return MACHINES


@pytest.fixture(scope="session")
def told(built: tuple[Machine, ...], clips: dict[str, Path]) -> dict[str, Told]:
    """What each machine tells, by its name, and `here` for this one."""
    program, given = str(Path(__file__).with_name("tell.py")), [str(clip) for clip in clips.values()]
    commands = {"here": [sys.executable, program, *given]}
    for machine in built:
        commands[machine.name] = [str(machine.executable), program, *([] if machine.is_32_bit else given)]
    with ThreadPoolExecutor() as pool:
        return dict(zip(commands, pool.map(_told, commands.values()), strict=True))


def _told(command: list[str]) -> Told:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: Told = json.loads(done.stdout)
    return result
