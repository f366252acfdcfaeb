"""Who is in which group of a SQL store, as the ports have it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from syncd.backends.sql.joining import add, remove
from syncd.backends.sql.pages import AT_ONCE, member_pages
from syncd.backends.sql.schema import GROUPS, MEMBERS, USERS
from syncd.backends.sql.session import Session
from syncd.bulk import Delta
from syncd.core.model import Member, Op, Ref
from syncd.errors import NotFound, Rejected
from syncd.paging import Members, Page


class SqlMembers:
    ops = frozenset({Op.ADD, Op.REMOVE})

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Iterator[Member]:
        with self._session.reading() as connection:
            if connection is None:
                return
            statement = select(MEMBERS.c.group_id, MEMBERS.c.user_id)
            rows = connection.execution_options(yield_per=AT_ONCE).execute(statement)
            for group, user in rows:
                yield Member(group, user)

    def pages(self) -> Iterator[Page[Members]]:
        """As `PagedMemberships.pages`. Inside a batch, nothing else goes on before it ends."""
        with self._session.reading() as connection:
            if connection is not None:
                yield from member_pages(connection, self._session.where)

    def of(self, groups: Sequence[Ref]) -> Iterator[Members]:
        """As `SelectiveMemberships.of`."""
        group, user = MEMBERS.c.group_id, MEMBERS.c.user_id
        with self._session.reading() as connection:
            if connection is None:
                return
            for some in _chunks(groups):
                statement = select(group, user).where(group.in_(some)).order_by(group, user)
                rows = connection.execute(statement)
                for ref, pairs in groupby(rows, key=itemgetter(0)):
                    yield Members(ref, tuple(sorted(Ref(one) for _, one in pairs)))

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        with self._session.writing() as connection:
            self._check(connection, GROUPS, [group], "there is no group")
            self._check(connection, USERS, add, f"to add to group {group}, there is no user")
            for refs in _chunks(remove):
                gone = MEMBERS.c.group_id == group, MEMBERS.c.user_id.in_(refs)
                connection.execute(delete(MEMBERS).where(*gone))
            for refs in _chunks(add):
                already = _found(connection, MEMBERS.c.user_id, refs, MEMBERS.c.group_id == group)
                new = [{"group_id": group, "user_id": ref} for ref in refs if ref not in already]
                if new:
                    connection.execute(insert(MEMBERS), new)

    def write(self, deltas: Sequence[Delta]) -> list[Rejected | None]:
        """As `BulkMemberships.write`."""
        return self._session.in_bulk(deltas, self._together, self._alone)

    def _alone(self, delta: Delta) -> None:
        self.change(delta.group, delta.add, delta.remove)

    def _together(self, connection: Connection, deltas: Sequence[Delta]) -> list[None]:
        for some in _of_different_groups(deltas):
            groups = [delta.group for delta in some]
            self._check(connection, GROUPS, groups, "there is no group")
            remove(connection, {delta.group: delta.remove for delta in some})
            add(connection, {delta.group: delta.add for delta in some})
        return [None] * len(deltas)

    def _check(self, connection: Connection, table: Table, refs: Sequence[Ref], lack: str) -> None:
        for some in _chunks(refs):
            found = _found(connection, table.c.id, some)
            if missing := [ref for ref in some if ref not in found]:
                raise NotFound(f"{self._session.where}: {lack} {', '.join(missing)}")


def _found(connection: Connection, column: Any, refs: Sequence[Ref], *where: Any) -> set[Ref]:
    return set(connection.scalars(select(column).where(column.in_(refs), *where)))


def _chunks(refs: Sequence[Ref]) -> Iterator[list[Ref]]:
    unique = list(dict.fromkeys(refs))
    for start in range(0, len(unique), AT_ONCE):
        yield unique[start : start + AT_ONCE]


def _of_different_groups(deltas: Sequence[Delta]) -> Iterator[list[Delta]]:
    """What is done to one group after the other is done in that order."""
    some: dict[Ref, Delta] = {}
    for delta in deltas:
        if delta.group in some:
            yield list(some.values())
            some = {}
        some[delta.group] = delta
    yield list(some.values())
