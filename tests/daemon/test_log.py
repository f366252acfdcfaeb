"""The log as a whole: its lines, the journal, libraries and their warnings, and no secret in any of it."""

import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
import structlog

from syncd.config.running import LogSettings
from syncd.daemon.lines import NOTICE, level_of, line
from syncd.daemon.log import configure
from syncd.journald import journal_reads
from syncd.ledger import FAILED
from syncd.redact import Redactor
from tests.daemon.logged import change, ended, logged, logging_as_before

CONSOLE = LogSettings(format="console")
JSON = LogSettings(format="json")


def test_a_thread_that_ends_by_a_bug_is_told_of_in_one_line():
    """Python's own way is a traceback, on many lines, past the redaction."""
    with logged() as log:
        log.redact.learn(["hunter22"])

        def broken():
            raise RuntimeError("hunter22 is no number")

        thread = threading.Thread(target=broken, name="worker 1")
        thread.start()
        thread.join()

    told = log.only()
    assert (told["event"], told["thread"], told["error"]) == (
        "bug",
        "worker 1",
        "RuntimeError: *** is no number",
    )


SECRET = 'pl4nted/"sécret\u202e'


def test_no_secret_stands_in_any_line():
    """In values, names of values, errors, arguments of libraries and warnings, in either form."""
    for settings in (JSON, CONSOLE):
        with logged(settings) as log:
            log.redact.learn([SECRET, "2026", "true"])
            broken = change(before={SECRET: SECRET}, after={"title": f"<{SECRET}>"}, reason=SECRET)
            log.voice.changes("wiki", 1, [ended(broken, FAILED, f"refused: {SECRET}")])
            log.voice.happened("reload_refused", problems=(f"url {SECRET} is wrong",))
            logging.getLogger("sqlalchemy").warning("cannot reach %s", SECRET)
            structlog.get_logger("plugin").error("token", of=[SECRET])
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn(SECRET, UserWarning, stacklevel=1)

        for form in (SECRET, json.dumps(SECRET)[1:-1], "pl4nted", "cret"):
            assert form not in log.text
        assert log.text.count("***") >= 7
        if settings is JSON:
            assert len(log.events) == 5


def test_libraries_speak_once_and_only_when_it_matters():
    """APScheduler, uvicorn, Alembic, SQLAlchemy: through the same form, also with handlers of
    their own; below warning not at all, and those never that quote URLs."""
    own = io.StringIO()
    with logging_as_before():
        for name in ("uvicorn.error", "uvicorn.access", "alembic"):
            logging.getLogger(name).addHandler(logging.StreamHandler(own))
        logging.getLogger("uvicorn.access").propagate = False
        with logged() as log:
            for name in (
                "apscheduler.scheduler",
                "uvicorn.error",
                "uvicorn.access",
                "alembic.x",
                "sqlalchemy.engine",
                "apprise",
                "urllib3.connectionpool",
                "other",
            ):
                logging.getLogger(name).info("chatter of %s", name)
                logging.getLogger(name).warning("trouble of %s", name)

    assert own.getvalue() == ""
    assert [(one["event"], one["logger"], one["message"]) for one in log.events] == [
        ("library", name, f"trouble of {name}")
        for name in (
            "apscheduler.scheduler",
            "uvicorn.error",
            "uvicorn.access",
            "alembic.x",
            "sqlalchemy.engine",
            "other",
        )
    ]


def test_debug_makes_the_scheduler_speak_but_no_statement_with_its_values():
    """Nor the access log, whose addresses have names and tokens."""
    with logged(LogSettings(format="json", level="debug")) as log:
        for name in ("apscheduler.executors", "uvicorn.access", "sqlalchemy.engine"):
            logging.getLogger(name).info("chatter")
        structlog.get_logger("syncd").debug("thought")

    assert [one["event"] for one in log.events] == ["library", "thought"]


def test_what_a_library_raised_stands_on_its_line():
    """With the place instead of a traceback."""
    with logged() as log:
        try:
            int("no\nnumber")
        except ValueError:
            logging.getLogger("apscheduler").exception("a job failed")

    told = log.only()
    assert (told["message"], told["error"]) == (
        "a job failed",
        "ValueError: invalid literal for int() with base 10: 'no\\nnumber'",
    )
    assert told["at"][0].startswith("tests/daemon/test_log.py")


def test_configured_again_nothing_is_printed_twice():
    """As at a reload, to another form."""
    with logged(CONSOLE) as log:
        stream = io.StringIO()
        voice = configure(JSON, Redactor(), {}, stream)
        voice.happened("reloaded", syncs=2)

    assert log.text == ""
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (logging.DEBUG, ("debug", 7)),
        (logging.INFO, ("info", 6)),
        (NOTICE, ("notice", 5)),
        (logging.WARNING, ("warning", 4)),
        (logging.ERROR, ("error", 3)),
        (logging.CRITICAL, ("error", 3)),
        (1, ("debug", 7)),
    ],
)
def test_levels_are_the_journals_priorities(number, wanted):
    """As sd-daemon(3) numbers them."""
    assert level_of(number) == wanted


def test_in_the_journal_lines_begin_with_a_priority_and_have_no_time():
    """In both forms; whoever redirects standard error gets ordinary lines."""
    with Path(os.devnull).open("w") as journal, Path(os.devnull).open() as other:
        told = os.fstat(journal.fileno())
        environ = {"JOURNAL_STREAM": f"{told.st_dev}:{told.st_ino}"}
        assert journal_reads(journal, environ)
        assert journal_reads(other, environ)
        assert not journal_reads(journal, {})
        assert not journal_reads(journal, {"JOURNAL_STREAM": f"{told.st_dev}:{told.st_ino + 1}"})
        assert not journal_reads(journal, {"JOURNAL_STREAM": "nonsense"})
    assert not journal_reads(io.StringIO(), environ)


PROGRAM = """
import os, sys
from syncd.config.running import LogSettings
from syncd.daemon.log import configure
from syncd.redact import Redactor
voice = configure(LogSettings(format=sys.argv[1]), Redactor(), os.environ, sys.stderr)
voice.cycle_begun("wiki")
voice.happened("lead_won")
voice.happened("lead_lost", why="a\\n<0>forged")
voice.happened("ledger_trouble", error="gone")
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_real_stream_of_the_journals_kind_is_known(form, tmp_path):
    """Standard error of a process of its own, named by $JOURNAL_STREAM as systemd does."""
    with (tmp_path / "journal").open("wb") as file:
        told = os.fstat(file.fileno())
        environ = {**os.environ, "JOURNAL_STREAM": f"{told.st_dev}:{told.st_ino}"}
        subprocess.run([sys.executable, "-c", PROGRAM, form], stderr=file, env=environ, check=True)

    lines = (tmp_path / "journal").read_text().splitlines()
    assert [line[:3] for line in lines] == ["<6>", "<5>", "<4>", "<3>"]
    if form == "json":
        assert [json.loads(line[3:]).get("ts") for line in lines] == [None] * 4
    else:
        assert lines[2] == '<4>warning lead lost why="a\\n<0>forged"'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (Terminal, {}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_colours_are_for_terminals(stream, environ, wanted):
    """And for nobody who says that he wants none."""
    with logged(CONSOLE, environ, stream()) as log:
        log.voice.happened("lead_lost")

    assert ("\x1b[" in log.text) is wanted


def test_a_value_of_any_size_leaves_the_line_whole():
    """The journal would break a longer one in two, the second of which somebody else words."""
    wide = {f"attributes.field {number}": "ü" * 5_000 for number in range(2_000)}
    for fields in (
        {"after": {"title": "x" * 100_000}},
        {"after": wide},
        {"why": ["y" * 9_000] * 900},
    ):
        for as_json in (True, False):
            shown = line(
                {"event": "e", "level": "info", "sync": "wiki", **fields},
                Redactor(),
                as_json=as_json,
            )
            assert len(shown.encode()) <= 32_000
            assert "wiki" in shown


def test_a_stream_that_takes_nothing_stops_nobody():
    """A full disk or a closed pipe is no reason to leave accounts as they are."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    with logged(JSON, None, Full()) as log:
        log.voice.cycle_begun("wiki")


def test_the_log_of_a_large_batch_costs_no_more_for_each_change_than_that_of_a_small_one():
    """With thirty secrets to look for; a run waits for its log."""
    batch = [
        ended(
            change(
                f"user{number}",
                before={"title": "Engineer", "phone": "555 0100"},
                after={"title": "Chief", "phone": None},
                reason="changed: people/staff.yaml:12:5",
            )
        )
        for number in range(5_000)
    ]
    for settings in (JSON, CONSOLE, LogSettings(format="json", hide=["phone"])):
        with logged(settings) as log:
            log.redact.learn(f"secret number {number} 'quoted'" for number in range(30))
            few = min(spent(log, batch[:500]) for _ in range(3)) / 500
            many = spent(log, batch) / 5_000
        assert len(log.lines) == 6_500
        assert many < 3 * few


def spent(log, batch) -> float:
    """Seconds of the processor's for the log of these changes."""
    began = time.process_time()
    log.voice.changes("wiki", 1, batch)
    return time.process_time() - began
