"""The log: one event a line, for people or machines, whatever the values hold; no secret in it."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import unicodedata
import warnings
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from syncd.config.running import LogSettings
from syncd.core.model import Key, Kind, Op
from syncd.daemon.lines import NOTICE, level_of, line
from syncd.daemon.log import configure
from syncd.journald import journal_reads
from syncd.ledger import FAILED, Reading
from syncd.redact import Redactor
from tests.daemon.logged import AT, change, ended, logged, logging_as_before, standing

CONSOLE = LogSettings(format="console")
JSON = LogSettings(format="json")
TEXT = st.text(st.characters(categories=["L", "N", "P", "Z", "C"]), max_size=20)


def test_a_change_is_an_event_with_all_that_a_program_asks_for():
    """In JSON: sync, run, op, kind, key, name, and the values before and after."""
    moved = change(
        before={"title": "Engineer"}, after={"title": "Chief", "phone": None}, reason="changed"
    )

    with logged() as log:
        log.voice.changes("wiki", 12, [ended(moved)])

    assert log.only() == {
        "level": "info",
        "event": "change",
        "sync": "wiki",
        "run": 12,
        "op": "update",
        "kind": "user",
        "key": "people:ada",
        "name": "ada",
        "outcome": "done",
        "ref": "7",
        "before": {"title": "Engineer"},
        "after": {"title": "Chief", "phone": None},
        "reason": "changed",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log.events[0]["ts"])


def test_a_line_for_people_has_time_level_event_and_words():
    """Values of one word stand bare, others in quotes."""
    moved = change(before={"title": "Engineer"}, after={"title": "Chief Engineer", "admin": True})

    with logged(CONSOLE) as log:
        log.voice.changes("wiki", 12, [ended(moved)])

    (shown,) = log.lines
    at, rest = shown[:20], shown[21:]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", at)
    assert rest == (
        "info    change sync=wiki run=12 op=update kind=user key=people:ada name=ada outcome=done"
        ' ref=7 before.title=Engineer after.title="Chief Engineer" after.admin=yes'
    )


def test_a_failed_change_is_a_warning_with_the_reason():
    """It is told of where changes that went well are not."""
    quiet = LogSettings(format="json", level="warning")

    with logged(quiet) as log:
        log.voice.changes(
            "wiki", 1, [ended(change()), ended(change("ben"), FAILED, "no such thing")]
        )

    told = log.only()
    assert (told["level"], told["name"], told["error"]) == ("warning", "ben", "no such thing")


@given(name=TEXT, value=TEXT, sync=TEXT)
def test_no_value_makes_a_line_of_its_own(name, value, sync):
    """A login with a line break, or anything else, forges nothing; JSON gives the value back."""
    moved = change(name, before={"title": value})
    for settings in (JSON, CONSOLE):
        with logged(settings) as log:
            log.voice.changes(sync, 1, [ended(moved)])

        (shown,) = log.text.splitlines()
        steering = {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert (
            not {unicodedata.category(one) for one in shown if one not in "\u200c\u200d"} & steering
        )
        if settings is JSON:
            told = json.loads(shown)
            assert (told["name"], told["before"], told["sync"]) == (name, {"title": value}, sync)


def test_no_value_passes_for_a_field():
    """What looks like `name=value` stays inside its quotes."""
    sly = 'x" level=error event="leader lost" y="'

    with logged(CONSOLE) as log:
        log.voice.changes("wiki", 1, [ended(change(before={"title": sly}))])

    assert f"before.title={json.dumps(sly)}" in log.text


def test_values_that_should_be_hidden_stand_in_no_line():
    """By globs without regard to case, in names, reasons and errors that quote them too."""
    settings = LogSettings(format="json", hide=["PHONE", "attributes.*", "user_name"])
    gone = change(
        before={"phone": "555-0101", "title": "Engineer"},
        after={"phone": None, "attributes.room": "B 12", "title": "Chief"},
        reason="phone 555-0101 is gone",
    )

    with logged(settings) as log:
        log.voice.changes("wiki", 1, [ended(gone, FAILED, "room 'B 12' of ada is no room")])

    told = log.only()
    assert told["before"] == {"phone": "…", "title": "Engineer"}
    assert told["after"] == {"phone": None, "attributes.room": "…", "title": "Chief"}
    assert told["name"] == "…"
    assert told["error"] == "room '…' of … is no room"
    assert told["reason"] == "phone … is gone"
    assert told["key"] == "people:ada"


def test_keys_members_and_refs_can_be_hidden_too():
    """Where keys are names; a group's name goes with the user's in a member's change."""
    settings = LogSettings(format="json", hide=["key", "member", "ref", "display_name"])
    joins = change("ada in Staff", Op.ADD, Kind.MEMBER, member=Key("people:ada"))

    with logged(settings) as log:
        log.voice.changes("wiki", 1, [ended(joins)])

    told = log.only()
    assert [told[name] for name in ("key", "member", "ref", "name")] == ["…"] * 4


def test_a_cycle_ends_with_its_counts_and_what_somebody_should_look_at():
    """One event for each of these, with the command that answers it."""
    now = standing(
        run=12,
        digest="0123456789abcdef",
        planned={"user.create": 3},
        done={"user.create": 2},
        failed={"user.create": 1},
        held={"user.delete": 12},
        outcome="failed",
        trouble="create of a user: no",
        failures=2,
        failing_since=AT,
        conflicts=2,
        withheld=("source hr was not read whole",),
        withheld_changes={"user.suspend": 4},
        sources={"hr": Reading(users=5, gaps=("page 2: timed out",))},
    )

    with logged() as log:
        log.voice.cycle_begun("wiki")
        log.voice.cycle_ended(None, now, 1.23456)

    shown = {one.pop("event"): one for one in log.events}
    assert [(name, one["level"]) for name, one in shown.items()] == [
        ("cycle begun", "info"),
        ("cycle ended", "info"),
        ("held", "notice"),
        ("conflicts", "notice"),
        ("source incomplete", "warning"),
        ("withheld", "warning"),
        ("failed", "error"),
    ]
    ended_ = shown["cycle ended"]
    assert (ended_["planned"], ended_["done"], ended_["failed"], ended_["held"]) == (3, 2, 1, 12)
    assert ended_["seconds"] == 1.235
    assert shown["held"]["approve"] == "syncd approve 0123456789ab"
    assert shown["source incomplete"]["why"] == ["page 2: timed out"]
    assert (shown["withheld"]["removals"], shown["failed"]["failures"]) == (4, 2)


def test_a_plan_as_before_is_not_told_of_again():
    """Every quarter of an hour; the end of a cycle still has the counts."""
    now = standing(digest="0123456789ab", held={"user.delete": 12}, conflicts=1, unmapped=2)
    other = standing(digest="ba9876543210", held={"user.delete": 12})

    with logged() as log:
        for before, after in [(None, now), (now, now), (now, other)]:
            log.voice.cycle_ended(before, after, 1.0)

    assert [one["event"] for one in log.events] == [
        *["cycle ended", "held", "conflicts", "unmapped"],
        "cycle ended",
        *["cycle ended", "held"],
    ]
    assert [one["held"] for one in log.events if one["event"] == "cycle ended"] == [12, 12, 12]


def test_a_cycle_that_broke_off_does_not_tell_the_last_ones_counts_again():
    """Its standing still has them, and nobody has counted anew."""
    with logged() as log:
        log.voice.cycle_ended(
            None,
            standing(
                outcome="source failed",
                trouble="hr: no route",
                failures=1,
                held={"user.delete": 9},
                run=3,
            ),
            0.5,
        )

    assert [one["event"] for one in log.events] == ["cycle ended", "failed"]
    assert "run" not in log.events[0]
    assert log.events[1]["error"] == "hr: no route"


def test_each_mistake_of_a_refused_reload_is_an_event():
    """However many, and none of them is a line of its own."""
    with logged() as log:
        log.voice.happened("reload_refused", problems=("a: wrong\nhere", *["b"] * 60))

    assert log.events[0]["error"] == "a: wrong\nhere"
    assert {one["event"] for one in log.events} == {"reload refused"}
    assert (len(log.events), log.events[-1]["error"]) == (51, "and 11 more")


def test_a_bug_is_one_event_with_its_place():
    """Where its words might quote what is hidden, they are left out."""
    for hide, words in (([], "KeyError: 'phone 555'"), (["phone"], "KeyError")):
        with logged(LogSettings(format="json", hide=hide)) as log:
            try:
                {}["phone 555"]
            except KeyError as error:
                log.voice.happened("bug", sync="wiki", error=error)

        told = log.only()
        assert (told["level"], told["event"], told["error"]) == ("error", "bug", words)
        assert told["at"][0].startswith("tests/daemon/test_log.py:")


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


def test_five_thousand_changes_are_told_of_in_half_a_second():
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
            spent = []
            for _ in range(3):
                began = time.process_time()
                log.voice.changes("wiki", 1, batch)
                spent.append(time.process_time() - began)

        assert len(log.lines) == 15_000
        assert min(spent) < 0.5
