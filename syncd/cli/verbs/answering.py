# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs that answer what was done, and why."""

from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import LARGEST, All, Shape, Shown, Syncs
from syncd.cli.words import SHOWN, Format, TableOrJson

Run = Annotated[int, typer.Argument(metavar="RUN", max=LARGEST, help="Its number.")]


def history(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    run: Annotated[
        int | None, typer.Argument(metavar="RUN", max=LARGEST, help="The same as `show RUN`.")
    ] = None,
    sync: Annotated[
        str | None, typer.Option("--sync", metavar="NAME", help="Only runs of this sync.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="WHO", help="Only what changed this user, or group."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From 2026-04-01 on, or 7d ago.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Begun before that.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="WORD", help="Such as done or failed.")
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="Only runs that did something, or ended badly.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=LARGEST, help="How many runs.")] = 20,
    format_: Shown = TableOrJson.TABLE,
    everything: All = False,
) -> None:
    """Show the last runs."""
    from syncd.cli.history import Looked, history, show

    if run is not None:
        shown = None if everything else SHOWN
        run_verb(context, lambda opened: show(opened, run, Format(format_.value), shown))
    looked = Looked(sync, user, since, until, outcome, changes, limit)
    run_verb(context, lambda opened: history(opened, looked, format_))


def show(
    context: typer.Context, run: Run, format_: Shape = Format.TABLE, everything: All = False
) -> None:
    """Show all that is known of one run."""
    from syncd.cli.history import show

    shown = None if everything else SHOWN
    run_verb(context, lambda opened: show(opened, run, format_, shown))


def diff(
    context: typer.Context,
    begin: Annotated[int, typer.Argument(metavar="RUN1", max=LARGEST, help="From after this run.")],
    end: Annotated[int, typer.Argument(metavar="RUN2", max=LARGEST, help="To after this one.")],
    format_: Shape = Format.TABLE,
    everything: All = False,
) -> None:
    """Show what is otherwise after one run than after another."""
    from syncd.cli.history import diff

    shown = None if everything else SHOWN
    run_verb(context, lambda opened: diff(opened, (begin, end), format_, shown))


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
