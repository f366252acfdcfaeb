# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""The verb that goes back."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.application import run_verb
from syncd.cli.options import LARGEST, All, Shape, Yes
from syncd.cli.words import SHOWN, Format


def undo(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    run: Annotated[int, typer.Argument(metavar="RUN", max=LARGEST, help="See `history`.")],
    sync: Annotated[
        str | None, typer.Option("--sync", metavar="NAME", help="Only if the run is of this sync.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Keep the plan, for `apply FILE`; do nothing."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; do nothing.")] = False,
    format_: Shape = Format.TABLE,
    yes: Yes = False,
    everything: All = False,
) -> None:
    """Go back on what a run did, after a question."""
    from syncd.cli.undoing import Looking, undo

    only = dry_run or format_ is not Format.TABLE
    looking = Looking(None if everything else SHOWN, format_, only, out)
    run_verb(context, lambda opened: undo(opened, run, sync, looking, yes=yes))
