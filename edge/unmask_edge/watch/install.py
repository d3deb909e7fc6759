"""A systemd service that watches: of the whole machine where root installs it, else of the user."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unmask_edge import service
from unmask_edge.errors import UnmaskError
from unmask_edge.watch.config import WatchConfig

NAME = "unmask-watch.service"
# What systemd makes, as StateDirectory, for whichever user the machine's service runs as.
STATE = Path("/var/lib/unmask-watch")
# Loops that hang are noticed by the program after a minute, or a quarter of an hour for a file in a folder.
UNIT = """\
[Unit]
Description=Unmask, which watches cameras, streams and folders for forged faces
StartLimitIntervalSec=0
{start}
[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WorkingDirectory={here}
Restart=always
RestartSec=5
WatchdogSec=60
TimeoutStartSec=180
# As watching needs, and no more.
NoNewPrivileges=yes
PrivateTmp=yes
UMask=0077
ProtectSystem=strict
ProtectHome=read-only
{writable}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
MemoryMax=1G
TasksMax=256
{machine}
[Install]
WantedBy={target}
"""
START = """\
# For cameras of the network.
Wants=network-online.target
After=network-online.target
"""
# What a user's own service manager may not do.
MACHINE = """\
{account}
SupplementaryGroups=video
StateDirectory=unmask-watch
CapabilityBoundingSet=
LockPersonality=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# Cameras, and what libcamera needs beside them.
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
"""


def install_watch(config: WatchConfig, file: Path | None, given: dict[str, Any], sources: Sequence[str]) -> None:
    """Write the unit, and start it where systemd runs.

    Args:
        config: all settings.
        file: where they are read from at each start.
        given: those of the command line, by their names.
        sources: those of the command line.

    Raises:
        UnmaskError: if the unit or a folder that it writes to cannot be made, or there is nobody whose it could be.
    """
    of_machine = service.runs_as_root()
    writable = _writable(config, of_machine)
    if of_machine and writable and not os.environ.get("SUDO_USER"):
        raise UnmaskError(
            f"Expected a user who calls sudo, to own {', '.join(map(str, writable))}; a service without one writes to "
            f"{STATE} alone. Received: root."
        )
    for folder in writable:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if of_machine and (user := os.environ.get("SUDO_USER")):
                service.give(folder, user)
        except OSError as error:
            raise UnmaskError(
                f"Expected a folder that can be written. Received: {folder}: {error.strerror}."
            ) from error
    text = unit(_command(file, given, sources), writable, of_machine)
    service.install(NAME, text, service.SYSTEM_FOLDER if of_machine else service.user_folder(), "what it says")


def unit(command: Sequence[str], writable: Sequence[Path], of_machine: bool) -> str:
    """The unit's text."""
    user = os.environ.get("SUDO_USER")
    account = f"User={user}" if user else "DynamicUser=yes"
    return UNIT.format(
        command=" ".join(map(service.in_unit, command)),
        here=service.in_unit(Path.cwd()),
        start=START if of_machine else "",
        writable="\n".join(f"ReadWritePaths={service.in_unit(folder)}" for folder in writable),
        machine=MACHINE.format(account=account) if of_machine else "",
        target="multi-user.target" if of_machine else "default.target",
    )


def _command(file: Path | None, given: dict[str, Any], sources: Sequence[str]) -> list[str]:
    command = [str(Path(sys.executable).with_name("unmask")), "watch"]
    if file:
        command += ["--config", str(file.absolute())]
    for name, value in sorted(given.items()):
        command += [f"--{name.replace('_', '-')}", ",".join(map(str, value)) if isinstance(value, list) else str(value)]
    return [*command, "--", *sources] if sources else command


def _writable(config: WatchConfig, of_machine: bool) -> list[Path]:
    """Folders that it writes to, but for those that systemd makes for the machine's service."""
    folders = [source.journal.parent for source in config.sources if source.journal]
    if config.record:
        folders.append(config.record.dir)
    if not of_machine or "state_dir" in config.model_fields_set:
        folders.append(config.state_dir)
    absolute = {folder.absolute() for folder in folders}
    return sorted(folder for folder in absolute if not (of_machine and folder.is_relative_to(STATE)))
