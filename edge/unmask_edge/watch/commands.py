"""`unmask watch`."""

import signal
import sys
from pathlib import Path
from threading import Event, Lock

import click

from unmask_edge.bundle import Bundle
from unmask_edge.commands import bundle_option, format_option
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.watch.events import FaceEvent, SourceEvent
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
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of each net.")
@format_option
@bundle_option
def watch(
    source: str,
    fps: float,
    max_cpu: float,
    seconds: float | None,
    show: bool,
    threads: int,
    format_: TFLiteFormat,
    bundle: Path,
) -> None:
    """Watch SOURCE for forged faces: a camera's number, a device, a stream's URL or a file.

    Prints one JSON object a line: what becomes of the source, and verdicts on faces as they are given, changed or
    withdrawn. Only the newest frame is ever looked at, and a lost source is opened again.
    """
    address = Address.parse(source)
    window = Window(address.name) if show else None
    detector = Detector(Bundle(bundle), format_, threads)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    telling = Lock()

    def tell(event: SourceEvent | FaceEvent) -> None:
        try:
            with telling:
                click.echo(event.model_dump_json())
                sys.stdout.flush()
        except BrokenPipeError:  # whoever read has gone
            stop.set()

    Watch(address, detector, Limits(fps, max_cpu / 100, seconds)).run(tell, stop, window.show if window else None)
