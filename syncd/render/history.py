"""What has been: runs, and the journal's lines with what was before and after."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Op
from syncd.ledger import FAILED, Line, Run
from syncd.render.changes import in_order
from syncd.render.listing import Row, listing, more
from syncd.render.times import moment
from syncd.render.words import SIGNS, STYLES, safe, value

_STYLES = {"done": "green", "failed": "red", None: "yellow"}
_UNDER_WAY = "under way, or broken off"


def render_runs(runs: Sequence[Run]) -> RenderableType:
    if not runs:
        return Text("No run yet: `syncd apply` makes the first.")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("run", justify="right", no_wrap=True)
    table.add_column("when", no_wrap=True)
    for name in ("sync", "outcome"):
        table.add_column(name)
    for name in ("done", "failed", "held", "conflicts"):
        table.add_column(name, justify="right")
    for run in runs:
        outcome = Text(safe(run.outcome or _UNDER_WAY), _STYLES.get(run.outcome, "yellow"))
        outcome.append(f", undo of {run.undoes}" if run.undoes else "", style="dim")
        outcome.append("; removals withheld" if run.withheld else "", style="yellow")
        counts = (run.done, run.failed, run.held, run.conflicts)
        names = str(run.run), moment(run.begun_at), Text(safe(run.sync)), outcome
        table.add_row(*names, *(f"{of:,}" if of else "" for of in counts))
    return table


def render_run(run: Run, lines: Sequence[Line], shown: int | None) -> Group:
    header = Text.assemble(
        (f"run {run.run}  {safe(run.sync)} → {safe(run.target)}", "bold"),
        (f"   plan {run.digest[:12]}   {moment(run.begun_at)}", "dim"),
    )
    ended = f", ended {moment(run.ended_at)}" if run.ended_at else ""
    counts = f"{run.planned:,} planned, {run.done:,} done, {run.failed:,} failed"
    return Group(
        header,
        Text(f"{run.outcome or _UNDER_WAY}{ended}: {counts}"),
        *([Text(f"undo of run {run.undoes}")] if run.undoes else []),
        *(Text(f"removals withheld: {safe(why)}", style="yellow") for why in run.withheld),
        Text(),
        render_lines(lines[:shown]),
        *more(len(lines) - len(lines[:shown])),
    )


def render_lines(lines: Iterable[Line], *, dated: bool = False) -> RenderableType:
    return listing(_row(line, dated=dated) for line in lines)


def _row(line: Line, *, dated: bool) -> Row:
    when = f"{moment(line.begun_at)}, run {line.run}  " if dated else ""
    details = Text.assemble((when, "dim"), *_steps(line), (safe(line.reason), "dim"), _end(line))
    return Row(Text(SIGNS[line.op], STYLES[line.op]), Text(safe(line.name)), details)


def _steps(line: Line) -> Iterable[Text]:
    """Each field; of a creation, what was given beside the name."""
    named = NAME_FIELD.get(line.kind) if line.op is Op.CREATE else None
    for name in in_order(line.after.keys() - {named}):
        after = value(line.after[name])
        before = "" if line.op is Op.CREATE else f"{value(line.before.get(name))} → "
        shown = safe(name.removeprefix(ATTRIBUTES))
        yield Text.assemble((f"{shown} ", "dim"), f"{before}{after}  ")


def _end(line: Line) -> Text:
    if line.outcome == "done":
        return Text()
    words = f"  {line.outcome or 'no outcome known'}"
    words += f": {safe(line.error)}" if line.error else ""
    return Text(words, style="red" if line.outcome == FAILED else "yellow")
