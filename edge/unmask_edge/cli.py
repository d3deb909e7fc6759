"""The `unmask` command: finds its sub-commands by entry points and loads the one that is called."""

import sys
from importlib.metadata import entry_points
from io import TextIOWrapper
from typing import Any

import click
from typing_extensions import override

from unmask_edge.errors import BundleError, UnmaskError
from unmask_edge.version import __version__

GROUP = "unmask.commands"


class Commands(click.Group):
    """A group whose commands come from all of Unmask's packages."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, whether or not the packages that they need are installed."""
        return sorted(entry_points(group=GROUP).names)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's own module; its heavy imports wait until it runs."""
        for entry_point in entry_points(group=GROUP, name=cmd_name):
            try:
                command: click.Command = entry_point.load()
            except ModuleNotFoundError as error:
                return _uninstalled(cmd_name, error)
            return command
        return None

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, turning errors that a user can mend into one clear line."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise click.UsageError(_how_to_install(ctx.invoked_subcommand or "", error)) from error
        except BundleError as error:
            raise click.UsageError(str(error), ctx) from error
        except UnmaskError as error:
            raise click.ClickException(str(error)) from error


def _uninstalled(name: str, error: ModuleNotFoundError) -> click.Command:
    """Stands in, in the help too, for a command whose module cannot be loaded."""
    message = _how_to_install(name, error)

    def refuse() -> None:
        raise click.UsageError(message)

    lenient = {"ignore_unknown_options": True, "allow_extra_args": True}
    short_help = f"(needs unmask[{_extra(name)}])"
    return click.Command(name, callback=refuse, help=message, short_help=short_help, context_settings=lenient)


def _how_to_install(name: str, error: ModuleNotFoundError) -> str:
    """What to run so that a command finds its module; an error of ours, where no extra would help, is raised."""
    extra = _extra(name)
    if extra is None:
        raise error
    return f"`unmask {name}` needs {error.name}, which is not installed. Run: pip install 'unmask[{extra}]'"


def _extra(name: str) -> str | None:
    """The extra that a command's entry point asks for."""
    return next((extra for found in entry_points(group=GROUP, name=name) for extra in found.extras), None)


@click.command(cls=Commands)
@click.version_option(__version__, prog_name="unmask")
def cli() -> None:
    """Find forged faces in pictures and videos, on your own machine.

    A finding is evidence, not proof, and the absence of one proves nothing.
    """


def main() -> None:
    """Entry point of the `unmask` script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a name's letters still gets the rest
            stream.reconfigure(errors="replace")
    sys.exit(cli())
