"""Tells systemd, where it started this program, that it is ready, how it is, and that its loops still turn.

The protocol is a line a message on a datagram socket: https://www.freedesktop.org/software/systemd/man/sd_notify.html
"""

import os
import socket
from collections.abc import Sequence
from threading import Event, Thread

from unmask_edge.watch.stats import Stats

# How often it is told how sources are, where no watchdog asks for more.
INTERVAL_S = 10.0


def notify(message: str) -> None:
    """Send a message to the socket that systemd named; nothing where it named none or does not listen."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # of the abstract name space
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifying:
            notifying.sendto(message.encode(), address)
    except OSError:
        return


def watchdog_s() -> float | None:
    """Within how many seconds the watchdog wants to hear of this process; None if there is none."""
    microseconds, process = os.environ.get("WATCHDOG_USEC"), os.environ.get("WATCHDOG_PID")
    if not microseconds or (process and int(process) != os.getpid()):
        return None
    return int(microseconds) / 1e6


class Supervisor:
    """Feeds the watchdog as long as all loops turn: one that hangs has the program started anew."""

    def __init__(self, sources: Sequence[Stats]) -> None:
        """Take what is watched."""
        self._sources = sources
        limit_s = watchdog_s()
        self._interval_s = INTERVAL_S if limit_s is None else min(INTERVAL_S, limit_s / 3)
        self._closing = Event()
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Say that it is ready, and begin."""
        notify("READY=1")
        if os.environ.get("NOTIFY_SOCKET"):
            self._thread.start()

    def close(self) -> None:
        """Say that it ends."""
        self._closing.set()
        notify("STOPPING=1")

    def _run(self) -> None:
        while not self._closing.is_set():
            live = sum(source.live for source in self._sources)
            hanging = [source.name for source in self._sources if not source.turns()]
            notify(f"STATUS={live} of {len(self._sources)} sources live{''.join(f'; hangs: {it}' for it in hanging)}")
            if not hanging:
                notify("WATCHDOG=1")
            self._closing.wait(self._interval_s)
