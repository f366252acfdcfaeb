"""What a daemon logs, as a test sees it: the lines, and all of logging as it was afterwards."""

import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from syncd.config.running import LogSettings
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change
from syncd.daemon.log import configure
from syncd.daemon.voice import Voice
from syncd.ledger import DONE, Ended, Standing
from syncd.redact import Redactor

AT = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)


class Logged:
    def __init__(self, voice: Voice, stream: io.StringIO, redact: Redactor) -> None:
        self.voice, self.redact, self._stream = voice, redact, stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")[:-1]

    @property
    def events(self) -> list[dict]:
        """Of a log in JSON."""
        return [json.loads(line) for line in self.lines]

    def only(self) -> dict:
        """The one event, without what is in every line."""
        (event,) = self.events
        return {name: one for name, one in event.items() if name != "ts"}


@contextmanager
def logged(
    settings: LogSettings | None = None, environ: Mapping[str, str] | None = None, stream=None
) -> Iterator[Logged]:
    stream, redact = stream or io.StringIO(), Redactor()
    with logging_as_before():
        chosen = settings or LogSettings(format="json")
        yield Logged(configure(chosen, redact, environ or {}, stream), stream, redact)


@contextmanager
def logging_as_before() -> Iterator[None]:
    names = [None, "syncd", "apprise", "apscheduler", "alembic", "py.warnings", "sqlalchemy"]
    names += ["uvicorn", "uvicorn.access", "uvicorn.error", "urllib3"]
    loggers = [logging.getLogger(name) for name in names]
    before = [(one.handlers[:], one.level, one.propagate, one.disabled) for one in loggers]
    hook, show = threading.excepthook, warnings.showwarning
    try:
        yield
    finally:
        logging.captureWarnings(False)
        threading.excepthook, warnings.showwarning = hook, show
        structlog.reset_defaults()
        for logger, (handlers, level, propagate, disabled) in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled


def change(name="ada", op=Op.UPDATE, kind=Kind.USER, **rest) -> Change:
    return Change(op, kind, Key(f"people:{name}"), name, **rest)


def ended(what: Change, outcome=DONE, error="", ref="7") -> Ended:
    return Ended(1, what, outcome, Ref(ref), error)


def standing(**rest) -> Standing:
    usual = {"sync": "wiki", "target": "store", "began_at": AT, "ended_at": AT, "outcome": "done"}
    return Standing(**usual | rest)
