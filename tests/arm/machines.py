"""Machines with an ARM processor, emulated: Debian's Python for one, under QEMU's user mode, and wheels for it.

Debian's packages are unpacked, not installed, and everything lies in one folder, so the system stays as it is. A
machine is laid out as a virtual environment whose `python` starts the emulator: processes that it starts are emulated
too.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".arm"


@dataclass(frozen=True)
class Machine:
    """One to emulate.

    Attributes:
        name: of its folder.
        architecture: Debian's name of it.
        suite: Debian's release, on which Raspberry Pi OS's of the same name rests.
        python: its version there.
        processor: as QEMU calls it; without a name, it emulates instructions that a Raspberry Pi lacks.
        lock: file of the packages.
    """

    name: str
    architecture: str
    suite: str
    python: str
    processor: str
    lock: str

    @property
    def is_32_bit(self) -> bool:
        """Whether there are neither wheels of NumPy nor of OpenCV: Debian's NumPy is taken then, and no OpenCV."""
        return self.architecture == "armhf"

    @property
    def runs_tflite(self) -> bool:
        """Whether the nets run in tflite-runtime, in place of ai-edge-litert."""
        return self.lock == "requirements-tflite.lock"

    @property
    def executable(self) -> Path:
        """Its Python."""
        return FOLDER / self.name / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where its packages lie."""
        return FOLDER / self.name / "lib" / f"python{self.python}" / "site-packages"

    @property
    def root(self) -> Path:
        """Debian's files."""
        return FOLDER / f"{self.suite}-{self.architecture}"


PI_4 = Machine("pi-4", "arm64", "bookworm", "3.11", "cortex-a72", "requirements.lock")
PI_5 = Machine("pi-5", "arm64", "trixie", "3.13", "cortex-a76", "requirements.lock")
PI_4_TFLITE = Machine("pi-4-tflite-runtime", "arm64", "bookworm", "3.11", "cortex-a72", "requirements-tflite.lock")
PI_2_TFLITE = Machine("pi-2-tflite-runtime", "armhf", "bookworm", "3.11", "cortex-a7", "requirements-tflite.lock")
MACHINES = (PI_4, PI_5, PI_4_TFLITE, PI_2_TFLITE)


def build(machine: Machine, wheel: Path) -> None:
    """Make a machine with Unmask's wheel installed, unless it is there as it should be."""
    if not machine.root.exists():
        _unpack_debian(machine)
    made_from = FOLDER / machine.name / "made-from"
    source = hashlib.sha256()
    for file in (ROOT / machine.lock, Path(__file__), wheel):
        source.update(file.read_bytes())
    if not made_from.exists() or made_from.read_text() != source.hexdigest():
        shutil.rmtree(FOLDER / machine.name, ignore_errors=True)
        _write_python(machine)
        _install_packages(machine)
        _run("uv", "pip", "install", "--quiet", "--no-deps", "--target", machine.packages, wheel)
        made_from.write_text(source.hexdigest())


def _unpack_debian(machine: Machine) -> None:
    packages = [f"python{machine.python}-minimal", f"libpython{machine.python}-stdlib", "libstdc++6", "zlib1g"]
    packages += ["python3-numpy"] if machine.is_32_bit else []
    unfinished = machine.root.with_suffix(".unfinished")
    FOLDER.mkdir(exist_ok=True)
    shutil.rmtree(unfinished, ignore_errors=True)
    _run(
        *("mmdebstrap", "--quiet", "--variant=extract", f"--architectures={machine.architecture}"),
        f"--include={','.join(packages)}",
        # The release alone: its fixes change nothing here, and their index is now and then out of step.
        "--setup-hook=sed -i /security/d $1/etc/apt/sources.list",
        *(machine.suite, unfinished),
    )
    # What packages that are not wanted here would have linked, or scripts of those that are: they did not run.
    if not (unfinished / "lib").exists():
        (unfinished / "lib").symlink_to("usr/lib")
    if machine.is_32_bit:
        libraries = unfinished / "usr" / "lib" / "arm-linux-gnueabihf"
        for name in ("blas", "lapack"):
            (libraries / f"lib{name}.so.3").symlink_to(f"{name}/lib{name}.so.3")
    unfinished.rename(machine.root)


def _write_python(machine: Machine) -> None:
    emulator = "qemu-arm-static" if machine.is_32_bit else "qemu-aarch64-static"
    machine.executable.parent.mkdir(parents=True)
    machine.executable.write_text(
        "#!/bin/sh\n"
        f"export QEMU_LD_PREFIX='{machine.root}' QEMU_CPU={machine.processor}\n"
        f'exec {emulator} -0 "$0" \'{machine.root}/usr/bin/python{machine.python}\' "$@"\n'
    )
    machine.executable.chmod(0o755)
    (FOLDER / machine.name / "pyvenv.cfg").write_text(f"home = {machine.root}/usr/bin\n")


def _install_packages(machine: Machine) -> None:
    machine.packages.mkdir(parents=True)
    options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--python-version", machine.python]
    options += ["--target", str(machine.packages)]
    if not machine.is_32_bit:
        platform = ("--python-platform", "aarch64-manylinux_2_36", "--system-certs")
        _run("uv", "pip", "install", *options, *platform, "--requirement", ROOT / machine.lock)
        return
    # uv knows no 32-bit ARM, and pip, which does, would read the markers as for the machine that it runs on.
    wanted = FOLDER / machine.name / "requirements.txt"
    wanted.write_text("\n".join(_for_32_bit((ROOT / machine.lock).read_text("utf-8"), machine.python)))
    platforms = ("--platform", "manylinux_2_34_armv7l", "--platform", "manylinux_2_17_armv7l")
    _run("python", "-m", "pip", "install", *options, *platforms, "--requirement", wanted)
    (machine.packages / "debian.pth").write_text(f"{machine.root}/usr/lib/python3/dist-packages\n")


def _for_32_bit(lock: str, python: str) -> Iterator[str]:
    """Entries of a lock file that hold on 32-bit ARM, but for packages that have no wheels for it."""
    environment = {"platform_machine": "armv7l", "python_version": python, "python_full_version": f"{python}.2"}
    for entry in re.findall(r"^\w.*(?:\n .*)*", lock, re.MULTILINE):
        requirement = Requirement(entry.split("\\")[0])
        if requirement.name in {"numpy", "opencv-python-headless"}:
            continue
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield entry


def _run(program: str, *arguments: str | Path) -> None:
    beside = Path(sys.executable).with_name(program)
    done = subprocess.run(
        [beside if beside.exists() else program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{program} {arguments}: {done.stderr}"
