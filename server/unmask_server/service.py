"""A systemd user service that starts the companion at login."""

import sys
from pathlib import Path

from unmask_edge import service
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
        UnmaskError: if the unit or its folder of data cannot be written.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnmaskError(
            f"Expected a folder that can be written. Received: {settings.data_dir}: {error.strerror}."
        ) from error
    service.install(NAME, unit(settings, config), service.user_folder(), "the code for pairing")


def unit(settings: Settings, config: Path | None) -> str:
    """The unit's text: the options that place it; the others are read from the TOML file at each start."""
    unmask = Path(sys.executable).with_name("unmask")
    command = [str(unmask), "serve", "--data-dir", str(settings.data_dir.absolute())]
    command += ["--host", settings.host, "--port", str(settings.port)]
    if config:
        command += ["--config", str(config.absolute())]
    words, data_dir = map(service.in_unit, command), service.in_unit(settings.data_dir.absolute())
    return UNIT.format(command=" ".join(words), data_dir=data_dir)
