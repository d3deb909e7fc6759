"""Runs what was written, and holds it to Keras: by the format's main runtime, and by the others that users may have."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import ModelFormat, OutputSpec
from unmask_export import runtimes
from unmask_export.golden_vectors import TOLERANCES
from unmask_export.packages import RuntimeAbsentError

REASON_LENGTH = 300
Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Reference:
    """What files are held to.

    Attributes:
        golden, faces: `(n, H, W, 3)` uint8 RGB golden crops, and calibration crops, which are faces.
        keras_golden, keras_faces: Keras's own scores of them, `(n,)` float32.
        outputs: the shapes of a file's outputs.
    """

    golden: NDArray[np.uint8]
    faces: NDArray[np.uint8]
    keras_golden: Scores
    keras_faces: Scores
    outputs: OutputSpec


@dataclass(frozen=True)
class Drift:
    """How far one format's scores lie from Keras's, by its main runtime.

    Attributes:
        golden: the largest difference on the golden vectors.
        crops_mean, crops_max: on the calibration crops, which are faces; for information.
    """

    golden: float
    crops_mean: float
    crops_max: float


@dataclass(frozen=True)
class Elsewhere:
    """How a file fared in a runtime other than its main one.

    Attributes:
        drift: the largest difference from Keras on the golden vectors that were tried; None where it did not run.
        reason: why not, or how far beyond its tolerance it strays; empty where it agrees.
    """

    runtime: str
    outcome: Literal["agrees", "strays", "does not run", "not run here"]
    drift: float | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Verified:
    """One format that keeps its tolerance.

    Attributes:
        runtime: the main one, which `drift` was measured in.
        size_bytes: of all its files.
        golden_scores: by the main runtime, `(n,)` float32.
    """

    runtime: str
    size_bytes: int
    drift: Drift
    golden_scores: Scores
    elsewhere: list[Elsewhere]


def verify(format: ModelFormat, path: Path, reference: Reference) -> tuple[Drift, Scores]:
    """Run a file by its main runtime; returns its drift and its scores of the golden crops.

    Raises:
        UnmaskError: if it strays beyond its tolerance, or does not run.
    """
    scores = runtimes.run(format, path, reference.golden, reference.outputs).scores
    golden = np.abs(scores - reference.keras_golden).max()
    # Written so that a NaN fails too.
    if not golden <= TOLERANCES[format]:
        raise UnmaskError(
            f"Expected {format} within {TOLERANCES[format]} of Keras on the golden vectors. "
            f"Received: {golden:.4f} (Keras {reference.keras_golden}, {format} {scores})."
        )
    faces = np.abs(runtimes.run(format, path, reference.faces, reference.outputs).scores - reference.keras_faces)
    return Drift(float(golden), float(faces.mean()), float(faces.max())), scores


def run_elsewhere(format: ModelFormat, path: Path, reference: Reference) -> Iterator[Elsewhere]:
    """Run a file by the other runtimes of its format; what goes wrong there is told, not raised."""
    for runtime in runtimes.other_runtimes(format):
        crops = reference.golden[: runtime.crops]
        try:
            outputs = runtimes.gathered(runtime.run(format, path, crops), reference.outputs)
        except RuntimeAbsentError as error:
            yield Elsewhere(runtime.name, "not run here", reason=in_short(error))
            continue
        except Exception as error:  # each runtime has its own
            yield Elsewhere(runtime.name, "does not run", reason=in_short(error))
            continue
        drift = float(np.abs(outputs.scores - reference.keras_golden[: len(crops)]).max())
        if drift <= TOLERANCES[format]:
            yield Elsewhere(runtime.name, "agrees", drift)
        else:
            yield Elsewhere(runtime.name, "strays", drift, f"{drift:.5f} from Keras, beyond {TOLERANCES[format]}")


def in_short(error: Exception) -> str:
    """What an error says, in one line; converters' own go on with their call stacks."""
    told = " ".join(str(error).split()) or type(error).__name__
    return told if len(told) <= REASON_LENGTH else told[: REASON_LENGTH - 1] + "…"
