"""`unmask score` and `unmask info`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
from rich.console import Console

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR, Bundle
from unmask_edge.detector import Detector, TFLiteFormat
from unmask_edge.inputs import Input, expand, opened
from unmask_edge.preferences import preferred_format
from unmask_edge.report import info_table, print_results, scoring_progress
from unmask_edge.result import Result

EXIT_SOME_UNSCORED = 3

bundle_option = click.option(
    "--bundle",
    default=DEFAULT_BUNDLE_DIR,
    metavar="tiny|DIR",
    type=click.Path(path_type=Path),
    help="Model bundle to use in place of the packaged one; tiny is packaged too.",
)

format_option = click.option(
    "--format",
    default=preferred_format,
    show_default="float16, or what `unmask bench --save` chose",
    type=click.Choice(get_args(TFLiteFormat)),
    help="Which of the bundle's TFLite files to run.",
)

delegate_option = click.option(
    "--delegate",
    metavar="LIBRARY",
    help="External TFLite delegate that takes what it can of both nets, such as libedgetpu.so.1.",
)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print one JSON object a line, each as soon as it is known.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of each net.")
@click.option(
    "--frames", type=click.IntRange(1, 10_000), help="Frames to sample of a clip; the bundle's number if not given."
)
@click.option(
    "--fast",
    is_flag=True,
    help="Of long clips, take frames near key frames, not quite the even ones: they are sooner decoded.",
)
@format_option
@delegate_option
@bundle_option
def score(
    paths: tuple[str, ...],
    as_json: bool,
    as_jsonl: bool,
    threads: int,
    frames: int | None,
    fast: bool,
    format: TFLiteFormat,
    delegate: str | None,
    bundle: Path,
) -> None:
    """Score images and clips: files, folders, globs, or - for one on standard input.

    Exits with 0 if all were scored, 2 on bad usage, 3 if some could not be scored; the others still are.
    """
    if as_json and as_jsonl:
        raise click.UsageError("Expected one of --json and --jsonl. Received: both.")
    detector = Detector(Bundle(bundle), format, threads, near_keys=fast, delegate=delegate)
    with opened(expand(paths)) as inputs:
        results = []
        for result in _score_all(detector, inputs, frames):
            results.append(result)
            if as_jsonl:
                click.echo(json.dumps(result.model_dump()))
    if as_json:
        click.echo(json.dumps([result.model_dump() for result in results], indent=2))
    elif not as_jsonl:
        print_results(results)
    if any(result.error for result in results):
        sys.exit(EXIT_SOME_UNSCORED)


@click.command()
@delegate_option
@bundle_option
def info(delegate: str | None, bundle: Path) -> None:
    """Show what a model bundle holds, what it was trained on and how well it did, and whether a delegate runs it."""
    opened_bundle = Bundle(bundle)
    if delegate:
        Detector(opened_bundle, preferred_format(), delegate=delegate)
    Console().print(info_table(opened_bundle))
    if delegate:
        click.echo(f"\n{delegate} loads and takes both nets, or what it can of them.")


def _score_all(detector: Detector, inputs: list[Input], frames: int | None) -> Iterator[Result]:
    with scoring_progress(len(inputs)) as progress:
        for name, path in inputs:
            yield detector.score(path, frames, progress.start(name)).model_copy(update={"path": name})
            progress.finish()
