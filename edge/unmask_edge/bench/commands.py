"""`unmask bench`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

from unmask_edge.bench.clip import write_clip
from unmask_edge.bench.measure import STAGES, Bench, Choice
from unmask_edge.bench.measure import bench as run_bench
from unmask_edge.bundle import Bundle
from unmask_edge.commands import bundle_option, delegate_option
from unmask_edge.detector import TFLiteFormat
from unmask_edge.preferences import save_format

FORMATS: tuple[TFLiteFormat, ...] = ("float16", "int8")


@click.command()
@click.argument("clip", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Measure 1 to this many.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Turns of each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--save", is_flag=True, help="Let the faster format be the default from now on.")
@delegate_option
@bundle_option
def bench(
    clip: Path | None, threads: int, rounds: int, as_json: bool, save: bool, delegate: str | None, bundle: Path
) -> None:
    """Measure what each stage of scoring takes here, on CLIP or on three seconds of 720p made for it."""
    present = Bundle(bundle).manifest.models
    choices = [Choice(name, count) for name in FORMATS if name in present for count in range(1, threads + 1)]
    with TemporaryDirectory(prefix="unmask-") as folder:
        if clip is None:
            clip = Path(folder) / "portrait-720p.mp4"
            write_clip(clip)
        found = run_bench(clip, bundle, choices, rounds, delegate)
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        _print(found, Console())
    if save:
        fastest = max((one for one in found.measured if one.threads == 1), key=lambda one: one.frames_per_s)
        click.echo(f"{fastest.format} is the default from now on: {save_format(fastest.format)}", err=True)


def _print(found: Bench, console: Console) -> None:
    table = Table("format", "threads", *(f"{stage}, ms" for stage in STAGES), "fps", "MB")
    for one in found.measured:
        spreads = [f"{one.stages[stage].p50_ms:.1f} ({one.stages[stage].p95_ms:.1f})" for stage in STAGES]
        table.add_row(one.format, str(one.threads), *spreads, f"{one.frames_per_s:.1f}", f"{one.peak_memory_mb:.0f}")
    console.print(table)
    machine = found.machine
    slowed = "not told" if machine.throttling is None else ", ".join(machine.throttling) or "none"
    console.print(f"p50 (p95) on {machine.processor}, {machine.cores} cores, {machine.system}; throttling: {slowed}.")
