"""Measures what `pip install unmask` puts on a machine and what scoring and watching hold in memory.

    python edge/benchmarks/lean.py

prints each number beside its goal, as a table in Markdown, and what takes the most room; exits with 1 where a package
has no wheel for a Python and processor that Unmask names. Needs the test environment; takes two minutes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from unmask_edge.bench.clip import write_clip
from unmask_edge.bench.machine import this_machine

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
INSTALLED_GOAL_MB, MEMORY_GOAL_MB = 200, 250
LARGEST = 6


PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def install_here(wheel: Path, environment: Path) -> Path:
    """Install as a user would, in an environment that holds nothing else; returns where its packages lie."""
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    run(*PIP, "--python", environment / "bin" / "python", "install", "--quiet", "--only-binary", ":all:", wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    return packages


def install_for(platform: str, wheel: Path, packages: Path) -> None:
    """Install for another processor."""
    target = ("--python-platform", platform, "--python-version", PYTHONS[1], "--target", packages)
    run(UV, "pip", "install", "--quiet", "--system-certs", "--only-binary", ":all:", *target, wheel)


def sizes_mb(packages: Path) -> dict[str, float]:
    """What the files of each package hold, without what Python compiles when it first runs, in 10^6 bytes."""
    sizes: dict[str, float] = {}
    for path in packages.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            top = path.relative_to(packages).parts[0]
            sizes[top] = sizes.get(top, 0) + path.stat().st_size / 1e6
    return sizes


def peak_memory_mb(*command: str) -> float:
    """The most that a program held, its libraries included, in 10^6 bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"Expected that {command} runs. Received: exit code {process.returncode}.")
    return usage.ru_maxrss * 1024 / 1e6


def without_wheels() -> Iterator[str]:
    """Each processor and Python for which some package has no wheel, and which it is."""
    for platform in PLATFORMS:
        for python in PYTHONS:
            options = ("--quiet", "--system-certs", "--only-binary", ":all:")
            target = ("--python-platform", platform, "--python-version", python)
            command = (UV, "pip", "compile", ROOT / "pyproject.toml", *options, *target)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{platform}, Python {python}: {done.stderr.strip()}"


def run(*command: str | Path) -> None:
    """Run a program that has to succeed."""
    subprocess.run(command, check=True)


def main() -> int:
    """Measure and print."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        run(*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
        (wheel,) = folder.glob("*.whl")
        sizes = sizes_mb(install_here(wheel, folder / "venv"))
        install_for(PLATFORMS[1], wheel, folder / "aarch64")
        on_arm = sizes_mb(folder / "aarch64")
        rows = [
            ("installed with dependencies, here", sum(sizes.values()), INSTALLED_GOAL_MB),
            ("installed with dependencies, aarch64", sum(on_arm.values()), INSTALLED_GOAL_MB),
        ]
        clip = folder / "clip.mp4"
        write_clip(clip)
        for format_ in ("float16", "int8"):
            for doing in ("score", "watch"):
                peak_mb = peak_memory_mb(str(folder / "venv" / "bin" / "unmask"), doing, str(clip), "--format", format_)
                rows.append((f"memory, `unmask {doing}`, {format_}", peak_mb, MEMORY_GOAL_MB))
    heavy = {"tensorflow", "keras", "torch", "jax"} & (set(sizes) | set(on_arm))
    machine = this_machine()
    print(f"{machine.processor}, {machine.system}, Python {machine.python}\n")
    print("| what | MB | goal | |\n|---|---|---|---|")
    for what, measured_mb, goal_mb in rows:
        print(f"| {what} | {measured_mb:.0f} | {goal_mb} | {'met' if measured_mb <= goal_mb else 'missed'} |")
    for where, found in (("here", sizes), ("on aarch64", on_arm)):
        largest = sorted(found.items(), key=lambda item: -item[1])[:LARGEST]
        print(f"\nThe largest {where}: " + ", ".join(f"{package} {mb:.0f}" for package, mb in largest))
    print(f"Of TensorFlow, Keras, PyTorch and JAX it holds: {', '.join(heavy) or 'none'}.")
    missing = list(without_wheels())
    print(f"Wheels for {', '.join(PLATFORMS)} and Python {', '.join(PYTHONS)}: {'; '.join(missing) or 'all'}")
    return 1 if missing or heavy else 0


if __name__ == "__main__":
    sys.exit(main())
