"""What a person sees in a terminal: progress, a table of verdicts, a bundle's contents."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from unmask_edge.bundle import Bundle
from unmask_edge.detector import Progress as FrameProgress
from unmask_edge.manifest import Manifest
from unmask_edge.result import Result
from unmask_edge.scoring import Reason, Verdict

VERDICT_STYLES: dict[Verdict, str] = {
    "likely manipulated": "bold red",
    "inconclusive": "yellow",
    "likely authentic": "green",
}
VERDICT_SIGNS: dict[Verdict, str] = {"likely manipulated": "▲", "inconclusive": "?", "likely authentic": "○"}
REASONS: dict[Reason, str] = {
    "score_between_bands": "the score lies between the bands",
    "face_too_small": "faces are too small",
    "face_too_blurred": "faces are too blurred",
    "too_few_frames": "a face is seen in too few frames",
}
ROOT = PurePosixPath(".")
CAVEAT = (
    "Scores are the model's estimate that a face was forged. A high one is evidence, not proof; a low one means that "
    "no trace of forgery was found, not that the picture is real."
)


class ScoringProgress:
    """Progress bars over inputs and over the frames of the present one."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._inputs = progress.add_task("inputs", total=total)
        self._frames = progress.add_task("frames", total=None, visible=False)

    def start(self, name: str) -> FrameProgress:
        """Begin an input; returns what its frames are reported to."""
        self._progress.update(self._frames, description=Path(name).name[-40:], completed=0, total=None, visible=True)
        return lambda done, wanted: self._progress.update(self._frames, completed=done, total=wanted)

    def finish(self) -> None:
        """End an input."""
        self._progress.advance(self._inputs)


@contextmanager
def scoring_progress(total: int) -> Iterator[ScoringProgress]:
    """Bars on standard error, in a terminal only, gone when the work is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield ScoringProgress(progress, total)


def print_results(results: list[Result]) -> None:
    """Print the table of verdicts and what they do not prove."""
    table = Table("verdict", "score", "faces", "frames", "input", box=None, pad_edge=False, header_style="bold")
    for column in table.columns[1:4]:
        column.justify = "right"
    table.columns[0].no_wrap = True
    table.columns[4].overflow = "fold"
    for result in results:
        table.add_row(*_row(result))
    console = Console()
    console.print(table)
    if any(result.verdict for result in results):
        console.print(Text(f"\n{CAVEAT}", style="dim"))


def info_table(bundle: Bundle) -> RenderableType:
    """A bundle's manifest for people."""
    manifest = bundle.manifest
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_row("model", f"{manifest.name} {manifest.version} ({manifest.licence})")
    facts.add_row("folder", str(bundle.folder))
    facts.add_row(
        "input", f"{manifest.input.width_px} x {manifest.input.height_px} px, crop {manifest.crop.scale} x box"
    )
    facts.add_row("in clips", f"{', '.join(map(str, manifest.sampling.crop_scales))} x box, frame by frame in turn")
    facts.add_row("temperature", f"{manifest.temperature:.3f}")
    bands = manifest.bands
    facts.add_row("likely authentic", f"score below {bands.likely_authentic_below:.3f}")
    facts.add_row("likely manipulated", f"score from {bands.likely_manipulated_from:.3f}")
    formats = Table("format", "file", "MB", "largest drift from Keras", box=None, pad_edge=False, header_style="bold")
    for name, model in manifest.models.items():
        formats.add_row(name, model.path, f"{_size_bytes(manifest, model.path) / 1e6:.1f}", f"{model.golden_drift:.5f}")
    metrics = Table("metric", "data", "samples", "value", box=None, pad_edge=False, header_style="bold")
    for metric in manifest.metrics:
        metrics.add_row(metric.name, metric.data, str(metric.samples), f"{metric.value:.4f}")
    trained = Table("trained on", "label", "samples", box=None, pad_edge=False, header_style="bold")
    for source in manifest.training_data:
        trained.add_row(source.name, source.label, str(source.samples))
    return Group(facts, "", formats, "", metrics, "", trained)


def _size_bytes(manifest: Manifest, path: str) -> int:
    """Size of a format: its file's, or that of the folder that it is kept in."""
    folder = PurePosixPath(path).parent
    return sum(f.size_bytes for f in manifest.files if f.path == path or PurePosixPath(f.path).parent == folder != ROOT)


def _row(result: Result) -> tuple[str | Text, ...]:
    if result.verdict is None or result.score is None:
        message = f"{result.error.reason.replace('_', ' ')}: {result.error.message}" if result.error else ""
        return Text("✕ not scored", style="magenta"), "", "", "", _with_note(result.path, message)
    verdict = Text(f"{VERDICT_SIGNS[result.verdict]} {result.verdict}", style=VERDICT_STYLES[result.verdict])
    note = REASONS[result.reason] if result.reason else ""
    frames = str(result.frames_sampled)
    return verdict, f"{result.score:.2f}", str(len(result.tracks)), frames, _with_note(result.path, note)


def _with_note(path: str, note: str) -> Text:
    return Text.assemble(path, ("\n" + note, "dim")) if note else Text(path)
