"""A ledger of an older syncd is carried over: everything in it is read as it was."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Column, MetaData, Table, insert

from syncd.core.memory import OpenLine
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change, Plan
from syncd.database import UtcTime
from syncd.ledger import DONE, FAILED, MOOT, Ended, Line, open_ledger
from syncd.ledger.schema import SCHEMA

THEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
RUN = {"target": "wiki", "digest": "d", "begun_at": THEN, "planned": 1, "held": 0, "refused": 0}
RUNS = [
    {"sync": sync, **RUN, "conflicts": 0, "withheld": "[]"} for sync in ("staff", "other", "staff")
]
"""Numbers 1, 2 and 3."""
ODD = {"user_name": 'Zoë "\\ \x01 ☃', "admin": True, "email": None}
ODD_TEXT = msgspec.json.encode(ODD).decode()


def at(minutes: int) -> datetime:
    return THEN + timedelta(minutes=minutes)


def line(number: int, run: int, **rest) -> dict[str, object]:
    """As the first revision stored one; those of a run that began together have a moment."""
    return {
        "line": number,
        "run": run,
        "sync": RUNS[run - 1]["sync"],
        "op": "update",
        "kind": "user",
        "key": "ada",
        "name": "ada",
        "ref": "r-ada",
        "member": None,
        "member_ref": None,
        "before": "{}",
        "after": "{}",
        "reason": "is so",
        "begun_at": THEN,
        "ended_at": at(1),
        "outcome": DONE,
        "error": "",
        **rest,
    }


OPEN = {"outcome": None, "ended_at": None}
MEMBER = {"kind": "member", "op": "add", "key": "g", "member": "ada", "member_ref": "r-ada"}
LINES = [
    line(1, 1, op="create", after=ODD_TEXT, before='{"title":"Dr"}'),
    line(2, 2, op="create", key="bob", ref=None, **OPEN),
    line(3, 1, outcome=FAILED, error="taken by bob", ended_at=at(2)),
    line(4, 1, begun_at=at(1), **MEMBER, ref="r-g"),
    line(5, 2, key="kim", op="create", ref="r-kim"),
    line(6, 1, begun_at=at(2), outcome=MOOT, ended_at=at(9)),
    line(7, 3, begun_at=at(3), op="create", key="zoe", ref=None, after=ODD_TEXT, **OPEN),
    line(8, 3, begun_at=at(3), op="suspend", ended_at=at(4)),
    line(9, 3, begun_at=at(5), op="delete", **OPEN),
]


@pytest.fixture
def old(place):
    """The place of a ledger at the first revision, with all kinds of lines."""
    database = place.database(SCHEMA)
    if database.file is not None:
        database.file.parent.mkdir()
    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCHEMA.migrations))
        config.attributes.update(connection=connection, version_table=SCHEMA.version_table)
        command.upgrade(config, "0001")
        for name, rows in (("ledger_runs", RUNS), ("ledger_journal", LINES)):
            times = [Column(at, UtcTime) for at in ("begun_at", "ended_at") if at in rows[0]]
            table = Table(name, MetaData(), *times, autoload_with=connection)
            connection.execute(insert(table), rows)
    database.close()
    return place


@pytest.fixture
def ledger(old):
    ledger = open_ledger(*old, write=True)
    yield ledger
    ledger.close()


def test_every_line_is_read_as_it_was(ledger):
    """Values, times, outcomes and errors, by run, sync and key."""
    texts = {"{}": {}, ODD_TEXT: ODD, '{"title":"Dr"}': {"title": "Dr"}}
    wanted = [
        Line(**{**one, "before": texts[one["before"]], "after": texts[one["after"]]})
        for one in reversed(LINES)
    ]
    assert ledger.lines() == wanted
    assert ledger.lines(run=1) == [one for one in wanted if one.run == 1]
    assert ledger.lines(sync="other") == [one for one in wanted if one.sync == "other"]
    assert [one.line for one in ledger.lines(sync="staff", key=Key("ada"))] == [9, 8, 6, 4, 3, 1]


def test_open_lines_are_open_and_what_was_spent_is(ledger):
    """In the window that is asked for."""
    found = [
        (one.line, one.op, one.key, one.after) for one in ledger.recall("staff", THEN).open_lines
    ]
    assert found == [(7, Op.CREATE, "zoe", ODD), (9, Op.DELETE, "ada", {})]
    assert ledger.recall("other", THEN).open_lines == (
        OpenLine(2, Op.CREATE, Kind.USER, Key("bob"), None, {}),
    )
    spent = {(Kind.USER, Op.CREATE): 1, (Kind.MEMBER, Op.ADD): 1, (Kind.USER, Op.SUSPEND): 1}
    assert ledger.recall("staff", THEN).spent == spent
    assert ledger.recall("staff", at(4)).spent == {(Kind.USER, Op.SUSPEND): 1}


def test_it_goes_on_where_it_was(ledger):
    """What was left open is settled, and new lines are newer."""
    plan = Plan(sync="staff", target="wiki", created=THEN, config="c")
    run = ledger.begin_run("staff", plan, at(60))
    ledger.settle("staff", run, at(60))
    change = Change(Op.CREATE, Kind.USER, Key("max"), "max")
    (number,) = ledger.begin(run, [change], at(61))
    ledger.end([Ended(number, change, DONE, Ref("r-max"))], at(62))
    assert (run, number) == (4, 10)
    fates = {line.line: line.outcome for line in ledger.lines()}
    assert [fates[number] for number in (2, 7, 8, 9, 10)] == [None, MOOT, DONE, MOOT, DONE]
