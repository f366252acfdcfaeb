# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""Verbs about the evidence of runs."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import LARGEST, Shown
from syncd.cli.words import TableOrJson


def bundle(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    run: Annotated[
        int | None,
        typer.Argument(metavar="RUN", max=LARGEST, help="Its number; see `history`."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="A new file; default: run-RUN.syncd.zip here."),
    ] = None,
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Other names for people, by a key.")
    ] = False,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="FILE", help="The key; 32 octets or more.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="FILE", help="Make a key, in a new file.")
    ] = None,
    format_: Shown = TableOrJson.TABLE,
) -> None:
    """Write all that is known of one run to one file, for `replay`."""
    from syncd.cli.bundling import Asked, bundle, make_key
    from syncd.cli.opening import without_settings

    if run is None:
        raise typer.Exit(without_settings(lambda screen: make_key(screen, new_key)))
    asked = Asked(run, out, pseudonymise, key_file, new_key)
    run_verb(context, lambda opened: bundle(opened, asked, format_))


def replay(
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file of `syncd bundle`.")],
    format_: Shown = TableOrJson.TABLE,
) -> None:
    """Compute a bundle's plan again, and say if it is the same."""
    from syncd.cli.bundling import replay
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(lambda screen: replay(screen, file, format_)))
