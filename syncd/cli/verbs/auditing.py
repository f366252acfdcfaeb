# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs of the audit."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.application import run_verb

auditing = typer.Typer(no_args_is_help=True, help="Verify what was done, and sign it.")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@auditing.command()
def verify(
    context: typer.Context,
    segment: Annotated[
        Path | None, typer.Option("--segment", metavar="FILE", help="Only this file, alone.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="Checkpoints that you kept elsewhere."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", metavar="FILE", help="Of who signed them.")
    ] = None,
    json: Json = False,
) -> None:
    """Find every line that was changed, removed, moved or cut off; exit with 7 where one was."""
    from syncd.cli.auditing import Given, verify

    given = Given(segment, checkpoint, public_key)
    run_verb(context, lambda opened: verify(opened, given, as_json=json))


@auditing.command()
def checkpoint(context: typer.Context) -> None:
    """Sign where the audit is now, and print that: one line to keep elsewhere."""
    from syncd.cli.auditing import checkpoint

    run_verb(context, checkpoint)


@auditing.command()
def keygen(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The private key; FILE.pub is the other.")
    ],
) -> None:
    """Make a key that signs checkpoints."""
    from syncd.cli.auditing import keygen
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(lambda screen: keygen(screen, out)))
