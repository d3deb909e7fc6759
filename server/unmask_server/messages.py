"""What the companion and its workers say to each other, as JSON.

A worker may have been taken over by a hostile file: what it says is validated, and nothing of it is ever unpickled.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from unmask_edge.formats import TFLiteFormat
from unmask_edge.result import ModelInfo, Result


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkerSettings(_Message):
    """What a worker is started with; see `Settings`."""

    bundle: str | None
    format: TFLiteFormat
    threads: int
    max_duration_s: float
    memory_bytes: int
    cpu_s: int


class Task(_Message):
    """A file to score, or a folder of frames `0`, `1`, ... that were shown at `times_s`."""

    path: str
    times_s: list[float] | None


class Ready(_Message):
    """The detector is loaded."""

    kind: Literal["ready"] = "ready"
    model: ModelInfo


class Unfit(_Message):
    """The detector cannot be loaded, and why."""

    kind: Literal["unfit"] = "unfit"
    message: str


class Progress(_Message):
    """Frames that were scored, of those wanted."""

    kind: Literal["progress"] = "progress"
    done: int
    wanted: int


class OutOfMemory(_Message):
    """The file needs more memory than a worker may have."""

    kind: Literal["out_of_memory"] = "out_of_memory"


class Scored(_Message):
    """A file's result, whether or not it holds an error."""

    kind: Literal["scored"] = "scored"
    result: Result


Reply = Ready | Unfit | Progress | OutOfMemory | Scored
REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="kind")])
# Some ten times what the largest result of the packaged bundle takes.
MAX_REPLY_BYTES = 2**25
