"""Kill an apply at every nth edge of its transactions, in copies of one installation.

    python -m tests.faults.forks BASE PLACE FIRST EVERY

Each apply is a fork of this process, which has made one itself and so has everything imported, and
nothing open: that spares a second a piece. For each edge, one line of JSON: its number, how the apply there ended,
and how the next did. The last line is of the apply that ended before its edge came.
"""

import json
import os
import shutil
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

from syncd.cli import main
from tests.faults.doomed import doom
from tests.moved import accept_moved


def copy(base: Path, place: Path) -> Path:
    shutil.copytree(base, place)
    accept_moved(create_engine(f"sqlite:///{place}/.syncd/ledger.db"), base, place)
    return place


def apply(place: Path) -> None:
    sys.argv[1:] = ["--config", str(place / "config.yaml"), "apply", "--yes"]
    with (place / "said").open("a") as said, redirect_stdout(said), redirect_stderr(said):
        main()


def fork(place: Path, edge: int | None) -> int:
    """The exit code of an apply there, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        if edge is not None:
            doom(signal.SIGKILL, "edges", [edge])
        apply(place)
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def every(base: Path, into: Path, first: int, step: int) -> None:
    with suppress(SystemExit):
        apply(copy(base, into / f"first of {first}"))
    for number in count(first, step):
        place = copy(base, into / str(number))
        ends = [fork(place, number), fork(place, None)]
        sys.stdout.write(json.dumps([number, *ends]) + "\n")
        sys.stdout.flush()
        if ends[0] >= 0:
            return


if __name__ == "__main__":
    base, place, first, step = sys.argv[1:]
    every(Path(base), Path(place), int(first), int(step))
