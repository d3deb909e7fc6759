"""What a run's detector costs on the machine at hand: megabytes and milliseconds beside what it reached."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from unmask_edge.runtime import Model
from unmask_export import tflite
from unmask_export.keras_model import save_frozen
from unmask_training.model import load_detector
from unmask_training.run import Run

ROUNDS = 50


@dataclass(frozen=True)
class Cost:
    """One run's figures.

    Attributes:
        size_mb: of the float16 TFLite file, in 10^6 bytes.
        latency_ms: median of one crop on one thread.
        relative: that median over the first run's, from the same interleaved rounds.
    """

    run: Run
    size_mb: float
    latency_ms: float
    relative: float


def measure_costs(folders: list[Path], work: Path) -> list[Cost]:
    """Convert each run to float16 TFLite and time all of them in turn, so that a busy moment falls on all alike.

    Args:
        folders: finished runs.
        work: an empty folder for the files.

    Raises:
        UnmaskError: if a run is not finished.
    """
    runs = [Run.read(folder) for folder in folders]
    console = Console(stderr=True)
    shown = track(enumerate(folders), total=len(folders), description="Converting", console=console)
    files = [_converted(folder, work / str(index)) for index, folder in shown]
    models = [Model(file) for file in files]
    samples = [np.full(model.input_shape, 127, np.float32) for model in models]
    times_ms = np.array(
        [
            [_time_ms(model, sample) for model, sample in zip(models, samples, strict=True)]
            for _ in track(range(ROUNDS), description="Timing", console=console)
        ]
    )
    medians = np.median(times_ms, axis=0)
    return [
        Cost(run, file.stat().st_size / 1e6, float(median), float(median / medians[0]))
        for run, file, median in zip(runs, files, medians, strict=True)
    ]


def _converted(run: Path, work: Path) -> Path:
    save_frozen(load_detector(run), work / "saved_model")
    file = work / "detector.tflite"
    # float16 needs no calibration.
    file.write_bytes(tflite.convert(work / "saved_model", "float16", np.empty((0,), np.uint8)))
    return file


def _time_ms(model: Model, sample: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    start = time.perf_counter()
    model(sample)
    return (time.perf_counter() - start) * 1000
