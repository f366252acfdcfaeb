"""Links, and what each done change and each remark makes of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from syncd.core.memory import Link, Mark, Remark
from syncd.core.model import NAME_FIELD, Key, Kind, Op, Ref, Rung
from syncd.core.plan import Change
from syncd.ledger import events
from syncd.ledger.history import DONE, is_of_undo, run_of
from syncd.ledger.journal import Ended, confirm
from syncd.ledger.rows import among, insert_rows
from syncd.ledger.schema import LINKS, MARKS

_KEY = (
    LINKS.c.sync == bindparam("of_sync"),
    LINKS.c.kind == bindparam("of_kind"),
    LINKS.c.key == bindparam("of_key"),
)
_REF = (
    LINKS.c.sync == bindparam("of_sync"),
    LINKS.c.kind == bindparam("of_kind"),
    LINKS.c.ref == bindparam("of_ref"),
)

_COLUMNS = ("sync", "kind", "key", "ref", "name", "aliases")
_KINDS = {kind: kind.value for kind in Kind}

_KEPT = tuple(name for name in Mark.__struct_fields__ if name in MARKS.c)
"""What of a mark is kept for people: its aliases stand in the link."""


def recall(connection: Connection, sync: str) -> tuple[Link, ...]:
    statement = select(*(LINKS.c[name] for name in Link.__struct_fields__))
    statement = statement.where(LINKS.c.sync == sync).order_by(LINKS.c.kind, LINKS.c.key)
    kinds = {kind.value: kind for kind in Kind}
    return tuple(
        Link(kinds[kind], *(*rest, _ALIASES.decode(aliases)))
        for kind, *rest, aliases in connection.execute(statement)
    )


def refs(connection: Connection, sync: str, kind: Kind, keys: Collection[Key]) -> dict[Key, Ref]:
    statement = select(LINKS.c.key, LINKS.c.ref)
    of_kind = LINKS.c.sync == sync, LINKS.c.kind == kind, among(connection, LINKS.c.key, keys)
    rows = connection.execute(statement.where(*of_kind))
    return {Key(key): Ref(ref) for key, ref in rows}


def follow(connection: Connection, sync: str, ended: Iterable[Ended], now: datetime) -> None:
    """What the changes that are done make of their links."""
    done = [one for one in ended if one.outcome == DONE]
    of_things = (one for one in done if one.change.kind is not Kind.MEMBER)
    for op, some in groupby(of_things, key=lambda one: one.change.op):
        _FOLLOW[op](connection, sync, list(some), now)
    if stripped := {one.change.member: one.line for one in done if one.change.rung is Rung.STRIP}:
        run = run_of(connection, min(stripped.values()))
        rows = [{"of_sync": sync, "of_kind": Kind.USER.value, "of_key": key} for key in stripped]
        _update(connection, rows, stripped_at=now, stepped_in=run)
    added = [one for one in done if one.change.op is Op.ADD]
    if added and is_of_undo(connection, added[0].line):
        # Whom it puts back is stripped again before anything else becomes of them.
        keys = {one.change.member for one in added}
        rows = [{"of_sync": sync, "of_kind": Kind.USER.value, "of_key": key} for key in keys]
        _update(connection, rows, stripped_at=None)


def _created(connection: Connection, sync: str, ended: Sequence[Ended], _now: datetime) -> None:
    rows = [_link_row(sync, one.change, one.ref) for one in ended]
    try:
        with connection.begin_nested():
            insert_rows(connection, LINKS, _COLUMNS, rows)
    except IntegrityError:
        # The target gave out these refs just now: an older link of the key, or of the ref, is of
        # something that is gone.
        older = [{**_of(sync, one), "of_ref": one.ref} for one in ended]
        connection.execute(delete(LINKS).where(*_REF), older)
        connection.execute(delete(LINKS).where(*_KEY), older)
        insert_rows(connection, LINKS, _COLUMNS, rows)


def _link_row(sync: str, change: Change, ref: Ref | None) -> tuple[Any, ...]:
    kind, aliases = _KINDS[change.kind], change.aliases
    return sync, kind, change.key, ref, change.name, _text(aliases) if aliases else "[]"


def _updated(connection: Connection, sync: str, ended: Sequence[Ended], _now: datetime) -> None:
    rows = []
    for one in ended:
        name = one.change.after.get(NAME_FIELD[one.change.kind])
        if name is not None:
            rows.append({**_of(sync, one), "new_name": name})
    _update(connection, rows, name=bindparam("new_name"))


def _suspended(connection: Connection, sync: str, ended: Sequence[Ended], now: datetime) -> None:
    run = run_of(connection, ended[0].line)
    _update(connection, [_of(sync, one) for one in ended], suspended_at=now, stepped_in=run)


def _restored(connection: Connection, sync: str, ended: Sequence[Ended], _now: datetime) -> None:
    back = {"left_at": None, "suspended_at": None, "stripped_at": None, "stepped_in": 0}
    _update(connection, [_of(sync, one) for one in ended], **back)


def _deleted(connection: Connection, sync: str, ended: Sequence[Ended], _now: datetime) -> None:
    connection.execute(delete(LINKS).where(*_KEY), [_of(sync, one) for one in ended])


_FOLLOW: dict[Op, Callable[[Connection, str, Sequence[Ended], datetime], None]] = {
    Op.CREATE: _created,
    Op.UPDATE: _updated,
    Op.SUSPEND: _suspended,
    Op.RESTORE: _restored,
    Op.DELETE: _deleted,
}


class Remarked(Struct, frozen=True):
    """A mark, and when and by which run it was made."""

    run: int
    sync: str
    at: datetime
    mark: Mark


def remarked(connection: Connection, sync: str, key: Key) -> list[Remarked]:
    """The newest first; what was remarked under an older key is found by that."""
    columns = (MARKS.c[name] for name in ("run", "at", *_KEPT))
    same = or_(MARKS.c.key == key, MARKS.c.old_key == key)
    statement = select(*columns).where(MARKS.c.sync == sync, same).order_by(MARKS.c.mark.desc())
    return [
        Remarked(run, sync, at, Mark(Remark(remark), Kind(kind), *rest))
        for run, at, remark, kind, *rest in connection.execute(statement)
    ]


def marks_where(
    connection: Connection, where: ColumnElement[bool], limit: int
) -> list[tuple[int, Remarked]]:
    """The first ones, each with its number."""
    columns = (MARKS.c[name] for name in ("mark", "run", "sync", "at", *_KEPT))
    statement = select(*columns).where(where).order_by(MARKS.c.mark).limit(limit)
    return [
        (number, Remarked(run, sync, at, Mark(Remark(remark), Kind(kind), *rest)))
        for number, run, sync, at, remark, kind, *rest in connection.execute(statement)
    ]


def mark(connection: Connection, run: int, sync: str, marks: Sequence[Mark], now: datetime) -> None:
    """What an apply remarks, in its order, and the reasons kept."""
    for remark, some in groupby(marks, key=lambda one: one.remark):
        batch = list(some)
        rows = [_mark_row(sync, one) for one in batch]
        _remark(connection, remark, rows, (run, now))
        if remark in (Remark.CLAIM, Remark.SUSPENDED):
            confirm(connection, sync, batch, now)
    if marks:
        kept = {"run": run, "sync": sync, "at": now}
        before = connection.scalar(_NEWEST_MARK) or 0
        connection.execute(
            insert(MARKS),
            [{**kept, **{name: getattr(one, name) for name in _KEPT}} for one in marks],
        )
        numbers = [(before + 1, connection.scalar(_NEWEST_MARK))]
        events.tell(connection, events.MARKS, now, sync=sync, run=run, marks=numbers)


def rename(connection: Connection, sync: str, names: Mapping[tuple[Kind, Ref], str]) -> None:
    rows = [
        {"of_sync": sync, "of_kind": kind, "of_ref": ref, "new_name": name}
        for (kind, ref), name in names.items()
    ]
    connection.execute(update(LINKS).where(*_REF).values(name=bindparam("new_name")), rows)


def _remark(
    connection: Connection, remark: Remark, rows: list[dict[str, Any]], when: tuple[int, datetime]
) -> None:
    match remark:
        case Remark.ADOPT | Remark.CLAIM:
            if remark is Remark.CLAIM:
                connection.execute(delete(LINKS).where(*_REF), rows)
            connection.execute(delete(LINKS).where(*_KEY), rows)
            _insert(connection, rows)
        case Remark.REKEY:
            # A link that has the new key already is of an account that is gone.
            connection.execute(delete(LINKS).where(*_KEY), rows)
            moved = [{**row, "of_key": row["old_key"], "new_key": row["of_key"]} for row in rows]
            names = ("key", "name", "aliases")
            _update(connection, moved, **{name: bindparam(f"new_{name}") for name in names})
        case Remark.ALIASES:
            _update(connection, rows, aliases=bindparam("new_aliases"))
        case Remark.FORGET:
            # Under the key there may be the account that was made in its place by now.
            connection.execute(delete(LINKS).where(*_KEY, LINKS.c.ref == bindparam("of_ref")), rows)
        case _:
            _update(connection, rows, **_stamps(*when)[remark])


def _stamps(run: int, now: datetime) -> dict[Remark, dict[str, object]]:
    return {
        Remark.LEFT: {"left_at": func.coalesce(LINKS.c.left_at, now), "stepped_in": run},
        Remark.RETURNED: {"left_at": None, "stripped_at": None, "stepped_in": 0},
        Remark.SUSPENDED: {"suspended_at": now, "stepped_in": run},
        Remark.STRIPPED: {"stripped_at": now, "stepped_in": run},
        Remark.ACTIVE: {"suspended_at": None},
    }


def _of(sync: str, one: Ended) -> dict[str, Any]:
    return {"of_sync": sync, "of_kind": _KINDS[one.change.kind], "of_key": one.change.key}


def _mark_row(sync: str, one: Mark) -> dict[str, Any]:
    return {
        "of_sync": sync,
        "of_kind": _KINDS[one.kind],
        "of_key": one.key,
        "of_ref": one.ref,
        "new_name": one.name,
        "new_aliases": _text(one.aliases),
        "old_key": one.old_key,
    }


def _insert(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    given = itemgetter("of_sync", "of_kind", "of_key", "of_ref", "new_name", "new_aliases")
    insert_rows(connection, LINKS, _COLUMNS, map(given, rows))


def _update(connection: Connection, rows: Sequence[dict[str, Any]], **values: object) -> None:
    if rows:
        connection.execute(update(LINKS).where(*_KEY).values(**values), rows)


def _text(aliases: Sequence[Key]) -> str:
    return msgspec.json.encode(aliases).decode()


_NEWEST_MARK = select(func.max(MARKS.c.mark))
_ALIASES = msgspec.json.Decoder(tuple[Key, ...])
