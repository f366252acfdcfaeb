"""What became of a run, on a terminal: what was done, what was not and why, and what comes next."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from syncd.core.plan import Change, Plan
from syncd.executor import Failed
from syncd.render.changes import row
from syncd.render.listing import Row, listing, more, title
from syncd.render.words import number, safe, tally, value
from syncd.report import Report, Unsettled

MEND = "Mend the rights or the password of syncd's login"
_UNKNOWN = "may have happened; the next run looks first"
_UNSETTLED = "was written, and something else came back"


def render_report(
    report: Report, elapsed: timedelta, shown: int | None, *, bound: bool = False
) -> Group:
    """`bound` is a run of a saved plan: what came up since then waits."""
    execution, run = report.execution, report.plan.undoes
    after = _next(report, bound=bound) if run is None else _after_undo(report, run)
    return Group(
        *_failures("Failed", execution.failed, "", shown),
        *_failures("Unknown", execution.unknown, _UNKNOWN, shown),
        *_untried(execution.untried, execution.stopped),
        *_unsettled(report.unsettled, shown),
        Text(),
        _done(report, elapsed),
        Text(after, style="dim"),
    )


def _failures(
    words: str, failed: Sequence[Failed], explained: str, shown: int | None
) -> Iterator[RenderableType]:
    if failed:
        yield from title(words, len(failed), explained, "bold red")
        yield listing(_failure(one) for one in failed[:shown])
        yield from more(len(failed) - len(failed[:shown]))


def _failure(one: Failed) -> Row:
    sign, name, _ = row(one.change)
    what = f"{one.change.op} {one.change.kind}"
    return Row(sign, name, Text.assemble((f"{what}: ", "dim"), safe(one.why)))


def _untried(changes: Sequence[Change], why: str) -> Iterator[RenderableType]:
    if changes:
        yield from title("Not begun", len(changes), safe(why), "bold yellow")
        yield Text(f"  {tally(changes)}")


def _unsettled(left: Sequence[Unsettled], shown: int | None) -> Iterator[RenderableType]:
    if left:
        yield from title("Not converged", len(left), _UNSETTLED, "bold yellow")
        yield listing(_unsettled_row(one) for one in left[:shown])
        yield from more(len(left) - len(left[:shown]))


def _unsettled_row(one: Unsettled) -> Row:
    lines = [
        f"{safe(name)}: wrote {value(wrote)}, found {value(found)}"
        for name, (wrote, found) in one.fields.items()
    ]
    sign, name, _ = row(one.change)
    return Row(sign, name, Text("\n".join(lines) or f"{one.change.op} did not last"))


def _done(report: Report, elapsed: timedelta) -> Text:
    execution = report.execution
    counts = [f"{number(len(execution.done), 'change')} done"]
    counts[0] += f": {tally(execution.done, done=True)}" if execution.done else ""
    for some, word in (
        (execution.failed, "failed"),
        (execution.unknown, "unknown"),
        (execution.untried, "not begun"),
        (report.unsettled, "not converged"),
    ):
        counts += [f"{len(some):,} {word}"] if some else []
    run = f"run {report.run}, {elapsed.total_seconds():.1f} s   "
    return Text.assemble((run, "dim"), ("; ".join(counts), "bold"))


def _next(report: Report, *, bound: bool) -> str:
    """What a plan made now would say."""
    execution, plan = report.execution, report.plan
    if execution.denied:
        return f"{MEND}, then apply again."
    if execution.untried or execution.failed or execution.unknown:
        return "What is missing is in the next plan again."
    if report.unverified:
        return f"What was written could not be read again: {safe(report.unverified)}"
    if report.unsettled:
        return "The target keeps something else than it is given; the next run tries again."
    if _waits(plan):
        return _WAITS
    settled = "The target is as it should be: the next plan is empty."
    return "Plan again to see what is left." if bound else settled


def _after_undo(report: Report, run: int) -> str:
    """The next plan is not the undo's, but what the sources say."""
    execution = report.execution
    if execution.denied:
        return f"{MEND}, then undo run {run} again."
    if execution.untried or execution.failed or execution.unknown:
        return f"What is missing is in no other plan: undo run {run} again."
    if report.unverified:
        return f"What was written could not be read again: {safe(report.unverified)}"
    if report.unsettled:
        return "The target keeps something else than it is given."
    if _waits(report.plan):
        return _WAITS
    return (
        f"Run {run} is undone. What the sources say otherwise the next run makes again: "
        "`syncd plan` shows it."
    )


def _waits(plan: Plan) -> bool:
    """Whether anything of it may not run yet, or ever."""
    never = plan.refused or plan.conflicts or plan.failures or plan.unsettled or plan.drifted
    return bool(plan.withheld or plan.held or never)


_WAITS = "All that may run has run; the rest of the plan waits as said above."
