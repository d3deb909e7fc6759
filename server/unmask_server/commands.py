"""The `unmask serve` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from unmask_edge.detector import TFLiteFormat

DEFAULT_PORT = 8427


@click.command()
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on 127.0.0.1; 0 takes any free one.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that holds uploads while they are scored; a temporary one if not given.",
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads of each net.")
@click.option("--format", "format_", default="float16", show_default=True, type=click.Choice(["float16", "int8"]))
@click.option("--bundle", type=click.Path(path_type=Path), help="Model bundle to use in place of the packaged one.")
def serve(port: int, data_dir: Path | None, threads: int, format_: TFLiteFormat, bundle: Path | None) -> None:
    """Serve a page on this machine that scores dropped files, and an HTTP interface for programs.

    It listens on 127.0.0.1 only, deletes each upload after scoring and sends nothing anywhere.
    """
    # Flask and the detector wait until the command runs: `unmask --help` needs neither.
    from unmask_edge import BundleError
    from unmask_server.serving import run

    try:
        run(port, data_dir, threads, format_, bundle)
    except BundleError as error:  # what starts a server looks for one line, as where the port is taken
        raise click.ClickException(str(error)) from error
