"""Writes what was measured into docs/performance.md, between its marks, and draws its picture."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.picture import picture
from tests.benchmarks.results import Results
from tests.benchmarks.row import Row
from tests.benchmarks.table import in_markdown

BEGIN, END = "<!-- begin: make bench-docs -->", "<!-- end: make bench-docs -->"
PICTURE = "performance.svg"


def write(docs: Path, found: Mapping[int, Results], rows: Sequence[Row]) -> None:
    """The words around the marks stay as they are."""
    page = docs / "performance.md"
    text = page.read_text()
    if not (BEGIN in text and END in text):
        raise RuntimeError(f"{page} has no {BEGIN} and {END}")
    drawn = picture(found)
    if drawn:
        (docs / PICTURE).write_text(drawn)
    made = f"{BEGIN}\n\n{_measured(found, rows, drawn)}\n{END}"
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: made, text, flags=re.DOTALL))


def _measured(found: Mapping[int, Results], rows: Sequence[Row], drawn: str) -> str:
    parts = [part for results in found.values() for part in results.parts.values()]
    days = sorted({f"{part.when:%Y-%m-%d}" for part in parts})
    machines = sorted({results.machine for results in found.values()})
    shown = f"![growth]({PICTURE})\n\n" if drawn else ""
    return f"{shown}Measured {', '.join(days)} on {'; '.join(machines)}.\n\n{in_markdown(rows)}"
