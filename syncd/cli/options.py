"""Options that several verbs have, or that take a few lines to say."""

from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.words import Format, TableOrJson

LARGEST = 2**63 - 1
"""No ledger counts further."""

Syncs = Annotated[
    list[str] | None,
    typer.Option("--sync", metavar="NAME", help="Only this sync; default: all that are enabled."),
]
Full = Annotated[bool, typer.Option("--full", help="Read everything, whatever is due.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="Read only what has changed, where the sources can tell.")
]
All = Annotated[bool, typer.Option("--all", help="Show all of long sections.")]
Retry = Annotated[
    bool, typer.Option("--retry-unsettled", help="Write once more what never settles.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Shape = Annotated[Format, typer.Option("--format", help="How to show it.")]
Shown = Annotated[TableOrJson, typer.Option("--format", help="For people or for programs.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", envvar="SYNCD_CONFIG", help="The configuration."
    ),
]

Approved = Annotated[
    str | None,
    typer.Argument(
        metavar="DIGEST",
        help="Of a plan that a run had, or its first 8 letters; or the FILE of `plan --out`.",
    ),
]
OneSync = Annotated[
    str | None, typer.Option("--sync", metavar="NAME", help="Only if the plan is of this sync.")
]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires", metavar="TIME", help="So long it holds; default: what the policy says, 24h."
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who approves; default: you."),
]
Listed = Annotated[bool, typer.Option("--list", help="Show what is approved and was not done yet.")]
Withdrawn = Annotated[
    int | None,
    typer.Option("--withdraw", metavar="NUMBER", max=LARGEST, help="Take this approval back."),
]
