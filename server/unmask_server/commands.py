"""The `unmask serve` command: its options, from the command line, the environment or a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from unmask_edge.errors import UnmaskError
from unmask_edge.formats import TFLiteFormat
from unmask_edge.preferences import preferred_format
from unmask_edge.toml_file import load_toml, toml_value
from unmask_server.settings import Settings

ENVIRONMENT = "UNMASK"
CONFIG = Path(click.get_app_dir("unmask")) / "serve.toml"
DEFAULTS = Settings()
# Options that say what to do, not how to serve.
NO_SETTINGS = {"config", "show_config", "install_service"}


def _read_config(context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Make a TOML file's values the defaults of the options of the same names."""
    chosen = path or (CONFIG if CONFIG.is_file() else None)
    if chosen is None:
        return None
    try:
        values = load_toml(chosen)
    except UnmaskError as error:
        raise click.UsageError(str(error)) from error
    names = _names_in_files(context.command)
    if unknown := values.keys() - names.keys():
        raise click.UsageError(f"Expected in {chosen} some of {sorted(names)}. Received: {sorted(unknown)}.")
    context.default_map = {names[key]: value for key, value in values.items()}
    return chosen


def _names_in_files(command: click.Command) -> dict[str, str]:
    """Options as a TOML file calls them, `max-upload-mb`, and the names of their arguments."""
    settable = [option for option in command.params if option.name not in NO_SETTINGS]
    return {option.opts[0].removeprefix("--"): str(option.name) for option in settable}


def _show_config(context: click.Context, values: dict[str, Any]) -> None:
    """Print every option's value and where it comes from, as a TOML file that `--config` takes."""
    click.echo(f"# {context.params['config'] or CONFIG}")
    for key, name in _names_in_files(context.command).items():
        source = context.get_parameter_source(name)
        comment = f"  # {source.name.lower().replace('_', ' ')}" if source else ""
        value = values[name]
        if value is None:
            click.echo(f"# {key} = not set")
        else:
            click.echo(f"{key} = {toml_value(value)}{comment}")


@click.command(context_settings={"auto_envvar_prefix": ENVIRONMENT, "show_default": True})
@click.option(
    "--host", default=DEFAULTS.host, help="Address to listen on. Anything but loopback lets other machines in."
)
@click.option("--port", default=DEFAULTS.port, type=click.IntRange(0, 65535), help="Port; 0 takes any free one.")
@click.option(
    "--data-dir",
    default=DEFAULTS.data_dir,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of uploads, history and pairings.",
)
@click.option("--threads", default=DEFAULTS.threads, type=click.IntRange(1, 64), help="Threads of each net.")
@click.option(
    "--format",
    "format_",
    default=preferred_format,
    type=click.Choice(get_args(TFLiteFormat)),
    help="Which model to run.",
)
@click.option(
    "--bundle",
    metavar="tiny|DIR",
    type=click.Path(path_type=Path),
    help="Model bundle to use in place of the packaged one; tiny is packaged too.",
)
@click.option("--workers", default=DEFAULTS.workers, type=click.IntRange(1, 64), help="Processes that score.")
@click.option("--queue", default=DEFAULTS.queue, type=click.IntRange(1, 1000), help="Files that may wait.")
@click.option("--max-upload-mb", default=DEFAULTS.max_upload_mb, type=click.IntRange(1), help="Largest upload, MiB.")
@click.option("--max-duration-s", default=DEFAULTS.max_duration_s, type=click.FloatRange(1), help="Longest clip.")
@click.option("--max-pixels", default=DEFAULTS.max_pixels, type=click.IntRange(1), help="Largest picture or frame.")
@click.option("--memory-mb", default=DEFAULTS.memory_mb, type=click.IntRange(1024), help="Memory of a worker, MiB.")
@click.option("--cpu-s", default=DEFAULTS.cpu_s, type=click.IntRange(1), help="CPU time for one file.")
@click.option("--timeout-s", default=DEFAULTS.timeout_s, type=click.FloatRange(1), help="Time for one file.")
@click.option("--history/--no-history", default=True, help="Whether results are kept when the companion ends.")
@click.option("--keep-days", default=DEFAULTS.keep_days, type=click.IntRange(1, 36500), help="Age of results kept.")
@click.option("--keep-results", default=DEFAULTS.keep_results, type=click.IntRange(1), help="Number of results kept.")
@click.option(
    "--config",
    is_eager=True,
    callback=_read_config,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"TOML file of these options.  [default: {CONFIG}, where there is one]",
)
@click.option("--show-config", is_flag=True, help="Print the options that count, and end.")
@click.option("--install-service", is_flag=True, help="Start at each login from now on, as a systemd user service.")
@click.pass_context
def serve(
    context: click.Context, /, config: Path | None, show_config: bool, install_service: bool, **values: Any
) -> None:
    """Serve a page on this machine that scores dropped files, and an HTTP interface for programs.

    It listens on 127.0.0.1 only, deletes each upload after scoring and sends nothing anywhere. Each option can also be
    set in the environment, as UNMASK_PORT for --port.
    """
    if show_config:
        _show_config(context, values)
        return
    settings = Settings(format=values.pop("format_"), **values)
    if install_service:
        from unmask_server.service import install

        install(settings, config)
        return
    # Flask and the detector wait until the command runs: `unmask --help` needs neither.
    from unmask_edge.errors import BundleError
    from unmask_server.logs import set_up
    from unmask_server.worker_process import WorkerProcess

    set_up()
    worker = WorkerProcess(settings)
    # While that loads the detector.
    from unmask_server.serving import run

    try:
        run(settings, worker)
    except BundleError as error:  # what starts a server looks for one line, as where the port is taken
        raise click.ClickException(str(error)) from error
