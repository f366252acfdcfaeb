# ruff: noqa: PLC0415  what a crash needs is imported when there is one, so that --help is quick
"""All verbs, in the order in which `syncd --help` shows them."""

import gc

from syncd.cli.application import app
from syncd.cli.verbs import (
    answering,
    auditing,
    holding,
    keeping,
    proving,
    serving,
    supposing,
    syncing,
    undoing,
)

__all__ = ["app", "main"]

for _verb in (
    syncing.check,
    syncing.plan,
    syncing.apply,
    supposing.whatif,
    serving.run,
    serving.run_now,
    serving.status,
    serving.approve,
    answering.explain,
    answering.history,
    answering.show,
    answering.diff,
    undoing.undo,
    proving.bundle,
    proving.replay,
    serving.notify_test,
    keeping.export,
    keeping.schema,
    keeping.backends,
):
    app.command()(_verb)
app.add_typer(holding.holding, name="hold")
app.add_typer(keeping.keeping, name="ledger")
app.add_typer(auditing.auditing, name="audit")


def main() -> None:
    """The command `syncd`. What goes wrong before a verb guards itself is a bug like any other."""
    gc.disable()  # until all is loaded (`opening`): what is imported is much, and no garbage
    try:
        app(prog_name="syncd")
    except Exception as error:  # noqa: BLE001  whatever it is, it ends in one way
        from syncd.cli.failures import crashed

        raise SystemExit(crashed(error)) from None
