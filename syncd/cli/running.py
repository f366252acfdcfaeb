"""`syncd run`, the service, and `syncd run-now`, which asks it for a run."""

import os
import time
from contextlib import closing
from pathlib import Path

from syncd.cli.failures import Interrupted
from syncd.cli.opening import Opened, mode, now, who, writable
from syncd.cli.words import Reading
from syncd.config.assemble import chosen
from syncd.errors import ConfigError, LedgerError
from syncd.ledger import Ledger, Request
from syncd.report import Exit

_GLANCE = 0.2
_SLOW = 10.0
"""Seconds after which somebody is told that no daemon has the request in hand."""


def run(opened: Opened, config: Path) -> int:
    """Until it is told to stop."""
    from syncd.daemon.run import serve  # noqa: PLC0415  all that a service needs

    return serve(opened.settings, config, opened.screen.redact, os.environ)


def run_now(opened: Opened, names: list[str], how: Reading, *, wait: bool) -> int:
    """Asks the daemon by the ledger, which both of them have."""
    syncs, how_much = chosen(opened.settings, names), mode(how)
    with closing(writable(opened)) as memory:
        if not _led(memory):
            raise ConfigError(
                "no daemon leads that could run it: is the service up? `syncd apply` runs it here"
            )
        numbers = [memory.desk.ask(name, how_much, who(), now()) for name in syncs]
        if not wait:
            opened.screen.say(f"asked for: {', '.join(syncs)}")
            return Exit.DONE
        ended = [_awaited(opened, memory, number) for number in numbers]
    for one in ended:
        opened.screen.say(f"{one.sync}: {one.outcome}")
    return Exit.DONE if all(one.outcome == "done" for one in ended) else Exit.TARGET


def _awaited(opened: Opened, memory: Ledger, number: int) -> Request:
    began, warned = time.monotonic(), False
    while True:
        request = memory.desk.request(number)
        if request is None:
            raise LedgerError("the request was forgotten: somebody has emptied the ledger")
        if request.ended_at is not None:
            return request
        idle = request.begun_at is None or not _led(memory)
        if idle and not warned and time.monotonic() - began > _SLOW:
            opened.screen.say("no daemon has it in hand now; Ctrl-C ends the waiting only")
            warned = True
        try:
            time.sleep(_GLANCE)
        except KeyboardInterrupt:
            raise Interrupted(2, "the request stays; the daemon runs it all the same") from None


def _led(memory: Ledger) -> bool:
    return any(one.leading(now()) for one in memory.desk.daemons())
