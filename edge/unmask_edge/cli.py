"""The `unmask` command: finds its sub-commands by entry points and loads the one that is called."""

import sys
from importlib.metadata import entry_points
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
            command: click.Command = entry_point.load()
            return command
        return None

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, turning errors that a user can mend into one clear line."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise click.UsageError(self._missing(ctx, error)) from error
        except BundleError as error:
            raise click.UsageError(str(error), ctx) from error
        except UnmaskError as error:
            raise click.ClickException(str(error)) from error

    def _missing(self, ctx: click.Context, error: ModuleNotFoundError) -> str:
        command = ctx.invoked_subcommand or ""
        extras = [extra for found in entry_points(group=GROUP, name=command) for extra in found.extras]
        if not extras:
            raise error
        return f"`unmask {command}` needs {error.name}, which is not installed. Run: pip install 'unmask[{extras[0]}]'"


@click.command(cls=Commands)
@click.version_option(__version__, prog_name="unmask")
def cli() -> None:
    """Find forged faces in pictures and videos, on your own machine.

    A finding is evidence, not proof, and the absence of one proves nothing.
    """


def main() -> None:
    """Entry point of the `unmask` script."""
    sys.exit(cli())
