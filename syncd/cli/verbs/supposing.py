# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""The verb that supposes."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.options import All, Shape, Syncs
from syncd.cli.words import SHOWN, Format


def whatif(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    new: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="NEW", help="The configuration as it would be."),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base", metavar="PATH", help="Without a ledger: as it was, a file or its directory."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REVISION", help="The same, as git has it there."),
    ] = None,
    sync: Syncs = None,
    format_: Shape = Format.TABLE,
    everything: All = False,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 10 where anybody is affected.")
    ] = False,
) -> None:
    """Show whom another configuration would affect; offline."""
    from syncd.cli.supposing import Asked, whatif

    shown = None if everything else SHOWN
    how = Asked(new, base, since, sync or [], format_, shown, detailed)
    raise typer.Exit(whatif(context.obj, how))
