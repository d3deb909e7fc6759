"""Installs systemd units that start Unmask with the machine or at login."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import click

from unmask_edge.errors import UnmaskError

SYSTEM_FOLDER = Path("/etc/systemd/system")
# There where systemd has started the machine.
RUNNING = Path("/run/systemd/system")


def runs_as_root() -> bool:
    """Whether units of the whole machine may be written."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def user_folder() -> Path:
    """Where the user's own units lie."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd/user"


def in_unit(value: object) -> str:
    """A word of a unit's line: quoted where it must be, and without systemd's own meaning of % and $."""
    return shlex.quote(str(value)).replace("%", "%%").replace("$", "$$")


def give(folder: Path, user: str) -> None:
    """Make a folder a user's own, if root has just made it: what belongs to someone else stays theirs."""
    if folder.stat().st_uid == 0:
        shutil.chown(folder, user)


def install(name: str, unit: str, folder: Path, tells: str) -> None:
    """Write a unit, and start it where systemd runs.

    Args:
        name: of the unit, ending in .service.
        unit: its text.
        folder: where it belongs: `SYSTEM_FOLDER` or `user_folder()`.
        tells: what a person may look for in its journal.

    Raises:
        UnmaskError: if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(unit, "utf-8")
    except OSError as error:
        raise UnmaskError(f"Expected a folder that can be written. Received: {folder}: {error.strerror}.") from error
    click.echo(f"Wrote {folder / name}.")
    user = [] if folder == SYSTEM_FOLDER else ["--user"]
    systemctl = shutil.which("systemctl")
    runs = RUNNING.is_dir() and (not user or os.environ.get("XDG_RUNTIME_DIR"))
    if systemctl is None or not runs:
        click.echo(f"Start it by: {' '.join(['systemctl', *user, 'enable', '--now', name])}")
        return
    subprocess.run([systemctl, *user, "daemon-reload"], check=True)
    subprocess.run([systemctl, *user, "enable", "--now", name], check=True)
    starts = "at each login" if user else "with the machine"
    click.echo(f"It runs, now and {starts}. To see {tells}: {' '.join(['journalctl', *user, '-u', name])}")
