"""Runs several sources side by side: one that fails is started again and leaves the others alone."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.watch.config import SourceConfig
from unmask_edge.watch.events import AnyEvent, SourceEvent, source_event
from unmask_edge.watch.folder import FolderWatch, Journal
from unmask_edge.watch.loop import OnFrame, Watch
from unmask_edge.watch.pace import Pace
from unmask_edge.watch.source import FIRST_WAIT_S, HANGS_S, LONGEST_WAIT_S, Address
from unmask_edge.watch.stats import Stats

LOG = logging.getLogger(__name__)

Tell = Callable[[AnyEvent], None]


@dataclass(eq=False)
class Job:
    """One source and what it needs.

    Attributes:
        config: what to watch.
        detector: its own.
        pace: its own, of the shared budget.
        on_frame: each takes every frame that was looked at; see `Watch.run`.
        stats: where it counts.
    """

    config: SourceConfig
    detector: Detector
    pace: Pace
    on_frame: list[OnFrame] = field(default_factory=list)
    stats: Stats = field(init=False)

    def __post_init__(self) -> None:
        self.stats = Stats(self.config.label, self.config.down_limit_s)
        self._last_told: tuple[str, str] | None = None

    def run(self, tell: Tell, stop: Event) -> None:
        """Watch until the source has ended or `stop` is set, again after any error."""
        wait_s = FIRST_WAIT_S
        while not stop.is_set():
            began_s = monotonic()
            try:
                self._watch(lambda event: self._told(event, tell), stop)
                return
            except Exception as error:  # whatever it is, the others go on
                if not isinstance(error, (UnmaskError, OSError)):
                    LOG.exception("%s", self.stats.name)
                self._told(source_event("source_lost", self.stats.name, str(error) or type(error).__name__), tell)
            if monotonic() - began_s > LONGEST_WAIT_S:
                wait_s = FIRST_WAIT_S
            self.stats.looking.beat(wait_s + HANGS_S)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _watch(self, tell: Tell, stop: Event) -> None:
        path = Path(self.config.address)
        if path.is_dir() or self.config.journal:
            FolderWatch(path, Journal(self.config.journal), self.detector, self.pace, self.stats).run(tell, stop)
        else:
            address = replace(Address.parse(self.config.address), name=self.stats.name)
            Watch(address, self.detector, self.pace, self.stats).run(tell, stop, self.on_frame)

    def _told(self, event: AnyEvent, tell: Tell) -> None:
        if isinstance(event, SourceEvent):
            self.stats.live = event.event == "source_live"
            told = event.event, event.reason
            if told == self._last_told:  # it is tried every half a minute, for months
                return
            self._last_told = told
        tell(event)


def run_all(jobs: Sequence[Job], tell: Tell, stop: Event) -> None:
    """Watch all sources until each has ended or `stop` is set; the first in this thread, since windows want that."""
    others = [Thread(target=job.run, args=(tell, stop), name=f"watch {job.stats.name}") for job in jobs[1:]]
    for thread in others:
        thread.start()
    jobs[0].run(tell, stop)
    for thread in others:
        thread.join()
