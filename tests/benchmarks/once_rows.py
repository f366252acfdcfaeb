"""The rows of what is measured once: starting, people files, HTTP."""

from tests.benchmarks.once import ONCE_PARTS
from tests.benchmarks.results import Results
from tests.benchmarks.row import Row


def once_rows(results: Results) -> list[Row]:
    made = []
    for part in ONCE_PARTS:
        figure = results.figure(part, part)
        if not figure.runs:
            made.append(Row(part, None, "", "", why=figure.why))
            continue
        told = figure.runs[-1].told.items()
        made += [
            Row(f"{part}: {name}", None, "", line.unit, None, line.value) for name, line in told
        ]
    return made
