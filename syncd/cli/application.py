# ruff: noqa: PLC0415  a verb imports what it needs when it runs, so that --help is quick
"""The command `syncd` itself: what is said for all verbs, and how one is run."""

from typing import TYPE_CHECKING, Annotated

import typer

from syncd import __version__
from syncd.cli.options import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncd.cli.opening import Opened

app = typer.Typer(
    name="syncd",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain pages: rich's take thrice as long to show
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done · 10 changes pending · 2 configuration or usage · 3 source · "
    "4 target · 5 held · 6 not converged · 7 audit not whole · 1 a bug",
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


def run_verb(context: typer.Context, body: "Callable[[Opened], int]") -> None:
    from syncd.cli.opening import run

    raise typer.Exit(run(context.obj, body))
