# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs about what there is: the ledger, a target's content, the settings' words."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import Shape, Syncs, Yes
from syncd.cli.words import Format

keeping = typer.Typer(no_args_is_help=True, help="Look after syncd's own memory.")


@keeping.command()
def copy(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="sqlite:///FILE or postgresql://…, empty.")
    ],
) -> None:
    """Copy the ledger: for a backup, or to move from SQLite to PostgreSQL."""
    from syncd.cli.keeping import copy

    run_verb(context, lambda opened: copy(opened, to))


@keeping.command()
def accept_target(context: typer.Context, sync: Syncs = None, yes: Yes = False) -> None:
    """Say that a target which is another store by now, or was emptied, is the right one."""
    from syncd.cli.accepting import accept_target

    run_verb(context, lambda opened: accept_target(opened, sync or [], yes=yes))


def export(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its name in the settings.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIRECTORY", help="New files here; default: print them."),
    ] = None,
) -> None:
    """Write what a target holds as people files, to start from."""
    from syncd.cli.exporting import export

    run_verb(context, lambda opened: export(opened, target, out))


def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from syncd.cli.listings import schema
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(schema))


def backends(format_: Shape = Format.TABLE) -> None:
    """List the types of sources and targets, and what they do."""
    from syncd.cli.listings import backends
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(lambda screen: backends(screen, format_)))
