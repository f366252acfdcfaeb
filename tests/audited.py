"""What an audit says of a ledger, as a test looks at it."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from syncd.audit.audit import Audit, Rules
from syncd.audit.place import remembered
from syncd.audit.projection import Projection
from syncd.audit.segments import segments
from syncd.audit.verdict import Anchors, Verdict
from syncd.audit.verify import verify
from syncd.database import Database
from syncd.hidden import Hidden
from syncd.ledger import Ledger
from syncd.ledger.schema import JOURNAL, RUNS, SCHEMA
from syncd.ledger.trail import Trail
from tests.servers.databases import Place


def records(directory: Path) -> list[dict[str, Any]]:
    return [
        msgspec.json.decode(line)
        for path in segments(directory)
        for line in path.read_bytes().splitlines()
    ]


def verdict(directory: Path, place: Place | None = None) -> Verdict:
    """Held against the ledger where there is one."""
    head = None
    if place is not None:
        with _database(place) as database:
            head = remembered(Trail(database.reading, database.writing), directory)
    return verify(segments(directory), Anchors(head))


def assert_told(directory: Path, place: Place) -> None:
    """Each outcome that the ledger has is told exactly once and as it is, each run's too; and
    nothing else. The chain is whole."""
    found = verdict(directory, place)
    assert found.problems == []
    told = records(directory)
    lines = [one for one in told if one["event"] == "change"]
    assert Counter(one["line"] for one in lines).most_common(1)[0][1] == 1
    with _database(place) as database, database.reading() as connection:
        statement = select(JOURNAL.c.line, JOURNAL.c.run, JOURNAL.c.outcome, JOURNAL.c.error)
        kept = connection.execute(statement.where(JOURNAL.c.outcome.is_not(None))).all()
        runs = connection.execute(select(RUNS.c.run, RUNS.c.outcome)).all()
    assert {(one["line"], one["run"], one["outcome"], one.get("error", "")) for one in lines} == {
        tuple(row) for row in kept
    }
    ended = [(one["run"], one["outcome"]) for one in told if one["event"] == "run ended"]
    assert sorted(ended) == sorted(tuple(row) for row in runs if row.outcome is not None)
    begun = [one["run"] for one in told if one["event"] == "run begun"]
    assert sorted(begun) == sorted(row.run for row in runs)


@contextmanager
def _database(place: Place) -> Iterator[Database]:
    database = place.database(SCHEMA)
    try:
        yield database
    finally:
        database.close()


def audited(ledger: Ledger, directory: Path) -> Audit:
    """The ledger is followed by an audit there."""
    projection = Projection(ledger.trail, Hidden(()), str)
    audit = Audit(ledger.trail, projection, Rules(directory), lambda _trouble: None)
    ledger.followed_by(audit)
    ledger.follow()
    return audit


def cut_off(ledger: Ledger, directory: Path) -> None:
    """Somebody takes the last line away, and the next run finds out."""
    ledger.followed_by(None)
    newest = segments(directory)[-1]
    newest.write_bytes(b"".join(newest.read_bytes().splitlines(keepends=True)[:-1]))
    audited(ledger, directory)


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Puts something else into a segment's lines, and makes all hashes after it good again."""
    lines, prev = [], b""
    for line in path.read_bytes().splitlines():
        before, mark, rest = line.rpartition(b',"hash":"')[0].rpartition(b',"prev":"')
        body = before.replace(old, new) + mark + (prev + b'"' if prev else rest)
        prev = hashlib.sha256(body).hexdigest().encode()
        lines.append(body + b',"hash":"' + prev + b'"}\n')
    path.write_bytes(b"".join(lines))
