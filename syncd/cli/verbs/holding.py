# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs about legal holds."""

from typing import Annotated

import typer

from syncd.cli.application import run_verb

holding = typer.Typer(
    no_args_is_help=True, help="Legal holds: whose account is neither stripped nor deleted."
)

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="A login, e-mail or ref, or the key SOURCE:KEY.")
]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; default: you.")]


@holding.command()
def add(
    context: typer.Context,
    who: Who,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: plans say it.")],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="The last day, such as 2027-01-31.")
    ] = None,
    by: By = None,
    keep_active: Annotated[
        bool, typer.Option("--keep-active", help="Do not suspend a leaver either.")
    ] = False,
) -> None:
    """Hold somebody: the ladder stops for them."""
    from syncd.cli.holding import Setting, add

    how = Setting(reason, until, by, not keep_active)
    run_verb(context, lambda opened: add(opened, who, how))


@holding.command(name="list")
def list_(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were released, too.")
    ] = False,
) -> None:
    """Show who is held, why and by whom."""
    from syncd.cli.holding import list_

    run_verb(context, lambda opened: list_(opened, everything=everything))


@holding.command()
def release(
    context: typer.Context,
    which: Annotated[
        str, typer.Argument(metavar="NUMBER|WHO", help="One hold, or all of a person.")
    ],
    by: By = None,
    number: Annotated[
        bool, typer.Option("--number", help="The number is meant, though somebody is called so.")
    ] = False,
) -> None:
    """Release somebody: the next run goes on with the ladder."""
    from syncd.cli.holding import release

    run_verb(context, lambda opened: release(opened, which, by, number=number))
