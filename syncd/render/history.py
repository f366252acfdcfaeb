"""What has been: runs, and the journal's lines with what was before and after."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from syncd.core.model import ATTRIBUTES, NAME_FIELD, Op
from syncd.ledger import FAILED, Line, Run
from syncd.render.changes import in_order
from syncd.render.listing import Row, listing
from syncd.render.times import moment
from syncd.render.words import SIGNS, STYLES, safe, value

_STYLES = {"done": "green", "failed": "red", None: "yellow"}
UNDER_WAY = "under way, or broken off"


def render_runs(runs: Sequence[Run], *, none_at_all: bool = True) -> RenderableType:
    if not runs and none_at_all:
        return Text("No run yet: `syncd apply` makes the first.")
    if not runs:
        return Text("No run is like that.")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("run", justify="right", no_wrap=True)
    table.add_column("when", no_wrap=True)
    for name in ("sync", "outcome"):
        table.add_column(name)
    for name in ("done", "failed", "held", "conflicts"):
        table.add_column(name, justify="right")
    for run in runs:
        outcome = Text(safe(run.outcome or UNDER_WAY), _STYLES.get(run.outcome, "yellow"))
        outcome.append(f", undo of {run.undoes}" if run.undoes else "", style="dim")
        outcome.append("; removals withheld" if run.withheld else "", style="yellow")
        counts = (run.done, run.failed, run.held, run.conflicts)
        names = str(run.run), moment(run.begun_at), Text(safe(run.sync)), outcome
        table.add_row(*names, *(f"{of:,}" if of else "" for of in counts))
    return table


def render_lines(lines: Iterable[Line], *, dated: bool = False) -> RenderableType:
    return listing(line_row(line, dated=dated) for line in lines)


def line_row(line: Line, *, dated: bool = False) -> Row:
    when = f"{moment(line.begun_at)}, run {line.run}  " if dated else ""
    fields = [Text.assemble((f"{name} ", "dim"), f"{what}  ") for name, what in steps_of(line)]
    ended = end_of(line)
    end = Text(f"  {ended}" if ended else "", style="red" if line.outcome == FAILED else "yellow")
    details = Text.assemble((when, "dim"), *fields, (safe(line.reason), "dim"), end)
    return Row(Text(SIGNS[line.op], STYLES[line.op]), Text(safe(line.name)), details)


def steps_of(line: Line) -> Iterator[tuple[str, str]]:
    """Each field and what became of it; of a creation, what was given beside the name."""
    named = NAME_FIELD.get(line.kind) if line.op is Op.CREATE else None
    for name in in_order(line.after.keys() - {named}):
        after = value(line.after[name])
        before = "" if line.op is Op.CREATE else f"{value(line.before.get(name))} → "
        yield safe(name.removeprefix(ATTRIBUTES)), f"{before}{after}"


def end_of(line: Line) -> str:
    """What became of it, where it was not done."""
    if line.outcome == "done":
        return ""
    words = line.outcome or "no outcome known"
    return f"{words}: {safe(line.error)}" if line.error else words
