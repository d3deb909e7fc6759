"""`unmask data`: a tour of the public data sets, and what a copy of one is worth. Heavy imports wait until one runs."""

import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

SHOWN = 20
EXIT_NOT_WHOLE = 3

copy_argument = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
workers_option = click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that decode."
)


@click.group()
def data() -> None:
    """The public data sets of forged faces: a tour, and what a copy is worth."""


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
    for fault in checked.faults[:SHOWN]:
        click.echo(f"{fault.reason}: {fault.path}")
    if len(checked.faults) > SHOWN:
        click.echo(f"... and {len(checked.faults) - SHOWN} more")
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
