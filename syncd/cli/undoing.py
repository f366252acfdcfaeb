"""`syncd undo RUN`: a plan that goes back on what a run did, shown, asked about and applied."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from syncd.cli import applying
from syncd.cli.opening import Opened
from syncd.cli.planning import planned, show
from syncd.cli.words import Format, Reading, Terms
from syncd.config.assemble import chosen, ledger
from syncd.errors import ConfigError
from syncd.report import plan_exit_code


class Looking(NamedTuple):
    """How the plan is shown: all of it or so many lines, and whether it is that alone, or is kept
    in a file."""

    shown: int | None
    format: Format = Format.TABLE
    only: bool = False
    out: Path | None = None


def undo(opened: Opened, run: int, sync: str | None, looking: Looking, *, yes: bool) -> int:
    name = _sync_of(opened, run, sync)
    if looking.only or looking.out is not None:
        made = planned(opened, name, Reading(), run)
        show(opened, made, looking.format, looking.shown, looking.out)
        return plan_exit_code(made)
    return applying.undo(opened, run, name, looking.shown, Terms(yes=yes))


def _sync_of(opened: Opened, run: int, sync: str | None) -> str:
    with closing(ledger(opened.settings, write=False)) as memory:
        found = memory.chronicle.known_run(run)
    if sync is not None and sync != found.sync:
        raise ConfigError(f"run {run} is one of the sync {found.sync}, not {sync}")
    return chosen(opened.settings, [found.sync])[0]
