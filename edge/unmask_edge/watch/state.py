"""What stands of a source now, out of its events: for who comes later and asks for no history."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from unmask_edge.scoring import Verdict
from unmask_edge.watch.events import FaceEvent, FileEvent, SourceEvent


class SourceState(BaseModel):
    """What stands of a source.

    Attributes:
        source: its name.
        live: whether frames come.
        manipulated: ON while a face in sight is likely manipulated, or the last file of a folder is; else OFF.
        verdict, score: of the most suspicious face in sight, or of the last file; None where none is judged.
        faces: in sight with a verdict.
        at: when it last changed.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    live: bool
    manipulated: str
    verdict: Verdict | None
    score: float | None
    faces: int
    at: str | None


@dataclass(eq=False)
class SeenSource:
    """Follows one source's events."""

    source: str
    live: bool = False
    at: str | None = None
    judged: dict[int, tuple[float, Verdict]] = field(default_factory=dict)

    def update(self, event: SourceEvent | FaceEvent | FileEvent) -> SourceState:
        """Take the next event; returns what stands after it."""
        self.at = event.at
        if isinstance(event, SourceEvent):
            self.live = event.event == "source_live"
        else:
            number = event.track if isinstance(event, FaceEvent) else 0
            self.judged.pop(number, None)
            if event.verdict is not None and event.score is not None:
                self.judged[number] = event.score, event.verdict
        return self.now()

    def now(self) -> SourceState:
        """What stands."""
        score, verdict = max(self.judged.values(), default=(None, None))
        manipulated = any(verdict == "likely manipulated" for _, verdict in self.judged.values())
        return SourceState(
            source=self.source,
            live=self.live,
            manipulated="ON" if manipulated else "OFF",
            verdict=verdict,
            score=None if score is None else round(score, 4),
            faces=len(self.judged),
            at=self.at,
        )
