# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs of the service, and of whoever operates it."""

from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import (
    All,
    Approved,
    By,
    Expires,
    Full,
    Listed,
    OneSync,
    Quick,
    Shown,
    Withdrawn,
    Yes,
)
from syncd.cli.words import SHOWN, Reading, Signing, TableOrJson


def run(context: typer.Context) -> None:
    """Run every sync on its schedule, as a service."""
    from syncd.cli.running import run

    run_verb(context, lambda opened: run(opened, context.obj))


def run_now(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SYNC", help="Default: all that are enabled.")
    ] = None,
    full: Full = False,
    quick: Quick = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended; say how.")] = False,
) -> None:
    """Ask the service to run a sync now."""
    from syncd.cli.running import run_now

    run_verb(context, lambda opened: run_now(opened, names or [], Reading(full, quick), wait=wait))


def status(context: typer.Context, format_: Shown = TableOrJson.TABLE) -> None:
    """Show how the syncs stand."""
    from syncd.cli.standing import status

    run_verb(context, lambda opened: status(opened, format_))


def notify_test(context: typer.Context) -> None:
    """Try whether messages arrive."""
    from syncd.cli.notifying import notify_test

    run_verb(context, notify_test)


def approve(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    what: Approved = None,
    sync: OneSync = None,
    expires: Expires = None,
    by: By = None,
    yes: Yes = False,
    everything: All = False,
    listed: Listed = False,
    withdrawn: Withdrawn = None,
) -> None:
    """Allow what a plan held: exactly that, once, until it expires."""
    from syncd.cli.approving import approve, list_, withdraw

    if [what is not None, listed, withdrawn is not None].count(True) != 1:
        raise typer.BadParameter("say one of DIGEST, --list and --withdraw NUMBER")
    if listed:
        run_verb(context, lambda opened: list_(opened, sync))
    if withdrawn is not None:
        run_verb(context, lambda opened: withdraw(opened, withdrawn))
    signing = Signing(sync, expires, by, yes, None if everything else SHOWN)
    run_verb(context, lambda opened: approve(opened, what or "", signing))
