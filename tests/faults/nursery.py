"""Runs `syncd` again and again, each time in a process that has everything imported: to be killed.

    python -m tests.faults.nursery FILE

A line of JSON comes in: the arguments. Its answer is the number of the process, which begins when
the next line comes, whatever it says; at its end its exit code is told, or minus the signal that
killed it. What it said is in the file.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from syncd.backends.http import session
from syncd.cli import applying, main
from syncd.plugins import BACKENDS, SOURCES, installed

ROOT = Path(__file__).parents[2]


class Nursery:
    """The other side of this program's pipes."""

    def __init__(self) -> None:
        self._place = TemporaryDirectory(prefix="syncd-nursery-")
        self._said = Path(self._place.name) / "said"
        command = [sys.executable, "-m", "tests.faults.nursery", str(self._said)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def born(self, *arguments: str) -> int:
        """The number of a process that has not begun yet."""
        return int(self._asked(arguments))

    def begin(self) -> tuple[int, str]:
        """Lets the last one begin; how it ended, and what it said."""
        return int(self._asked("begin")), self._said.read_text()

    def close(self) -> None:
        self._process.communicate(timeout=30)
        self._place.cleanup()

    def _asked(self, line: object):
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def bear(arguments: list[str], said: Path) -> tuple[int, int]:
    """The number of the process, and the end of a pipe that it waits for a word from."""
    waits, begins = os.pipe()
    child = os.fork()
    if child:
        os.close(waits)
        return child, begins
    os.close(begins)
    with said.open("w") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.read(waits, 1)
    sys.argv[1:] = arguments
    main()
    os._exit(99)


def serve(said: Path) -> None:
    while line := sys.stdin.readline():
        child, begins = bear(json.loads(line), said)
        _tell(child)
        sys.stdin.readline()
        os.close(begins)
        _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _ = applying, session  # imported here, so that no child has to
    for group in (SOURCES, BACKENDS):
        for point in installed(group):
            point.load()
    serve(Path(sys.argv[1]))
