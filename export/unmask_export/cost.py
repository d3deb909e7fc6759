"""What detectors cost on the machine at hand: megabytes and milliseconds beside what they reached."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from unmask_edge.manifest import Metric
from unmask_edge.runtime import Model
from unmask_export import tflite
from unmask_export.keras_model import save_frozen
from unmask_training.trainable import Trained, load_trained

ROUNDS = 50


@dataclass(frozen=True)
class Cost:
    """One detector's figures.

    Attributes:
        name: of its folder.
        metrics: what it reached, as its run or bundle tells.
        size_mb: of the float16 TFLite file, in 10^6 bytes.
        latency_ms: median of one crop on one thread.
        relative: that median over the first one's, from the same interleaved rounds.
    """

    name: str
    input_px: int
    metrics: list[Metric]
    size_mb: float
    latency_ms: float
    relative: float


def measure_costs(folders: list[Path], work: Path) -> list[Cost]:
    """Convert each to float16 TFLite and time all of them in turn, so that a busy moment falls on all alike.

    Args:
        folders: finished runs, or bundles that carry their weights.
        work: an empty folder for the files.

    Raises:
        UnmaskError: if one is neither.
    """
    console = Console(stderr=True)
    shown = track(enumerate(folders), total=len(folders), description="Converting", console=console)
    detectors = [_converted(folder, work / str(index)) for index, folder in shown]
    models = [Model(file) for file, _ in detectors]
    samples = [np.full(model.input_shape, 127, np.float32) for model in models]
    times_ms = np.array(
        [
            [_time_ms(model, sample) for model, sample in zip(models, samples, strict=True)]
            for _ in track(range(ROUNDS), description="Timing", console=console)
        ]
    )
    medians = np.median(times_ms, axis=0)
    return [
        Cost(
            # Its full path: a folder given as `.` has no name of its own.
            name=folder.resolve().name,
            input_px=trained.recipe.model.input_px,
            metrics=trained.metrics,
            size_mb=file.stat().st_size / 1e6,
            latency_ms=float(median),
            relative=float(median / medians[0]),
        )
        for folder, (file, trained), median in zip(folders, detectors, medians, strict=True)
    ]


def _converted(folder: Path, work: Path) -> tuple[Path, Trained]:
    trained = load_trained(folder)
    save_frozen(trained.net, work / "saved_model")
    file = work / "detector.tflite"
    # float16 needs no calibration.
    file.write_bytes(tflite.convert(work / "saved_model", "float16", np.empty((0,), np.uint8)))
    return file, trained


def _time_ms(model: Model, sample: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    start = time.perf_counter()
    model(sample)
    return (time.perf_counter() - start) * 1000
