"""One run with all that is known of it, on a terminal and as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich.console import RenderableType
from rich.text import Text

from syncd.core.memory import Mark
from syncd.ledger import Line, Reading, Run
from syncd.ledger.lookback import Used
from syncd.lookback.told import Told
from syncd.render.history import UNDER_WAY, end_of, line_row, steps_of
from syncd.render.listing import Page, Row, listings, more, pairs, title
from syncd.render.markdown import bullet_list, code, prose, table
from syncd.render.plan import problems, refusals
from syncd.render.times import moment
from syncd.render.words import SIGNS, counted, number, safe

_MARKDOWN = 200
"""So many rows of each section."""


def render_told(told: Told, lines: Iterable[Line], shown: int | None) -> Page:
    """`shown` is how many things each section has; None for all."""
    return Page(lambda: _parts(told, lines, shown))


def _parts(told: Told, lines: Iterable[Line], shown: int | None) -> Iterator[RenderableType]:
    run = told.run
    yield Text.assemble(
        (f"run {run.run}  {safe(run.sync)} → {safe(run.target)}", "bold"),
        (f"   plan {run.digest[:12]}   {moment(run.begun_at)}", "dim"),
    )
    yield pairs(_facts(told))
    if run.done or run.failed or run.planned:
        yield Text()
    yield from listings(map(line_row, islice(lines, shown)))
    yield from more(0 if shown is None else run.planned - shown)
    yield from refusals("Held", told.held, "until somebody approves", shown)
    yield from refusals("Refused", told.refused, "", shown)
    yield from problems("Conflicts", told.conflicts, "", shown)
    yield from problems("Failures", told.failures, "could not be mapped", shown)
    if told.marks:
        yield from title("Remembered", len(told.marks))
        yield from listings(map(_mark_row, told.marks[:shown]))
        yield from more(len(told.marks) - len(told.marks[:shown]))


def _outcome(run: Run) -> str:
    undo = f", undo of run {run.undoes}" if run.undoes is not None else ""
    ended = f", ended {moment(run.ended_at)}" if run.ended_at else ""
    return f"{safe(run.outcome or UNDER_WAY)}{undo}{ended}"


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    run, plan = told.run, told.plan
    yield "outcome", _outcome(run)
    yield "changes", f"{run.planned:,} planned, {run.done:,} done, {run.failed:,} failed"
    if plan is not None and plan.summary:
        yield "plan", counted(plan.summary)
    numbers = ((run.held, "held"), (run.refused, "refused"), (run.conflicts, "in conflict"))
    if stopped := ", ".join(f"{many:,} {word}" for many, word in numbers if many):
        known = "" if plan is not None else "; what they were is not kept any more"
        yield "not made", stopped + known
    for name, reading in told.readings.items():
        yield f"read {safe(name)}", _read(reading)
    if not told.readings:
        yield "read", "not all of it" if run.withheld else "all, to its end"
    for why in run.withheld:
        yield "withheld", safe(why)
    for used in told.approvals:
        yield "approval", _used(used)
    if told.trouble:
        yield "trouble", safe(told.trouble)


def _read(reading: Reading) -> str:
    what = f"{number(reading.users, 'user')}, {number(reading.groups, 'group')}"
    how = "what has changed: " if reading.delta else ""
    whole = "".join(f"; not whole: {safe(gap)}" for gap in reading.gaps)
    return f"{how}{what}, {reading.seconds:.1f} s{whole}"


def _used(used: Used) -> str:
    return (
        f"{used.approval} by {safe(used.approved_by)}, {moment(used.approved_at)}: "
        f"{number(used.changes, 'change')}"
    )


def _mark_row(mark: Mark) -> Row:
    moved = f"from {safe(mark.old_key)}  " if mark.old_key else ""
    details = Text.assemble(f"{mark.remark}  {moved}", (safe(mark.rule), "dim"))
    return Row(Text("="), Text(safe(mark.name or mark.key)), details)


def told_markdown(told: Told, lines: Iterable[Line]) -> str:
    return "\n".join(_markdown(told, lines)) + "\n"


def _markdown(told: Told, lines: Iterable[Line]) -> Iterator[str]:
    run = told.run
    yield f"### Run {run.run}: {prose(run.sync)} → {prose(run.target)}\n"
    facts = [("plan", run.digest[:12]), ("begun", moment(run.begun_at)), *_facts(told)]
    yield from bullet_list([f"{name}: {what}" for name, what in facts], _MARKDOWN)
    rows = [_markdown_row(line) for line in islice(lines, _MARKDOWN)]
    yield from table(f"Changes ({run.planned:,})", rows, max(run.planned, len(rows)))
    for name, some in (("Held", told.held), ("Refused", told.refused)):
        stopped = [
            (SIGNS[one.change.op], code(one.change.name), f"{one.change.op}: {prose(one.rule)}")
            for one in some[:_MARKDOWN]
        ]
        yield from table(f"{name} ({len(some):,})", stopped, len(some))
    for name, those in (("Conflicts", told.conflicts), ("Could not be mapped", told.failures)):
        found = [("!", code(one.name or one.key), prose(one.why)) for one in those[:_MARKDOWN]]
        yield from table(f"{name} ({len(those):,})", found, len(those))
    marks = [("=", code(one.name), _marked(one)) for one in told.marks[:_MARKDOWN]]
    yield from table(f"Remembered ({len(told.marks):,})", marks, len(told.marks))


def _marked(mark: Mark) -> str:
    return f"{mark.remark} {prose(mark.rule)}".strip()


def _markdown_row(line: Line) -> tuple[str, str, str]:
    fields = [f"{prose(name)} {prose(what)}" for name, what in steps_of(line)]
    ended = end_of(line)
    words: Sequence[str] = [*fields, prose(line.reason), *([prose(ended)] if ended else [])]
    return SIGNS[line.op], code(line.name), "<br>".join(filter(None, words))
