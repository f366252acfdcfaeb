"""`syncd apply`: shows the plan, asks, makes it so, and says what became of it."""

import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import monotonic

from msgspec.structs import replace
from rich.text import Text

from syncd import planfile
from syncd.cli.failures import Interrupted
from syncd.cli.opening import Opened, each_sync, mode, now, writable
from syncd.cli.planning import unset_adoptions
from syncd.cli.progress import Waiting
from syncd.cli.screen import asks
from syncd.cli.signals import Stop
from syncd.cli.words import Reading, Terms
from syncd.config.assemble import assemble, chosen
from syncd.core.bind import all_run
from syncd.core.memory import Remark
from syncd.core.plan import Plan
from syncd.engine import apply as make_it_so
from syncd.errors import ConfigError
from syncd.executor import Failed
from syncd.redact import Redactor
from syncd.render.plan import render_plan
from syncd.render.report import render_report
from syncd.render.words import number, safe
from syncd.report import Exit, Report

_NOBODY = (
    "nobody is there to be asked: standard input is no terminal; say --yes to apply without a "
    "question, or look first with `syncd plan`"
)

_LACKS = (
    "Nothing was applied: not all of the saved plan would run any more, as said above, and "
    "--strict is all or nothing. Plan again."
)


def apply(
    opened: Opened,
    file: Path | None,
    names: list[str],
    shown: int | None,
    how: Reading,
    terms: Terms,
) -> int:
    if not terms.yes and not asks():
        raise ConfigError(_NOBODY)
    saved = planfile.read(file) if file is not None else None
    if saved is not None:
        if names and names != [saved.sync]:
            raise ConfigError(f"{file} is a plan of the sync {saved.sync}, not {', '.join(names)}")
        names = [saved.sync]
    return each_sync(
        opened,
        chosen(opened.settings, names),
        lambda name: _Apply(opened, saved, shown, how, terms).run(name),
    )


def undo(opened: Opened, run: int, name: str, shown: int | None, terms: Terms) -> int:
    """As `apply`, of a plan that goes back on what the run did."""
    if not terms.yes and not asks():
        raise ConfigError(_NOBODY)
    return _Apply(opened, None, shown, Reading(), terms, run).run(name)


class _Apply:
    """One sync's apply: what must be at hand from the question to the last word."""

    def __init__(
        self,
        opened: Opened,
        saved: Plan | None,
        shown: int | None,
        how: Reading,
        terms: Terms,
        undo: int | None = None,
    ) -> None:
        self._settings, self._screen = opened.settings, opened.screen
        self._opened = opened
        self._saved = saved
        self._shown, self._terms = shown, terms
        self._mode, self._retry = mode(how), how.retry
        self._undo, self._lacks = undo, False
        self._waiting = Waiting(self._screen.err)
        self._stop = Stop()
        self._began = monotonic()

    def run(self, name: str) -> int:
        with (
            self._stop,
            closing(writable(self._opened)) as memory,
            closing(assemble(self._settings, name)) as sync,
            self._waiting,
        ):
            report = make_it_so(
                sync,
                memory,
                clock=now,
                approve=self._approve,
                stop=self._stop,
                saved=self._saved,
                undo=self._undo,
                watch=self._waiting,
                mode=self._mode,
                retry=self._retry,
                redact=self._screen.redact,
            )
            self._stop.writing = False
        return self._tell(report)

    def _approve(self, plan: Plan) -> bool:
        self._waiting.pause()
        advised = unset_adoptions(self._settings, plan.sync)
        self._screen.show(render_plan(plan, self._shown, advised))
        self._screen.show(Text())
        if self._terms.strict and self._saved is not None and not all_run(self._saved, plan):
            self._lacks = True
            return False
        what = _to_decide(plan)
        if what and not self._terms.yes and not self._ask(f"Apply {what} to {safe(plan.target)}?"):
            return False
        self._began = monotonic()
        self._stop.writing = True
        self._waiting.resume()
        return True

    def _ask(self, question: str) -> bool:
        self._screen.err.print(f"{question} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def _tell(self, report: Report) -> int:
        if report.run is None:
            self._screen.say(_LACKS if self._lacks else "Nothing was applied.")
            return Exit.HELD if self._lacks else Exit.DONE
        if report.plan.changes:
            elapsed = timedelta(seconds=monotonic() - self._began)
            told, bound = _cleaned(report, self._screen.redact), self._saved is not None
            self._screen.show(render_report(told, elapsed, self._shown, bound=bound))
            self._screen.show(Text())
        elif report.plan.marks:
            self._screen.show(Text(f"run {report.run}: remembered, as said above\n", style="dim"))
        # Whatever else became of it: no further sync is begun after a request to stop.
        stopped = self._stop.signum
        return report.exit_code if stopped is None else Interrupted(stopped).exit_code


def _to_decide(plan: Plan) -> str:
    """What is asked about: the changes, and whose accounts become syncd's own."""
    changes = len(plan.changes)
    adoptions = sum(mark.remark is Remark.ADOPT for mark in plan.marks)
    parts = []
    if changes:
        parts.append(f"these {changes:,} changes" if changes > 1 else "this change")
    if adoptions:
        parts.append(number(adoptions, "adoption"))
    return " and ".join(parts)


def _cleaned(report: Report, redact: Redactor) -> Report:
    """Without secrets in the target's words."""
    execution = report.execution
    hidden = replace(
        execution,
        failed=[Failed(one.change, redact(one.why)) for one in execution.failed],
        unknown=[Failed(one.change, redact(one.why)) for one in execution.unknown],
        stopped=redact(execution.stopped),
    )
    return replace(report, execution=hidden, unverified=redact(report.unverified))
