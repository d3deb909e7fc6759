"""A job as programs see it: one file on its way to a result."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from unmask_edge.errors import MediaErrorReason
from unmask_edge.scoring import Verdict

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINISHED: frozenset[State] = frozenset({"done", "failed", "cancelled"})


class Job(BaseModel):
    """A file, how far it is, and how it ended.

    `done` says that there is a result, which may hold an `error`; `failed`, that scoring broke down, and `detail` why.
    `score`, `verdict` and `error` are the result's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    path: str = Field(description="name that the sender gave the file; empty if none")
    state: State
    created: datetime
    finished: datetime | None
    size_bytes: int
    sha256: str = Field(description="of the file; of all frames one after the other, where frames were sent")
    frames_done: int = Field(description="frames scored so far")
    frames_wanted: int = Field(description="0 until it is known")
    score: float | None
    verdict: Verdict | None
    error: MediaErrorReason | None
    detail: str | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.state in FINISHED
