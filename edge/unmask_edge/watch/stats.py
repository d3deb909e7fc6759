"""What one source has done so far: counted by its own threads, read by metrics, health and watchdog."""

from dataclasses import dataclass, field
from math import inf
from time import monotonic


class Pulse:
    """Whether a loop still turns: at each turn it says how long the next one may take."""

    def __init__(self) -> None:
        self._due_s = inf

    def beat(self, within_s: float) -> None:
        """The loop turns, and will again in so many seconds."""
        self._due_s = monotonic() + within_s

    def end(self) -> None:
        """The loop has ended as it should."""
        self._due_s = inf

    def late(self, now_s: float) -> bool:
        """Whether it should have turned by now."""
        return now_s > self._due_s


@dataclass(eq=False)
class Stats:
    """Counts of one source; of a folder, files count as frames.

    Attributes:
        name: of the source, without password.
        down_limit_s: for how long it may be without a frame.
        seen: frames that came.
        looked_at: frames that faces were looked for in; the others were dropped.
        faces: faces that were scored.
        opened: how often the source was opened and frames came.
        lag_s: age of the last frame that was looked at when this was done.
        came_s: when the last frame came, or when its folder was there last.
        live: whether frames come, as was told last.
        ended: whether none will come any more, as at a file's end.
        reading, looking: the pulses of its loops.
    """

    name: str
    down_limit_s: float = 300.0
    seen: int = 0
    looked_at: int = 0
    faces: int = 0
    opened: int = 0
    lag_s: float = 0.0
    came_s: float = field(default_factory=monotonic)
    live: bool = False
    ended: bool = False
    reading: Pulse = field(default_factory=Pulse)
    looking: Pulse = field(default_factory=Pulse)

    def down_s(self) -> float:
        """For how long no frame has come; 0 after an end."""
        return 0.0 if self.ended else monotonic() - self.came_s

    def is_down(self) -> bool:
        """Whether that is longer than it may be."""
        return self.down_s() > self.down_limit_s

    def turns(self) -> bool:
        """Whether all its loops still do."""
        now_s = monotonic()
        return not (self.reading.late(now_s) or self.looking.late(now_s))
