"""What `unmask watch` tells, one JSON object a line."""

from datetime import datetime, timezone
from typing import Literal

from pydantic import BaseModel, ConfigDict

from unmask_edge.result import InputError, ModelInfo, Result
from unmask_edge.scoring import Reason, Verdict
from unmask_edge.watch.faces import Change, News
from unmask_edge.watch.source import State

OutputState = Literal["output_failing", "events_dropped", "output_working"]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEvent(_Event):
    """Frames come from a source, come no more, or have ended for good.

    Attributes:
        at: when, by the machine's clock, in UTC as RFC 3339 writes it.
        source: its address without password.
        reason: why they do not come; empty where they do.
    """

    event: State
    at: str
    source: str
    reason: str


class FaceEvent(_Event):
    """A verdict on a face was given, changed or withdrawn, or a face that had one has gone.

    Attributes:
        at, source: as in `SourceEvent`.
        track: the face's number, not given to another one while the program runs.
        verdict: what stands now; None where nothing does.
        before: what stood before.
        score: calibrated P(fake) in [0, 1] over the last usable frames.
        frames_usable: how many these are.
        frames_seen: in how many frames the face was seen in all.
        in_sight_s: since when it was.
        box: where it was seen last, `[x1, y1, x2, y2]` in px.
    """

    event: Change
    at: str
    source: str
    track: int
    verdict: Verdict | None
    before: Verdict | None
    score: float | None
    frames_usable: int
    frames_seen: int
    in_sight_s: float
    box: tuple[float, float, float, float]
    model: ModelInfo


class FileEvent(_Event):
    """A file that arrived in a folder was scored, or cannot be.

    Attributes:
        at, source: as in `SourceEvent`.
        path, score, verdict, reason, error: as `unmask score --json` tells them.
        faces: how many were followed through it.
    """

    event: Literal["file_scored"]
    at: str
    source: str
    path: str
    score: float | None
    verdict: Verdict | None
    reason: Reason | None
    error: InputError | None
    faces: int
    model: ModelInfo


class OutputEvent(_Event):
    """An output cannot take events, had to drop some, or works again.

    Attributes:
        at: as in `SourceEvent`.
        output: which, without passwords.
        reason: why; empty where it works.
        dropped: events that were lost to it since it worked last.
    """

    event: OutputState
    at: str
    output: str
    reason: str
    dropped: int


AnyEvent = SourceEvent | FaceEvent | FileEvent | OutputEvent


def file_event(result: Result, source: str) -> FileEvent:
    """What was found in a file just now."""
    return FileEvent(
        event="file_scored",
        at=_now(),
        source=source,
        path=result.path,
        score=result.score,
        verdict=result.verdict,
        reason=result.reason,
        error=result.error,
        faces=len(result.tracks),
        model=result.model,
    )


def source_event(state: State, source: str, reason: str) -> SourceEvent:
    """What became of a source just now."""
    return SourceEvent(event=state, at=_now(), source=source, reason=reason)


def output_event(state: OutputState, output: str, reason: str, dropped: int) -> OutputEvent:
    """What became of an output just now."""
    return OutputEvent(event=state, at=_now(), output=output, reason=reason, dropped=dropped)


def face_event(news: News, source: str, now_s: float, model: ModelInfo) -> FaceEvent:
    """What is new of a face just now.

    Args:
        news: what.
        source: the name of where it was seen.
        now_s: by the clock of `News`.
        model: who judged.
    """
    face = news.face
    return FaceEvent(
        event=news.change,
        at=_now(),
        source=source,
        track=face.number,
        verdict=None if news.change == "face_gone" else face.verdict,
        before=news.before,
        score=face.score,
        frames_usable=sum(frame.flaw is None for frame in face.frames),
        frames_seen=face.seen,
        in_sight_s=round(now_s - face.since_s, 1),
        box=face.frames[-1].box,
        model=model,
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
