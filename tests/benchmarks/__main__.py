"""The benchmarks' own commands; `make bench` and `make bench-docs` run them.

    python -m tests.benchmarks             measures, keeps what it found, and prints the table
    python -m tests.benchmarks show        prints the table of what was kept
    python -m tests.benchmarks document    writes it into docs/performance.md, with its picture

Told by the environment: BENCH_SIZE (people; several with commas), BENCH_RUNS (rounds; default 3,
and 2 from a million people on), BENCH_PARTS (default: all), BENCH_BUILD (default: build/bench).
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks import results
from tests.benchmarks.bench import run
from tests.benchmarks.document import write
from tests.benchmarks.measure import NOT_TRIED, ROOT
from tests.benchmarks.once import ONCE_PARTS
from tests.benchmarks.once_rows import once_rows
from tests.benchmarks.parts import PARTS
from tests.benchmarks.row import Row
from tests.benchmarks.rows import rows
from tests.benchmarks.table import on_a_terminal


def main(verb: str = "run") -> int:
    console, errors = Console(), Console(stderr=True)
    build = Path(os.environ.get("BENCH_BUILD") or ROOT / "build" / "bench").absolute()
    match verb:
        case "run":
            rounds = os.environ.get("BENCH_RUNS")
            run(build, _sizes(), _parts(), int(rounds) if rounds else None, errors.print)
            _show(build, console, errors)
        case "show":
            _show(build, console, errors)
        case "document":
            write(ROOT / "docs", results.load_all(build), table(build))
        case _:
            errors.print(f"there is no verb {verb!r}: run, show or document", style="red")
            return 2
    return 0


def table(build: Path) -> list[Row]:
    """All rows of what was kept; of what nobody tried, only those that have something to reach."""
    found = results.load_all(build)
    once = found.pop(results.ONCE, None)
    made = rows(found) + ([] if once is None else once_rows(once))
    return [row for row in made if row.reach is not None or row.why != NOT_TRIED]


def _show(build: Path, console: Console, errors: Console) -> None:
    console.width = max(console.width, 160) if not console.is_terminal else console.width
    made = table(build)
    console.print(on_a_terminal(made))
    for row in (one for one in made if one.why):
        errors.print(f"not measured: {row.work}, {row.people or ''} {row.against}: {row.why}")
    disturbed = results.disturbed(results.load_all(build).values())
    if disturbed:
        errors.print(f"the machine had other work; measure again: {', '.join(disturbed)}")


def _sizes() -> list[int]:
    given = re.split(r"[\s,]+", os.environ.get("BENCH_SIZE", "").strip())
    return [int(size) for size in given if size] or [10_000]


def _parts() -> Sequence[str]:
    given = [name for name in re.split(r"[\s,]+", os.environ.get("BENCH_PARTS", "")) if name]
    known = [*PARTS, *ONCE_PARTS]
    if unknown := set(given) - set(known):
        raise SystemExit(f"BENCH_PARTS: no {', '.join(unknown)}; there are {', '.join(known)}")
    return given or known


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
