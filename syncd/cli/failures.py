"""How a command ends: every error becomes a message and an exit code here, and nowhere else."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from syncd.cli.screen import Screen
from syncd.errors import Denied, SyncdError
from syncd.redact import Redactor, suspects
from syncd.render.report import MEND
from syncd.render.words import safe
from syncd.report import Exit

WORST_FIRST = (
    Exit.BUG,
    Exit.CONFIG,
    Exit.SOURCE,
    Exit.TARGET,
    Exit.NOT_WHOLE,
    Exit.NOT_CONVERGED,
    Exit.HELD,
    Exit.PENDING,
    Exit.DONE,
)
_BUG = "this is a bug in syncd; please report it, with the lines above"
_LINES = 100
"""Mistakes that are shown; who has more has made one big one."""

_SIGNALLED = 128
"""Added to a signal's number, as shells do."""


class Interrupted(KeyboardInterrupt):
    """Somebody asked to stop, by this signal."""

    def __init__(self, signum: int, words: str = "interrupted; nothing was written") -> None:
        super().__init__(words)
        self.exit_code = _SIGNALLED + signum


def by_signal(code: int) -> bool:
    return code > _SIGNALLED


def worst(codes: Iterable[int]) -> int:
    """The one that a command with several results ends with; one by a signal before all."""
    found = {Exit.DONE, *codes}
    signalled = [code for code in found if by_signal(code)]
    return max(signalled, default=next(code for code in WORST_FIRST if code in found))


def guarded(body: Callable[[], int], screen: Screen, name: str = "") -> int:
    """The body's exit code, or that of what it raised, told under `name`."""
    prefix = f"{safe(name)}: " if name else ""
    try:
        return body()
    except SyncdError as error:
        _tell(str(error).splitlines(), screen, prefix)
        if isinstance(error, Denied):
            screen.say(f"  {MEND}.")
        return error.exit_code
    except Interrupted as error:
        screen.say(f"{prefix}{error}")
        return error.exit_code
    except KeyboardInterrupt:
        screen.say(f"{prefix}interrupted; nothing was written")
        return _SIGNALLED + signal.SIGINT
    except BrokenPipeError:
        # Who read the output has seen enough; Python's own flush at exit would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _SIGNALLED + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001  whatever it is, it ends here, with its place and no values
        return _bug(error, screen, prefix)


def crashed(error: Exception) -> int:
    """The exit code of what went wrong before there was a verb to guard."""
    redact = Redactor()
    redact.learn(suspects(os.environ, None))
    return _bug(error, Screen(redact))


def _bug(error: Exception, screen: Screen, prefix: str = "") -> int:
    for line in "".join(traceback.format_exception(error)).splitlines():
        screen.say_error(safe(line), "")
    screen.say_error(f"{prefix}{_BUG}", "bold red")
    return Exit.BUG


def _tell(problems: list[str], screen: Screen, prefix: str) -> None:
    name = prefix.removeprefix("✗ ")
    for problem in problems[:_LINES]:
        # Most messages name their source or target themselves.
        named = name and problem.startswith(name.removesuffix(": "))
        screen.say_error(f"{prefix.removesuffix(name) if named else prefix}{safe(problem)}")
    if len(problems) > _LINES:
        screen.say_error(f"{prefix}… and {len(problems) - _LINES:,} more")
