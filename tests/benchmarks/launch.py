"""Runs one command and tells, as JSON, how long it took and how much memory it held at most.

A process of its own, and one that imports next to nothing: Linux counts what a process held
before its exec too (getrusage(2), ru_maxrss), so what is measured must not be a child of a big one.

    python -I -S launch.py OUTPUT ERRORS COMMAND...
"""

import os
import sys
from time import perf_counter

_, _output, _errors, *_command = sys.argv
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

began = perf_counter()
pid = os.posix_spawnp(
    _command[0],
    _command,
    os.environ,
    file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, _output, _WRITE, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, _errors, _WRITE, 0o600),
    ],
)
_, status, used = os.wait4(pid, 0)
seconds = perf_counter() - began
sys.stdout.write(
    f'{{"code": {os.waitstatus_to_exitcode(status)}, "seconds": {seconds}, '
    f'"processor": {used.ru_utime + used.ru_stime}, "peak": {used.ru_maxrss * 1024}}}\n'
)
