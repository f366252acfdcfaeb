"""What was measured, kept as JSON a size, so that one part can be measured again without the rest."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep

import msgspec
from msgspec import Struct

from tests.benchmarks.measure import NOT_TRIED, Figure

_QUIET = 0.2

ONCE = 0
"""The size of what is measured once, whatever the size of the directory."""


class Part(Struct):
    """Figures that were measured in turn, at one time; `others` are processors at other work then."""

    when: datetime
    others: float
    figures: dict[str, Figure]

    def get(self, name: str) -> Figure:
        """An empty one where there is none of that name."""
        return self.figures.get(name, Figure(why=NOT_TRIED))


class Results(Struct):
    """All parts of one size; the newest of each."""

    size: int
    machine: str
    parts: dict[str, Part] = {}

    def figure(self, part: str, name: str) -> Figure:
        return self.parts[part].get(name) if part in self.parts else Figure(why=NOT_TRIED)

    def add(self, name: str, figures: dict[str, Figure], others: float) -> None:
        self.parts[name] = Part(datetime.now(UTC), others, figures)


def machine() -> str:
    """What a reader must know of it to judge the seconds, which are not the result."""
    return f"{os.cpu_count()} processors, {_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def busy(seconds: float = 0.5) -> float:
    """How many processors have work now, while nothing of the benchmarks does (proc(5), stat)."""
    before, began = _ticks(), perf_counter()
    sleep(seconds)
    return (_ticks() - before) / os.sysconf("SC_CLK_TCK") / (perf_counter() - began)


def _ticks() -> int:
    """Of all processors, since the machine started: user, nice and system; not idle."""
    _, user, nice, system, *_ = Path("/proc/stat").read_text().splitlines()[0].split()
    return int(user) + int(nice) + int(system)


def load(build: Path, size: int) -> Results:
    """What was kept of that size; nothing where nothing was."""
    file = _file(build, size)
    if not file.exists():
        return Results(size, machine())
    return msgspec.json.decode(file.read_bytes(), type=Results)


def save(build: Path, results: Results) -> None:
    file = _file(build, results.size)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results)))


def load_all(build: Path) -> dict[int, Results]:
    """By size."""
    sizes = (int(file.stem) for file in sorted((build / "results").glob("*.json")))
    return {size: load(build, size) for size in sorted(sizes)}


def disturbed(found: Iterable[Results]) -> list[str]:
    """Parts that were measured while the machine had other work than theirs."""
    return [
        f"{name} of {results.size:,} ({part.others:.1f} processors)"
        for results in found
        for name, part in results.parts.items()
        if part.others > _QUIET
    ]


def _file(build: Path, size: int) -> Path:
    return build / "results" / f"{size}.json"
