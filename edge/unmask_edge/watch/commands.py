"""`unmask watch`."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock

import click

from unmask_edge.bundle import Bundle
from unmask_edge.commands import bundle_option, format_option
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.watch.events import FaceEvent, FileEvent, SourceEvent
from unmask_edge.watch.folder import FolderWatch, Journal
from unmask_edge.watch.loop import Limits, Watch
from unmask_edge.watch.source import Address
from unmask_edge.watch.window import Window


@click.command()
@click.argument("source")
@click.option(
    "--fps",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0, 60, min_open=True),
    help="Frames a second to score at most.",
)
@click.option(
    "--max-cpu",
    default=50.0,
    show_default=True,
    type=click.FloatRange(0, 6400, min_open=True),
    metavar="PERCENT",
    help="Of one core, on average; held by looking less often.",
)
@click.option(
    "--for", "seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop after so long."
)
@click.option("--show", is_flag=True, help="Show boxes, scores and region maps in a window.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of a folder: file that notes what was told, so that a restart tells nothing twice.",
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of each net.")
@format_option
@bundle_option
def watch(
    source: str,
    fps: float,
    max_cpu: float,
    seconds: float | None,
    show: bool,
    journal: Path | None,
    threads: int,
    format_: TFLiteFormat,
    bundle: Path,
) -> None:
    """Watch SOURCE for forged faces: a camera's number, a device, a stream's URL, a file, or a folder that files go to.

    Prints one JSON object a line: what becomes of the source, and verdicts on faces as they are given, changed or
    withdrawn. Only the newest frame is ever looked at, and a lost source is opened again. Of a folder, each picture and
    clip is scored once it is whole.
    """
    is_folder = Path(source).is_dir()
    if show and is_folder:
        raise click.UsageError("Expected --show with a camera, a stream or a file. Received: a folder.")
    if journal and not is_folder:
        raise click.UsageError("Expected --journal with a folder. Received: another source.")
    limits = Limits(fps, max_cpu / 100, seconds)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if is_folder:
        detector = Detector(Bundle(bundle), format_, threads)
        FolderWatch(Path(source), Journal(journal), detector, limits).run(_printer(stop), stop)
    else:
        address = Address.parse(source)
        window = Window(address.name) if show else None
        detector = Detector(Bundle(bundle), format_, threads)
        Watch(address, detector, limits).run(_printer(stop), stop, window.show if window else None)


def _printer(stop: Event) -> Callable[[SourceEvent | FaceEvent | FileEvent], None]:
    """Prints events, one a line, from several threads; sets `stop` once nobody reads them any more."""
    printing = Lock()

    def tell(event: SourceEvent | FaceEvent | FileEvent) -> None:
        try:
            with printing:
                click.echo(event.model_dump_json())
                sys.stdout.flush()
        except BrokenPipeError:
            stop.set()

    return tell
