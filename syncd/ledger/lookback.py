"""Which runs there were that somebody looks for, and what each of them left besides its lines."""

from collections.abc import Collection, Iterator
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, or_, select

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Ref
from syncd.ledger import history
from syncd.ledger.operation import APPROVALS, APPROVED
from syncd.ledger.rows import among
from syncd.ledger.schema import BATCHES, LINES, LINKS, MARKS, RUNS

_NAMED = ("name", "user_name", "email", "display_name")
"""Where a line of the journal has what somebody, or a group, is called."""

_WALKED = 2_000_000
"""So many lines of the journal, the newest, are walked through for a name: some seconds."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which runs are looked for: those of which all that is said holds. `keys` are full keys of
    which a run has a line; None for any. `since` is meant with, `until` without its moment."""

    sync: str | None = None
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    outcome: str | None = None
    keys: frozenset[Key] | None = None


class Used(Struct, frozen=True):
    """An approval by which a run made so many changes."""

    approval: int
    approved_by: str
    approved_at: datetime
    changes: int


class Moved(Struct, frozen=True):
    """From this run on, a thing has another key."""

    run: int
    kind: Kind
    old: Key
    new: Key


def where(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = RUNS.c
    found: list[ColumnElement[bool]] = []
    if wanted.sync is not None:
        found.append(columns.sync == wanted.sync)
    if wanted.before is not None:
        found.append(columns.run < wanted.before)
    if wanted.since is not None:
        found.append(columns.begun_at >= wanted.since)
    if wanted.until is not None:
        found.append(columns.begun_at < wanted.until)
    if wanted.outcome is not None:
        found.append(columns.outcome == wanted.outcome)
    if wanted.keys is not None:
        found.append(among(connection, columns.run, _touching(connection, wanted.keys)))
    return found


def _touching(connection: Connection, keys: Collection[Key]) -> set[int]:
    """The runs with a line of these, or of their membership in anything."""
    batches: set[int] = set()
    for column in (LINES.c.key, LINES.c.member):
        lines = select(LINES.c.batch).where(among(connection, column, keys)).distinct()
        batches |= set(connection.scalars(lines))
    runs = select(BATCHES.c.run).where(among(connection, BATCHES.c.batch, batches)).distinct()
    return set(connection.scalars(runs))


def called(connection: Connection, sync: str | None, word: str) -> frozenset[Key]:
    """The keys of whom the word means: a key, with its source or without, a ref, a name now, or
    where nobody has it now, one that the journal has. Names are compared without case."""
    ends = LINKS.c.key.endswith(f":{word}", autoescape=True)
    named = func.lower(LINKS.c.name) == word.lower()
    links = select(LINKS.c.key).where(or_(LINKS.c.key == word, ends, LINKS.c.ref == word, named))
    if sync is not None:
        links = links.where(LINKS.c.sync == sync)
    return frozenset(connection.scalars(links)) or _once_called(connection, word)


def once_called(
    connection: Connection, sync: str, word: str, sources: Collection[str], limit: int
) -> dict[Key, str]:
    """Keys and names of users who were called so at any time: by links, by what was remembered, or
    by the journal. Keys are looked up; only where nobody has it for a
    key is the journal walked through, as far back as is told in a few seconds."""
    keys = [word, *(f"{source}:{word}" for source in sources)]
    columns = MARKS.c
    named = func.lower(columns.name) == word.lower()
    marked = select(columns.key, columns.name).where(
        columns.sync == sync,
        columns.kind == Kind.USER.value,
        or_(columns.key.in_(keys), columns.old_key.in_(keys), columns.ref == word, named),
    )
    linked = select(LINKS.c.key, LINKS.c.name).where(
        LINKS.c.sync == sync,
        LINKS.c.kind == Kind.USER.value,
        or_(LINKS.c.key.in_(keys), LINKS.c.ref == word, func.lower(LINKS.c.name) == word.lower()),
    )
    found = {
        Key(key): name
        for statement in (marked, linked)
        for key, name in connection.execute(statement.limit(limit))
    }
    found |= _in_lines(connection, sync, [LINES.c.key.in_(keys)], limit)
    if found:
        return found
    newest = connection.scalar(select(func.max(LINES.c.line))) or 0
    return _in_lines(connection, sync, _ways(word), limit, after=newest - _WALKED)


def _in_lines(
    connection: Connection,
    sync: str,
    ways: Collection[ColumnElement[bool]],
    limit: int,
    after: int = 0,
) -> dict[Key, str]:
    """Users of whom a line is found in any of these ways, by their last names."""
    lines = select(LINES.c.key, LINES.c.change)
    lines = lines.where(LINES.c.line > after, LINES.c.member.is_(None), or_(*ways))
    mine = lines.join(BATCHES, BATCHES.c.batch == LINES.c.batch).where(BATCHES.c.sync == sync)
    found: dict[Key, str] = {}
    for key, change in connection.execute(mine.order_by(LINES.c.line.desc())):
        kept = history.kept(change)
        if kept.kind is Kind.USER and len(found) < limit:
            found.setdefault(Key(key), kept.name)
    return found


def _ways(word: str) -> list[ColumnElement[bool]]:
    """How a line has it that somebody, or a group, is called so."""
    written = msgspec.json.encode(word).decode()
    return [LINES.c.change.icontains(f'"{name}":{written}', autoescape=True) for name in _NAMED]


def _once_called(connection: Connection, word: str) -> frozenset[Key]:
    """Walks through the whole journal."""
    ways = [LINES.c.key == word, LINES.c.key.endswith(f":{word}", autoescape=True), *_ways(word)]
    lines = select(LINES.c.key).where(LINES.c.member.is_(None), or_(*ways)).distinct()
    return frozenset(connection.scalars(lines))


def marks(connection: Connection, run: int) -> Iterator[Mark]:
    """What the run remembered besides its changes, in its order."""
    columns = [
        MARKS.c[name] for name in ("remark", "kind", "key", "ref", "name", "rule", "old_key")
    ]
    statement = select(*columns).where(MARKS.c.run == run).order_by(MARKS.c.mark)
    for remark, kind, key, ref, name, rule, old in connection.execute(statement):
        yield Mark(Remark(remark), Kind(kind), Key(key), Ref(ref), name, rule, old)


def moved(connection: Connection, sync: str, after: int, upto: int) -> list[Moved]:
    """In the order in which it happened."""
    columns = (MARKS.c.run, MARKS.c.kind, MARKS.c.old_key, MARKS.c.key)
    statement = select(*columns).where(
        MARKS.c.sync == sync,
        MARKS.c.remark == Remark.REKEY.value,
        MARKS.c.run > after,
        MARKS.c.run <= upto,
    )
    rows = connection.execute(statement.order_by(MARKS.c.mark))
    return [Moved(run, Kind(kind), Key(old), Key(new)) for run, kind, old, new in rows]


def approvals_used(connection: Connection, run: int) -> list[Used]:
    """By which the run made anything, the oldest first."""
    columns = (APPROVALS.c.approval, APPROVALS.c.approved_by, APPROVALS.c.approved_at)
    statement = (
        select(*columns, func.count())
        .join(APPROVED, APPROVED.c.approval == APPROVALS.c.approval)
        .where(APPROVED.c.used_by == run)
        .group_by(*columns)
        .order_by(APPROVALS.c.approval)
    )
    return [Used(*row) for row in connection.execute(statement)]


def with_lines(connection: Connection, sync: str, after: int, upto: int) -> list[int]:
    """The numbers of the sync's runs in that range that have any, in order."""
    statement = select(BATCHES.c.run).where(
        BATCHES.c.sync == sync, BATCHES.c.run > after, BATCHES.c.run <= upto
    )
    return list(connection.scalars(statement.distinct().order_by(BATCHES.c.run)))
