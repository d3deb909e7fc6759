"""Where events go: each output gets every event, whatever becomes of the others."""

import logging
import sys
from collections.abc import Callable
from threading import Event, Lock
from typing import Protocol

import click

from unmask_edge.watch.events import AnyEvent, OutputEvent, output_event

LOG = logging.getLogger(__name__)


class Output(Protocol):
    """Takes events, from several threads, without making them wait for a network."""

    def tell(self, event: AnyEvent) -> None:
        """Take one."""

    def close(self) -> None:
        """Send what can be sent at once, and end."""


class Standing:
    """Whether an output works; told once each time that it changes."""

    def __init__(self, output: str, tell: Callable[[OutputEvent], None]) -> None:
        """Take the output's name, without passwords, and who is told."""
        self.output = output
        self.works = True
        self.dropped_in_all = 0
        self._dropped = 0
        self._tell = tell
        self._lock = Lock()

    def failing(self, reason: str) -> None:
        """It cannot take events."""
        with self._lock:
            worked, self.works = self.works, False
        if worked:
            self._tell(output_event("output_failing", self.output, reason, self._dropped))

    def dropped(self, count: int, reason: str) -> None:
        """So many events were lost to it; the first time since it worked this is told, later only counted."""
        with self._lock:
            is_first, self._dropped = not self._dropped, self._dropped + count
            self.dropped_in_all += count
        if is_first:
            self._tell(output_event("events_dropped", self.output, reason, count))

    def working(self) -> None:
        """It takes events."""
        with self._lock:
            changed = not self.works or self._dropped
            self.works, dropped, self._dropped = True, self._dropped, 0
        if changed:
            self._tell(output_event("output_working", self.output, "", dropped))


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

    def __init__(self, last: Output) -> None:
        self._outputs = [last]

    def add(self, output: Output) -> None:
        """Give it all events from now on, before those that are there: what was printed is on disk by then."""
        self._outputs = [output, *self._outputs]

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
