"""`unmask watch`."""

import signal
from pathlib import Path
from threading import Event
from typing import Any

import click
from click.core import ParameterSource

from unmask_edge.commands import bundle_option, delegate_option, format_option
from unmask_edge.watch.config import WatchConfig, checked
from unmask_edge.watch.source import Address

DEFAULTS = WatchConfig()


def _processors(_context: click.Context, _parameter: click.Parameter, text: str | None) -> list[int] | None:
    """`2,3` as numbers."""
    if text is None:
        return None
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"Expected numbers with commas between them. Received: {text}.") from error


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--fps",
    default=DEFAULTS.fps,
    show_default=True,
    type=click.FloatRange(0, 60, min_open=True),
    help="Frames a second to score at most, of each source.",
)
@click.option(
    "--max-cpu",
    default=DEFAULTS.max_cpu,
    show_default=True,
    type=click.FloatRange(0, 6400, min_open=True),
    metavar="PERCENT",
    help="Of one core, on average, all sources together; held by looking less often.",
)
@click.option(
    "--for", "seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop after so long."
)
@click.option("--show", is_flag=True, help="Show boxes, scores and region maps in a window; of one source.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of a folder: file that notes what was told, so that a restart tells nothing twice.",
)
@click.option(
    "--threads",
    default=DEFAULTS.threads,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Threads of each net of each source.",
)
@click.option("--affinity", callback=_processors, metavar="CPUS", help="Run on these processors alone, as in 2,3.")
@format_option
@delegate_option
@bundle_option
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the frames around each verdict of likely manipulated in this folder, for a week and 500 MB.",
)
@click.option(
    "--metrics",
    metavar="[HOST:]PORT",
    help="Answer /metrics, for Prometheus, and /health there; for this machine alone if no host is given.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file of these options, of sources and of where events go.",
)
@click.option("--show-config", is_flag=True, help="Print what is set as such a file, without passwords, and end.")
@click.option(
    "--install-service",
    is_flag=True,
    help="Watch from now on, also after a restart, as a systemd service: of the machine for root, else of the user.",
)
@click.pass_context
def watch(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    seconds: float | None,
    show: bool,
    journal: Path | None,
    config: Path | None,
    show_config: bool,
    install_service: bool,
    **options: Any,
) -> None:
    """Watch each SOURCE for forged faces: a camera's number, a device, a stream's URL, a file, or a folder.

    Prints one JSON object a line: what becomes of the sources, and verdicts on faces as they are given, changed or
    withdrawn. Only the newest frame is ever looked at, and a lost source is opened again. Of a folder, each picture and
    clip that goes there is scored once it is whole. Options beat the file.
    """
    given = {name: value for name, value in options.items() if _was_given(context, name)}
    settings = _settings(config, given, _named(sources, journal))
    if show_config:
        from unmask_edge.watch.show_config import as_toml

        click.echo(as_toml(settings), nl=False)
        return
    if not settings.sources:
        raise click.UsageError("Expected a source, on the command line or in the file of --config. Received: none.")
    if install_service:
        from unmask_edge.watch.install import install_watch

        install_watch(settings, config, given | ({"journal": journal} if journal else {}), sources)
        return
    _run(settings, show, seconds)


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _named(sources: tuple[str, ...], journal: Path | None) -> list[dict[str, Any]]:
    """Sources of the command line as a file tells them; what is not there is more likely mistyped than unplugged."""
    folders = [source for source in sources if Path(source).is_dir()]
    if journal and (len(sources) > 1 or not folders):
        raise click.UsageError("Expected --journal with one folder. Received: another source, or several.")
    for source in set(sources) - set(folders):
        Address.parse(source)
    return [{"address": source, "journal": journal} for source in sources]


def _settings(config: Path | None, given: dict[str, Any], named: list[dict[str, Any]]) -> WatchConfig:
    values: dict[str, Any] = {}
    if config:
        from unmask_edge.toml_file import load_toml

        values = load_toml(config)
    listed = values.get("sources", [])
    if named and isinstance(listed, list):
        values["sources"] = [*listed, *named]
    if "record" in given:
        kept = values.get("record", {})
        given = given | {"record": {**(kept if isinstance(kept, dict) else {}), "dir": given["record"]}}
    values |= {name.replace("_", "-"): value for name, value in given.items()}
    return checked(values, str(config or "the options"))


def _run(settings: WatchConfig, show: bool, seconds: float | None) -> None:
    from unmask_edge.watch.running import run
    from unmask_edge.watch.window import Window

    if show and (len(settings.sources) > 1 or Path(settings.sources[0].address).is_dir()):
        raise click.UsageError("Expected --show with one camera, stream or file. Received: a folder, or several.")
    window = Window(settings.sources[0].label) if show else None
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run(settings, stop, [window.show] if window else [], seconds)
