"""What the machine is, and whether it slows itself down."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_BOARD = Path("/proc/device-tree/model")
_CPUINFO = Path("/proc/cpuinfo")
# Bits of `vcgencmd get_throttled`, by Raspberry Pi's documentation: now, and since the board was switched on.
_FLAGS = {
    0: "under-voltage now",
    1: "frequency capped now",
    2: "throttled now",
    3: "soft temperature limit now",
    16: "under-voltage has occurred",
    17: "frequency was capped",
    18: "throttled before",
    19: "soft temperature limit reached before",
}


class Machine(BaseModel):
    """The machine that was measured.

    Attributes:
        processor: its board's or processor's name.
        cores: that this process may run on.
        throttling: what slows it down or did; None where the machine does not tell.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    processor: str
    cores: int
    system: str
    python: str
    throttling: list[str] | None


def this_machine() -> Machine:
    """The machine at hand."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        throttling=_throttling(),
    )


def flags(throttled: str) -> list[str]:
    """What `vcgencmd get_throttled` means, given what it prints, as `throttled=0x50005`.

    Raises:
        ValueError: if that is something else.
    """
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]+)", throttled.strip())
    if not found:
        raise ValueError(f"Expected throttled=0x and a number. Received: {throttled!r}.")
    bits = int(found[1], 16)
    return [meaning for bit, meaning in _FLAGS.items() if bits >> bit & 1]


def _processor() -> str:
    if _BOARD.exists():
        return _BOARD.read_text("utf-8", "replace").strip("\0\n")
    lines = _CPUINFO.read_text("utf-8", "replace").splitlines() if _CPUINFO.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"


def _throttling() -> list[str] | None:
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    told = subprocess.run([program, "get_throttled"], capture_output=True, text=True, check=False)
    try:
        return flags(told.stdout)
    except ValueError:
        return None
