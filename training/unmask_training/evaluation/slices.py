"""Parts of a case's files, each with an AUC of its own: what a detector finds in one it may miss in another."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from unmask_training.data.record import Record
from unmask_training.evaluation.judge import Judged
from unmask_training.evaluation.metrics import Figure, Outcomes
from unmask_training.evaluation.resampling import auc_figure

# Longer side of the face box in px, from the first of these to the next.
FACE_SIZES_PX = (0, 64, 128, 256)
MIN_OF_A_LABEL = 10
By = Literal["method", "compression", "face size"]


class Slice(BaseModel):
    """Fakes of one method beside all reals; or files of one compression or face size.

    Attributes:
        by: what sets them apart.
        name: the method or compression, or the sizes in px.
    """

    model_config = ConfigDict(frozen=True)

    by: By
    name: str
    reals: int
    fakes: int
    auc: Figure


def slices(
    records: Sequence[Record], judged: Sequence[Judged], outcomes: Outcomes, counts: NDArray[np.int64]
) -> list[Slice]:
    """AUC of every part, unless there is but one.

    Args:
        records: the `n` files.
        judged: what a net says of them.
        outcomes: the same as arrays.
        counts: `(resamples, n)`, how often each resample draws each file.
    """
    return [
        Slice(
            by=by,
            name=name,
            reals=int((chosen & ~outcomes.fake).sum()),
            fakes=int((chosen & outcomes.fake).sum()),
            auc=_auc(outcomes.among(chosen), counts[:, chosen]),
        )
        for by, name, chosen in _parts(records, judged, outcomes.fake)
    ]


def _parts(
    records: Sequence[Record], judged: Sequence[Judged], fake: NDArray[np.bool_]
) -> Iterator[tuple[By, str, NDArray[np.bool_]]]:
    methods = np.array([record.method or "" for record in records])
    yield from (("method", name, ~fake | (methods == name)) for name in _several(methods[fake]))
    versions = np.array([record.compression or "" for record in records])
    yield from (("compression", name, versions == name) for name in _several(versions))
    sizes = np.array([_size(outcome.face_px) for outcome in judged])
    yield from (("face size", name, sizes == name) for name in _several(sizes))


def _several(names: NDArray[np.str_]) -> list[str]:
    found = [str(name) for name in np.unique(names) if name]
    return found if len(found) > 1 else []


def _size(face_px: float) -> str:
    index = int(np.searchsorted(FACE_SIZES_PX, face_px, side="right")) - 1
    bounds = FACE_SIZES_PX[index : index + 2]
    return f"{bounds[0]} to {bounds[1]} px" if len(bounds) == 2 else f"from {bounds[0]} px"


def _auc(outcomes: Outcomes, counts: NDArray[np.int64]) -> Figure:
    fakes = int(outcomes.fake.sum())
    fewest = min(fakes, len(outcomes.fake) - fakes)
    if fewest < MIN_OF_A_LABEL:
        return Figure(value=None, withheld=f"needs {MIN_OF_A_LABEL} of each label, there are {fewest}")
    return auc_figure(outcomes, counts)
