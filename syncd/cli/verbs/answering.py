# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs that answer what was done, and why."""

from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import All, Shown, Syncs
from syncd.cli.words import SHOWN, TableOrJson


def history(
    context: typer.Context,
    run: Annotated[
        int | None, typer.Argument(metavar="RUN", help="What this run did, line by line.")
    ] = None,
    sync: Annotated[
        str | None, typer.Option("--sync", metavar="NAME", help="Only runs of this sync.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many runs.")] = 20,
    format_: Shown = TableOrJson.TABLE,
    everything: All = False,
) -> None:
    """Show the last runs, or what one of them did."""
    from syncd.cli.history import history, one_run

    shown = None if everything else SHOWN
    if run is None:
        run_verb(context, lambda opened: history(opened, sync, limit, format_))
    run_verb(context, lambda opened: one_run(opened, run or 0, format_, shown))


def explain(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="A login, e-mail, key or ref.")],
    sync: Syncs = None,
    format_: Shown = TableOrJson.TABLE,
    offline: Annotated[
        bool, typer.Option("--offline", help="By what was last read; a part of a name will do.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="What was known then, or by run:NUMBER; offline."
        ),
    ] = None,
) -> None:
    """Say why an account is as it is, and what comes next."""
    from syncd.cli.explaining import explain

    run_verb(
        context, lambda opened: explain(opened, user, sync or [], format_, offline=offline, at=at)
    )
