"""The log: structlog's events and all of logging's, through one form and one redaction."""

import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from syncd.config.running import LogFormat, LogLevel, LogSettings
from syncd.daemon.lines import level_of, line, time
from syncd.daemon.voice import Voice, failure
from syncd.hidden import Hidden
from syncd.journald import journal_reads
from syncd.redact import Redactor

_OURS = "syncd"
_NUMBERS = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}
_CHATTY = ("apscheduler", "uvicorn.error")
"""Told of below warning where debug is asked for; all other libraries never are: what they
say there quotes statements with their parameters, addresses with their tokens, and names."""

_SILENT = ("apprise", "urllib3")
"""Quote URLs with the tokens in them; what went wrong with a message, messages tell."""

_OWN_WAYS = (
    *_SILENT,
    "apscheduler",
    "alembic",
    "py.warnings",
    "sqlalchemy",
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    _OURS,
)
"""Loggers that have, or may have been given, handlers and levels of their own."""


def configure(
    settings: LogSettings, redact: Redactor, environ: Mapping[str, str], stream: TextIO
) -> Voice:
    """All that is logged goes to `stream` from now on, and nowhere else.

    Called again, as at a reload, it takes the place of what was; use the voice that it returns.
    """
    number = _NUMBERS[settings.level]
    hidden = Hidden(settings.hide)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(_handler(settings, redact, environ, stream))
    root.setLevel(max(number, logging.WARNING))
    for name in _OWN_WAYS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.NOTSET)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(_quieter(number))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_OURS).setLevel(number)
    logging.captureWarnings(capture=True)
    _take_structlog()
    voice = Voice(structlog.get_logger(_OURS), hidden)
    threading.excepthook = lambda came: _ended_by_bug(voice, came)
    return voice


class Log(structlog.stdlib.BoundLogger):
    """Knows levels that logging has no name for."""

    def tell(self, level: int, event: str, **fields: Any) -> None:
        if self._logger.isEnabledFor(level):
            given, extra = self._process_event(level_of(level)[0], event, fields)
            self._logger.log(level, *given, **extra)

    def tells(self, level: int) -> bool:
        return bool(self._logger.isEnabledFor(level))


def _take_structlog() -> None:
    """For plug-ins that log by it, too."""
    structlog.configure(
        processors=[ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=Log,
        cache_logger_on_first_use=False,
    )


def _quieter(number: int) -> int:
    """Libraries tell at info what we tell at debug."""
    return logging.INFO if number == logging.DEBUG else max(number, logging.WARNING)


def _handler(
    settings: LogSettings, redact: Redactor, environ: Mapping[str, str], stream: TextIO
) -> logging.Handler:
    form = _Form(settings, redact, environ, stream)
    handler = _Stream(stream)
    handler.setFormatter(ProcessorFormatter(processors=[form], foreign_pre_chain=[_library]))
    return handler


class _Stream(logging.StreamHandler[TextIO]):
    """A line that cannot be written, to a full disk or a closed pipe, stops nothing."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        kind, error, _ = sys.exc_info()
        if kind is not None and not isinstance(error, OSError):
            where = f"{record.name}: a line could not be written: {kind.__name__}"
            self.stream.write(where + self.terminator)


class _Form:
    """The last of structlog's processors: the event as its line."""

    def __init__(
        self,
        settings: LogSettings,
        redact: Redactor,
        environ: Mapping[str, str],
        stream: TextIO,
    ) -> None:
        self._redact = redact
        self._with_words = not settings.hide
        self._as_json = settings.format is LogFormat.JSON
        self._journal = journal_reads(stream, environ)
        self._colours = (
            not self._as_json
            and stream.isatty()
            and not environ.get("NO_COLOR")
            and environ.get("TERM") != "dumb"
        )

    def __call__(self, _logger: Any, _name: str, told: MutableMapping[str, Any]) -> str:
        record: logging.LogRecord = told.pop("_record")
        del told["_from_structlog"]
        word, priority = level_of(record.levelno)
        fields: dict[str, Any] = {"ts": time(datetime.fromtimestamp(record.created, UTC))}
        fields |= {"level": word, "event": told.pop("event", "")}
        if self._journal:
            del fields["ts"]  # the journal has its own
        if (raised := _exception(told.pop("exc_info", None))) is not None:
            told.update(failure(raised, with_words=self._with_words))
        shown = line(
            {**fields, **told, **fields}, self._redact, as_json=self._as_json, colours=self._colours
        )
        return f"<{priority}>{shown}" if self._journal else shown


def _library(_logger: Any, _name: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What did not come by structlog: one event, whatever it says."""
    record: logging.LogRecord = told["_record"]
    told.update(message=told["event"], logger=record.name, event="library")
    told.pop("stack_info", None)
    return told


def _exception(given: Any) -> BaseException | None:
    if given is True:
        given = sys.exc_info()
    found = given[1] if isinstance(given, tuple) else given
    return found if isinstance(found, BaseException) else None


def _ended_by_bug(voice: Voice, came: threading.ExceptHookArgs) -> None:
    """In place of a traceback over many lines, which nobody has looked through for secrets."""
    if came.exc_value is not None and not isinstance(came.exc_value, SystemExit):
        thread = came.thread.name if came.thread else None
        voice.happened("bug", thread=thread, error=came.exc_value)
