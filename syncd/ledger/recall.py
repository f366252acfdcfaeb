"""What is remembered of a sync; links by their keys and refs, where only some are asked about."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from syncd.core.approval import Consent
from syncd.core.memory import Link, Memory
from syncd.core.model import Key, Kind, Ref
from syncd.ledger import consent, history, holds, runs
from syncd.ledger.rows import among
from syncd.ledger.schema import LINKS
from syncd.ledger.spent import spent

_AT_ONCE = 1000


def memory(
    connection: Connection,
    sync: str,
    since: datetime,
    by: tuple[datetime | None, Consent, Collection[timedelta]],
    known: tuple[Link, ...],
) -> Memory:
    """All that is remembered; `by` is until when approvals count, whose are needed, and which
    delays may have been watched."""
    now, given, delays = by
    return Memory(
        links=known,
        open_lines=history.open_lines(connection, sync),
        spent=spent(connection, sync, since, now),
        approved=consent.approved(connection, sync, now, given) if now else {},
        watched=runs.watched(connection, sync, now, delays) if now else {},
        holds=holds.lasting(connection),
    )


def some_links(
    connection: Connection,
    sync: str,
    keys: Collection[tuple[Kind, Key]],
    refs: Collection[tuple[Kind, Ref]],
) -> tuple[Link, ...]:
    """Those that have one of these keys, or one of these refs; each once."""
    found = {
        (link.kind, link.key): link
        for column, wanted in ((LINKS.c.key, keys), (LINKS.c.ref, refs))
        for kind, values in _by_kind(wanted)
        for link in _of_kind(connection, sync, kind, column, values)
    }
    return tuple(found[which] for which in sorted(found))


def links_of_kind(connection: Connection, sync: str, kind: Kind) -> tuple[Link, ...]:
    """In the order of keys."""
    found = _found(connection, kind, LINKS.c.sync == sync, LINKS.c.kind == kind)
    return tuple(sorted(found, key=lambda link: link.key))


def links_after(connection: Connection, sync: str, kind: Kind, key: Key | None) -> list[Link]:
    """The next of one kind after this key, in the database's order; from the first for None."""
    where = [LINKS.c.sync == sync, LINKS.c.kind == kind]
    where += [LINKS.c.key > key] if key is not None else []
    return list(_found(connection, kind, *where, most=_AT_ONCE))


def leavers_with_aliases(connection: Connection, sync: str, kind: Kind) -> tuple[Link, ...]:
    """Those who are in no source under their key, and were met under others, too."""
    of_kind = LINKS.c.sync == sync, LINKS.c.kind == kind
    left = LINKS.c.left_at.is_not(None), LINKS.c.aliases != literal_column("'[]'")
    return tuple(_found(connection, kind, *of_kind, *left))


def suspensions(
    connection: Connection, sync: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """When each leaver who was suspended in that time was first missed, and when suspended."""
    found = select(LINKS.c.left_at, LINKS.c.suspended_at).where(
        LINKS.c.sync == sync,
        LINKS.c.kind == Kind.USER,
        LINKS.c.left_at.is_not(None),
        LINKS.c.suspended_at.between(since, until),
    )
    return [(left, suspended) for left, suspended in connection.execute(found)]


def count_links(connection: Connection, sync: str, kind: Kind) -> int:
    counted = select(func.count()).select_from(LINKS)
    return connection.scalar(counted.where(LINKS.c.sync == sync, LINKS.c.kind == kind)) or 0


def are_present(connection: Connection, sync: str, kind: Kind, prefix: str, number: int) -> bool:
    """Whether so many have keys with that prefix and were not missed in the sources."""
    # Compared as octets, as Python does, wherever the database stands.
    key = LINKS.c.key.collate("C") if connection.dialect.name == "postgresql" else LINKS.c.key
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    found = select(LINKS.c.key).where(
        key >= prefix,
        key < after,
        LINKS.c.sync == sync,
        LINKS.c.kind == kind,
        LINKS.c.left_at.is_(None),
    )
    return len(connection.scalars(found.limit(number)).all()) == number


def _by_kind(wanted: Collection[tuple[Kind, Any]]) -> Iterator[tuple[Kind, list[str]]]:
    values: dict[Kind, list[str]] = defaultdict(list)
    for kind, value in wanted:
        values[kind].append(value)
    for kind, some in values.items():
        for start in range(0, len(some), _AT_ONCE):
            yield kind, some[start : start + _AT_ONCE]


def _of_kind(
    connection: Connection, sync: str, kind: Kind, column: Any, values: list[str]
) -> Iterator[Link]:
    one_of = among(connection, column, values)
    return _found(connection, kind, LINKS.c.sync == sync, LINKS.c.kind == kind, one_of)


def _found(
    connection: Connection, kind: Kind, *where: ColumnElement[bool], most: int | None = None
) -> Iterator[Link]:
    names = [name for name in Link.__struct_fields__ if name != "kind"]
    statement = select(*(LINKS.c[name] for name in names)).where(*where)
    if most is not None:
        statement = statement.order_by(LINKS.c.key).limit(most)
    for *rest, aliases in connection.execute(statement).all():
        yield Link(kind, *(*rest, _ALIASES.decode(aliases)))  # aliases are the last field


_ALIASES = msgspec.json.Decoder(tuple[Key, ...])
