"""The one table, on a terminal and in the document."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tests.benchmarks.row import Row

HEADINGS = ("work", "people", "against", "result", "to reach", "", "syncd", "the other")
_LEFT = {"work", "against", ""}
_VERDICTS = {True: "met", False: "missed", None: ""}


def cells(row: Row) -> tuple[str, ...]:
    people = "" if row.people is None else f"{row.people:,}"
    reach = "" if row.reach is None else str(row.reach)
    verdict = _VERDICTS[row.met]
    return (row.work, people, row.against, row.result, reach, verdict, row.ours, row.theirs)


def on_a_terminal(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in _LEFT else "right")
    for row in rows:
        style = {True: "green", False: "red", None: ""}[row.met]
        *first, verdict, ours, theirs = cells(row)
        table.add_row(*first, Text(verdict, style), Text(ours, "dim"), Text(theirs, "dim"))
    return table


def in_markdown(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, tuple("---" if one in _LEFT else "---:" for one in HEADINGS)]
    lines += [tuple(cell.replace("|", "\\|") for cell in cells(row)) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
