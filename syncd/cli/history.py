"""`syncd history`: which runs there were, and what one of them did."""

from contextlib import closing

from syncd.cli.opening import Opened
from syncd.cli.words import TableOrJson
from syncd.config.assemble import chosen, ledger
from syncd.errors import ConfigError
from syncd.ledger import Ledger, Run
from syncd.render.history import render_run, render_runs
from syncd.report import Exit

_EVERY = 2**31 - 1


def history(opened: Opened, sync: str | None, limit: int, format_: TableOrJson) -> int:
    """The newest runs, the newest first."""
    if sync is not None:
        chosen(opened.settings, [sync])
    with closing(ledger(opened.settings, write=False)) as memory:
        runs = memory.runs(sync, limit)
    if format_ is TableOrJson.JSON:
        opened.screen.write_json(runs)
    else:
        opened.screen.show(render_runs(runs))
    return Exit.DONE


def one_run(opened: Opened, number: int, format_: TableOrJson, shown: int | None) -> int:
    """All that one run did, in the order in which it did it."""
    with closing(ledger(opened.settings, write=False)) as memory:
        run = _run(memory, number)
        lines = memory.lines(run=number)[::-1]
    if format_ is TableOrJson.JSON:
        opened.screen.write_json({"run": run, "lines": lines})
    else:
        opened.screen.show(render_run(run, lines, shown))
    return Exit.DONE


def _run(memory: Ledger, number: int) -> Run:
    runs = memory.runs(limit=_EVERY)
    for run in runs:
        if run.run == number:
            return run
    newest = f"the newest is {runs[0].run}" if runs else "there was none yet"
    raise ConfigError(f"there is no run {number}; {newest}")
