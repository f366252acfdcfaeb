"""Measures commands in turn, A B C A B C, each in a process of its own; medians are what counts.

A command may tell more of itself on standard output, as lines `name<TAB>value<TAB>unit`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[2]
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Subject:
    """`before` and `after` are run, and not measured, each time; `after` says why the run does not
    count, if it does not. `rounds` at most, where it takes too long."""

    name: str
    command: Sequence[str]
    before: Callable[[], object] = lambda: None
    rounds: int | None = None
    after: Callable[["Run"], str] = lambda _run: ""


class Told(Struct):
    """A line of a command's own."""

    value: float
    unit: str


class Run(Struct):
    """What one process took: seconds on the wall and of processors, and bytes at its peak."""

    seconds: float
    processor: float
    peak: int
    told: dict[str, Told] = {}


NOT_TRIED = "not measured"


class Figure(Struct):
    """All runs of one subject; `why` says why there is none, or no more."""

    runs: list[Run] = []
    why: str = ""

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def peak(self) -> int:
        return max(run.peak for run in self.runs)

    def told(self, name: str) -> float:
        """The median of what its lines of that name say."""
        return median(run.told[name].value for run in self.runs)


class Failure(Exception):
    """A command that did not end well has no figures."""


def this(module: str, *given: object) -> list[str]:
    """The command of a module of these benchmarks."""
    return [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, given)]


def in_turn(
    subjects: Sequence[Subject], rounds: int, watch: Callable[[str], None]
) -> dict[str, Figure]:
    """Each subject's figure by its name. One that failed is not tried again."""
    figures = {subject.name: Figure() for subject in subjects}
    for turn in range(rounds):
        for subject in subjects:
            figure = figures[subject.name]
            if figure.why or turn >= (subject.rounds or rounds):
                continue
            watch(f"{subject.name}, {turn + 1} of {subject.rounds or rounds}")
            try:
                subject.before()
                run = measured(subject.command)
                figure.why = subject.after(run)
            except (Failure, OSError, RuntimeError) as error:
                figure.why = str(error)
            else:
                figure.runs += [] if figure.why else [run]
    return figures


def measured(command: Sequence[str]) -> Run:
    """Raises `Failure` with the end of what the command complained of."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(output), str(errors), *command]
        launched = subprocess.run(launch, cwd=ROOT, capture_output=True, check=False)
        if launched.returncode:
            raise Failure(launched.stderr.decode(errors="replace").strip()[-300:])
        result = msgspec.json.decode(launched.stdout, type=dict[str, float])
        if result["code"]:
            complaint = errors.read_text(errors="replace").strip().splitlines()[-1:]
            raise Failure(f"ended with {result['code']:.0f}: {' '.join(complaint)[-300:]}")
        told = _told(output.read_text(errors="replace"))
    return Run(result["seconds"], result["processor"], int(result["peak"]), told)


def _told(output: str) -> dict[str, Told]:
    parts = [line.split("\t") for line in output.splitlines() if line.count("\t") == 2]
    return {name: Told(float(value), unit) for name, value, unit in parts}
