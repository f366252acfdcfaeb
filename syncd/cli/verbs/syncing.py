# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs that look, or make it so."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import All, Full, Quick, Retry, Shape, Syncs, Yes
from syncd.cli.words import SHOWN, Format, Reading, Terms


def check(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Sources and targets; default: those of enabled syncs."
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Only the configuration, and sources of local files."),
    ] = False,
) -> None:
    """Reach the ledger, sources and targets, and say what is there."""
    from syncd.cli.checking import check

    run_verb(context, lambda opened: check(opened, names or [], offline=offline))


def plan(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    sync: Syncs = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Keep the plan, for `apply FILE`.")
    ] = None,
    format_: Shape = Format.TABLE,
    everything: All = False,
    full: Full = False,
    quick: Quick = False,
    retry: Retry = False,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 10 where changes are pending.")
    ] = False,
) -> None:
    """Show what an apply would do; writes nothing."""
    from syncd.cli.planning import plan

    shown = None if everything else SHOWN
    how = Reading(full, quick, retry)
    run_verb(
        context,
        lambda opened: plan(opened, sync or [], out, format_, shown, how, detailed=detailed),
    )


def apply(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    planfile: Annotated[
        Path | None,
        typer.Argument(metavar="PLANFILE", help="Only what this plan has, if it is true still."),
    ] = None,
    sync: Syncs = None,
    yes: Yes = False,
    everything: All = False,
    full: Full = False,
    quick: Quick = False,
    retry: Retry = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Of a PLANFILE all or nothing, if anything has moved.")
    ] = False,
) -> None:
    """Show the plan, ask, and make it so."""
    from syncd.cli.applying import apply

    shown = None if everything else SHOWN
    how = Reading(full, quick, retry)
    if strict and planfile is None:
        raise typer.BadParameter("--strict is about a saved plan: name its PLANFILE")
    run_verb(
        context,
        lambda opened: apply(
            opened, planfile, sync or [], shown, how, Terms(yes=yes, strict=strict)
        ),
    )
