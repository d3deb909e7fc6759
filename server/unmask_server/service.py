"""A systemd user service that starts the companion at login."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click

from unmask_edge.errors import UnmaskError
from unmask_server.settings import Settings

NAME = "unmask.service"
UNIT = """\
[Unit]
Description=Unmask, a local detector of forged faces

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=5
# As the companion needs, and no more.
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={data_dir}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
MemoryMax=2G
TasksMax=256

[Install]
WantedBy=default.target
"""


def install(settings: Settings, config: Path | None) -> None:
    """Write the unit, and start it where systemd runs.

    Raises:
        UnmaskError: if the unit cannot be written.
    """
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd/user"
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(unit(settings, config), "utf-8")
    except OSError as error:
        raise UnmaskError(f"Expected a folder that can be written. Received: {folder}: {error.strerror}.") from error
    click.echo(f"Wrote {folder / NAME}.")
    systemctl = shutil.which("systemctl")
    if systemctl is None or not os.environ.get("XDG_RUNTIME_DIR"):
        click.echo(f"Start it by: systemctl --user enable --now {NAME}")
        return
    subprocess.run([systemctl, "--user", "daemon-reload"], check=True)
    subprocess.run([systemctl, "--user", "enable", "--now", NAME], check=True)
    click.echo(f"It runs, now and at each login. To see the code for pairing: journalctl --user -u {NAME}")


def unit(settings: Settings, config: Path | None) -> str:
    """The unit's text: the options that place it; the others are read from the TOML file at each start."""
    unmask = Path(sys.executable).with_name("unmask")
    command = [str(unmask), "serve", "--data-dir", str(settings.data_dir.absolute())]
    command += ["--host", settings.host, "--port", str(settings.port)]
    if config:
        command += ["--config", str(config.absolute())]
    return UNIT.format(command=shlex.join(command), data_dir=shlex.quote(str(settings.data_dir.absolute())))
