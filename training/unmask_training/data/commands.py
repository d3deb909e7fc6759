"""`unmask data`: a tour of the public data sets, what a copy of one is worth, and its faces. Heavy imports wait."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from unmask_training.data.check import Fault
    from unmask_training.data.extract import EngineName

SHOWN = 20
EXIT_NOT_WHOLE = 3

copy_argument = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
workers_option = click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that decode."
)
engine_option = click.option(
    "--engine",
    default="local",
    show_default=True,
    type=click.Choice(["local", "ray"]),
    help="Where they run: on this machine, or on the Ray cluster that RAY_ADDRESS names.",
)


@click.group()
def data() -> None:
    """The public data sets of forged faces: a tour, what a copy is worth, and its faces for training."""


@data.command("list")
def list_() -> None:
    """Tell of every data set: how large, made how, under which terms, and where to ask for it."""
    from unmask_training.data.catalogue import DATA_SETS

    for data_set in DATA_SETS.values():
        table = Table(title=f"{data_set.name} ({data_set.year})", show_header=False, title_justify="left")
        for name in ("key", "size", "licence", "access", "paper", "trap"):
            table.add_row(name, getattr(data_set, name))
        table.add_row("methods", ", ".join(data_set.methods))
        Console().print(table)


@data.command()
@click.argument("set_key", metavar="SET")
@copy_argument
@workers_option
def check(set_key: str, folder: Path, workers: int) -> None:
    """Count the files of a copy of SET in FOLDER against the official numbers, and open every one.

    Exits with 3 if any is missing or cannot be read, or they are fewer or more than stated.
    """
    from unmask_training.data.catalogue import data_set
    from unmask_training.data.check import check as run_check

    checked = run_check(data_set(set_key), folder, workers)
    table = Table("split", "version", "label", "official", "listed", "present")
    for tally in checked.tallies:
        table.add_row(*("" if value is None else str(value) for value in tally))
    Console().print(table)
    _name_faults(checked.faults)
    sys.exit(0 if checked.whole else EXIT_NOT_WHOLE)


@data.command()
@click.argument("set_key", metavar="SET")
@copy_argument
@workers_option
def audit(set_key: str, folder: Path, workers: int) -> None:
    """Look in a copy of SET in FOLDER for leaks between its splits, and for shortcuts past looking at faces."""
    from unmask_training.data.audit import audit as run_audit
    from unmask_training.data.catalogue import data_set

    audited = run_audit(data_set(set_key), folder, workers)
    click.echo(f"{audited.files} files, of which {audited.unreadable} could not be read.")
    table = Table("leak", "between", "cases")
    for (kind, splits), cases in Counter((leak.kind, leak.splits) for leak in audited.leaks).items():
        table.add_row(kind, " and ".join(splits), str(cases))
    if audited.leaks:
        Console().print(table)
    else:
        click.echo("No leak was found between splits.")
    for leak in audited.leaks[:SHOWN]:
        click.echo(f"{leak.kind}, {' and '.join(leak.splits)}: {' and '.join(dict.fromkeys(leak[1:3]))}")
    if audited.shortcut_auc is None or audited.shortcut_interval is None:
        click.echo("Too few files of one label to tell whether size, codec and the like give the label away.")
        return
    low, high = audited.shortcut_interval
    click.echo(
        f"Size, codec, resolution and JPEG tables alone tell fakes with AUC {audited.shortcut_auc:.3f} "
        f"[{low:.3f}, {high:.3f}]; where that is not about .5, the data leak."
    )


@data.command()
@click.argument("set_key", metavar="SET")
@click.argument("copy", metavar="DIR|GLOB|LIST|URI")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The store.")
@click.option("--name", help="What the store calls the set, where several of one kind go into it.  [default: SET]")
@click.option("--frames", default=16, show_default=True, type=click.IntRange(1), help="Of each clip, evenly by time.")
@click.option("--replace", is_flag=True, help="Let go of parts that were made from other files, once all is done.")
@workers_option
@engine_option
def faces(
    set_key: str,
    copy: str,
    out: Path,
    name: str | None,
    frames: int,
    replace: bool,
    workers: int,
    engine: "EngineName",
) -> None:
    """Cut all faces of a copy of SET into a store, which train, finetune and evaluate take as their data.

    The copy is a folder, there or in an object store (s3://BUCKET/DIR); a glob (DIR/**/*.mp4) or a list (DIR/clips.txt)
    means some of its files. Given again, it goes on where it stopped. Exits with 1 if a part could not be written.
    """
    from unmask_edge.errors import UnmaskError
    from unmask_training.data.catalogue import data_set
    from unmask_training.data.extract import Plan, extract

    plan = Plan(name or set_key, frames, replace, workers, engine)
    extracted = extract(data_set(set_key), copy, out, plan)
    rate = extracted.files_now / extracted.seconds if extracted.files_now else 0
    click.echo(f"{extracted.files} files, {extracted.faces} faces.")
    click.echo(f"{extracted.files_now} of the files were read now, {rate:.1f} a second.")
    for reason, files in Counter(fault.reason for fault in extracted.faults).most_common():
        click.echo(f"{reason}: {files} files")
    _name_faults(extracted.faults)
    if extracted.failures:
        parts = "\n".join(f"{part}, at {path}: {reason}" for part, path, reason in extracted.failures)
        raise UnmaskError(
            f"Expected to write every part. Received: {len(extracted.failures)} that could not be written; all others "
            f"are. Given again, the command tries these once more.\n{parts}"
        )


def _name_faults(faults: Sequence["Fault"]) -> None:
    for fault in faults[:SHOWN]:
        click.echo(f"{fault.reason}: {fault.path}")
    if len(faults) > SHOWN:
        click.echo(f"... and {len(faults) - SHOWN} more")
