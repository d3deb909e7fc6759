"""Where events go: each output gets every event, whatever becomes of the others."""

import logging
import sys
from collections.abc import Sequence
from threading import Event, Lock
from typing import Protocol

import click

from unmask_edge.watch.events import AnyEvent

LOG = logging.getLogger(__name__)


class Output(Protocol):
    """Takes events, from several threads, without making them wait for a network."""

    def tell(self, event: AnyEvent) -> None:
        """Take one."""

    def close(self) -> None:
        """Send what can be sent at once, and end."""


class Printer:
    """Prints events, one JSON object a line."""

    def __init__(self, stop: Event) -> None:
        """Take what is set once nobody reads them any more."""
        self._stop = stop
        self._printing = Lock()

    def tell(self, event: AnyEvent) -> None:
        """Print one."""
        try:
            with self._printing:
                click.echo(event.model_dump_json())
                sys.stdout.flush()
        except BrokenPipeError:
            self._stop.set()

    def close(self) -> None:
        """Nothing is left to print."""


class Outputs:
    """All outputs as one; its errors are logged and never raised, so that watching goes on."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = list(outputs)

    def tell(self, event: AnyEvent) -> None:
        """Give an event to each."""
        for output in self._outputs:
            try:
                output.tell(event)
            except Exception:  # a full disk or a bug of one is no reason to lose the others
                LOG.exception("An event was lost for one output.")

    def close(self) -> None:
        """Close each."""
        for output in self._outputs:
            output.close()
