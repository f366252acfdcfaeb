"""Runs the parts, size by size, and keeps what each found as soon as it is found."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.directory import Directory
from tests.benchmarks.measure import measured
from tests.benchmarks.once import ONCE_PARTS, once
from tests.benchmarks.parts import FILLED, PARTS, Bench
from tests.servers.postgres import server_programs, serving

_MILLION = 1_000_000
Watch = Callable[[str], None]


def run(
    build: Path, sizes: Sequence[int], parts: Sequence[str], rounds: int | None, watch: Watch
) -> None:
    """`rounds` None is as many as the size allows in a reasonable time."""
    for name in (one for one in ONCE_PARTS if one in parts):
        before, figures = results.busy(), once(name, max(sizes), watch)
        kept = results.load(build, results.ONCE)
        kept.add(name, figures, max(before, results.busy()))
        results.save(build, kept)
    if FILLED & set(parts):
        parts = [*parts, "import"]
    wanted = [name for name in PARTS if name in parts]
    for size in sizes if wanted else ():
        turns = rounds or (3 if size < _MILLION else 2)
        _measure(build, size, wanted, turns, lambda what, size=size: watch(f"{size:,}: {what}"))


def _measure(build: Path, size: int, parts: Sequence[str], rounds: int, watch: Watch) -> None:
    programs = server_programs()
    if programs is None:
        raise SystemExit("no PostgreSQL server is installed (initdb and postgres in one directory)")
    here = build / f"run-{size}"
    shutil.rmtree(here, ignore_errors=True)
    watch("the directory")
    with (
        closing(Directory(build, size, here / "directory")) as directory,
        serving(programs) as server,
    ):
        measured(directory.ldapsearch())  # once unmeasured: the server has read its files
        bench = Bench(directory, server, here, rounds, watch)
        for name in parts:
            before, figures = results.busy(), PARTS[name](bench)
            kept = results.load(build, size)
            kept.machine = results.machine()
            kept.add(name, figures, max(before, results.busy()))
            results.save(build, kept)
    shutil.rmtree(here)
