# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""The verbs and their options."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd import __version__
from syncd.cli.options import (
    All,
    Approved,
    By,
    Config,
    Expires,
    Full,
    Listed,
    OneSync,
    Quick,
    Shape,
    Shown,
    Syncs,
    Withdrawn,
    Yes,
)
from syncd.cli.words import SHOWN, Format, Reading, Signing, TableOrJson

if TYPE_CHECKING:
    from syncd.cli.opening import Opened

app = typer.Typer(
    name="syncd",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain pages: rich's take thrice as long to show
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done · 10 changes pending · 2 configuration or usage · 3 source · "
    "4 target · 5 held · 6 not converged · 1 a bug",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


@app.callback()
def syncd(
    context: typer.Context,
    config: Config = None,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Show the version."),
    ] = False,
) -> None:
    """Keeps user stores true to the directory: people and groups from YAML and LDAP.

    Look with `plan`, which never writes; make it so with `apply`.
    """
    del version  # told by its callback
    context.obj = config


@app.command()
def check(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Sources and targets; default: those of enabled syncs."
        ),
    ] = None,
) -> None:
    """Reach the ledger, sources and targets, and say what is there."""
    from syncd.cli.checking import check

    _run(context, lambda opened: check(opened, names or []))


@app.command()
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
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 10 where changes are pending.")
    ] = False,
) -> None:
    """Show what an apply would do; writes nothing."""
    from syncd.cli.planning import plan

    shown = None if everything else SHOWN
    how = Reading(full, quick)
    _run(
        context,
        lambda opened: plan(opened, sync or [], out, format_, shown, how, detailed=detailed),
    )


@app.command()
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
) -> None:
    """Show the plan, ask, and make it so."""
    from syncd.cli.applying import apply

    shown = None if everything else SHOWN
    how = Reading(full, quick)
    _run(context, lambda opened: apply(opened, planfile, sync or [], shown, how, yes=yes))


@app.command()
def run(context: typer.Context) -> None:
    """Run every sync on its schedule, as a service."""
    from syncd.cli.running import run

    _run(context, lambda opened: run(opened, context.obj))


@app.command()
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

    _run(context, lambda opened: run_now(opened, names or [], Reading(full, quick), wait=wait))


@app.command()
def status(context: typer.Context, format_: Shown = TableOrJson.TABLE) -> None:
    """Show how the syncs stand."""
    from syncd.cli.standing import status

    _run(context, lambda opened: status(opened, format_))


@app.command()
def notify_test(context: typer.Context) -> None:
    """Try whether messages arrive."""
    from syncd.cli.notifying import notify_test

    _run(context, notify_test)


@app.command()
def approve(  # noqa: PLR0913, PLR0917  an option each
    context: typer.Context,
    what: Approved = None,
    sync: OneSync = None,
    expires: Expires = "24h",
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
        _run(context, lambda opened: list_(opened, sync))
    if withdrawn is not None:
        _run(context, lambda opened: withdraw(opened, withdrawn))
    signing = Signing(sync, expires, by, yes, None if everything else SHOWN)
    _run(context, lambda opened: approve(opened, what or "", signing))


@app.command()
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
        _run(context, lambda opened: history(opened, sync, limit, format_))
    _run(context, lambda opened: one_run(opened, run or 0, format_, shown))


@app.command()
def explain(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="A login, e-mail, key or ref.")],
    sync: Syncs = None,
    format_: Shown = TableOrJson.TABLE,
    offline: Annotated[
        bool, typer.Option("--offline", help="By what was last read; a part of a name will do.")
    ] = False,
) -> None:
    """Say why an account is as it is, and what comes next."""
    from syncd.cli.explaining import explain

    _run(context, lambda opened: explain(opened, user, sync or [], format_, offline=offline))


keeping = typer.Typer(no_args_is_help=True, help="Look after syncd's own memory.")
app.add_typer(keeping, name="ledger")


@keeping.command()
def copy(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="sqlite:///FILE or postgresql://…, empty.")
    ],
) -> None:
    """Copy the ledger: for a backup, or to move from SQLite to PostgreSQL."""
    from syncd.cli.keeping import copy

    _run(context, lambda opened: copy(opened, to))


@app.command()
def export(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its name in the settings.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIRECTORY", help="New files here; default: print them."),
    ] = None,
) -> None:
    """Write what a target holds as people files, to start from."""
    from syncd.cli.exporting import export

    _run(context, lambda opened: export(opened, target, out))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from syncd.cli.listings import schema
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(schema))


@app.command()
def backends(format_: Shape = Format.TABLE) -> None:
    """List the types of sources and targets, and what they do."""
    from syncd.cli.listings import backends
    from syncd.cli.opening import without_settings

    raise typer.Exit(without_settings(lambda screen: backends(screen, format_)))


def main() -> None:
    """The command `syncd`. What goes wrong before a verb guards itself is a bug like any other."""
    gc.disable()  # until all is loaded (`opening`): what is imported is much, and no garbage
    try:
        app(prog_name="syncd")
    except Exception as error:  # noqa: BLE001  whatever it is, it ends in one way
        from syncd.cli.failures import crashed

        raise SystemExit(crashed(error)) from None


def _run(context: typer.Context, body: "Callable[[Opened], int]") -> None:
    from syncd.cli.opening import run

    raise typer.Exit(run(context.obj, body))
