"""What each format of a bundle costs on the machine at hand: bytes, milliseconds, memory and, where metered, energy."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from unmask_edge.bundle import Bundle
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import ModelFormat
from unmask_export.comparison import FormatCost, Latency
from unmask_export.energy import Meter
from unmask_export.format_scores import model_files
from unmask_export.packages import tfjs_command
from unmask_export.runtimes import main_runtime

ROUNDS = 60
WARM_UP = 10
METERED_RUNS = 200


def machine() -> str:
    """Architecture, cores and system, by which costs of different machines are told apart."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


def measure_formats(bundle: Bundle, formats: Sequence[ModelFormat]) -> list[FormatCost]:
    """Run every format in a process of its own, all in turn, so that a busy moment falls on all alike.

    Args:
        bundle: whose.
        formats: of the bundle.

    Raises:
        UnmaskError: if Node.js is missing for a TF.js format, or a format does not run.
    """
    single = _measured(bundle, formats, 1)
    # TF.js's wasm has its threads in browsers alone.
    threaded = _measured(bundle, [name for name in formats if bundle.manifest.models[name].runtime != "tfjs"], 2)
    return [
        cost.model_copy(
            update={"latencies": [*cost.latencies, *(threaded[name].latencies if name in threaded else [])]}
        )
        for name, cost in single.items()
    ]


def _measured(bundle: Bundle, formats: Sequence[ModelFormat], threads: int) -> dict[ModelFormat, FormatCost]:
    with ExitStack() as stack:
        runners = {name: stack.enter_context(_runner(bundle, name, threads)) for name in formats}
        description = f"Timing on {threads} thread{'s' * (threads > 1)}"
        rounds = track(range(ROUNDS), description, console=Console(stderr=True))
        times_ms = np.array([[runner.step_ms() for runner in runners.values()] for _ in rounds])
        return {
            name: _cost(bundle, name, runner, Latency(threads=threads, p50_ms=float(p50), p95_ms=float(p95)))
            for (name, runner), p50, p95 in zip(
                runners.items(), *np.quantile(times_ms, (0.5, 0.95), axis=0), strict=True
            )
        }


def _cost(bundle: Bundle, format: ModelFormat, runner: "_Runner", latency: Latency) -> FormatCost:
    return FormatCost(
        format=format,
        runtime=main_runtime(format),
        size_bytes=sum(file.size_bytes for file in model_files(bundle.manifest, format)),
        load_ms=runner.load_ms,
        latencies=[latency],
        peak_memory_mb=runner.grown_mb(),
        energy_mj=runner.energy_mj() if latency.threads == 1 else None,
    )


class _Runner:
    """A process that holds one format.

    Attributes:
        load_ms: what it took to open it.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._answer()
        self._before_mb = _peak_memory_mb(process.pid)
        self.load_ms = self.step_ms()
        for _ in range(WARM_UP):
            self.step_ms()

    def step_ms(self) -> float:
        """Load, or run one crop."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def grown_mb(self) -> float | None:
        """By how much the peak of its memory grew since the runtime alone was loaded."""
        after_mb = _peak_memory_mb(self._process.pid)
        return None if after_mb is None or self._before_mb is None else after_mb - self._before_mb

    def energy_mj(self) -> float | None:
        """Millijoules a crop; None where they are not metered."""
        meter = Meter.found()
        if meter is None:
            return None
        before = meter.read_uj()
        for _ in range(METERED_RUNS):
            self.step_ms()
        return meter.since_uj(before) / 1000 / METERED_RUNS

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, told = self._process.communicate()
            raise UnmaskError(f"Expected {self._process.args!r} to run. Received: {told.strip()}")
        return line


@contextmanager
def _runner(bundle: Bundle, format: ModelFormat, threads: int) -> Iterator[_Runner]:
    pipe = subprocess.PIPE
    command = _command(bundle, format, threads)
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        yield _Runner(process)


def _command(bundle: Bundle, format: ModelFormat, threads: int) -> list[str]:
    path = bundle.path(bundle.manifest.models[format].path).resolve()
    if path.suffix != ".json":
        return [sys.executable, "-m", "unmask_export.cost_runner", str(path), str(threads)]
    size = bundle.manifest.input
    return [*tfjs_command("time_tfjs.mjs"), str(path), str(size.height_px), str(size.width_px)]


def _peak_memory_mb(process: int) -> float | None:
    """Largest resident memory of a process so far, in 10^6 bytes; None where Linux does not tell.

    What `getrusage` calls it would begin at the peak of the process that started it.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else None
