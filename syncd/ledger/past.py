"""What syncd wrote last, looked up in the journal for those alone that are asked about."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, select

from syncd.core.memory import Link, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.past import WHOLE, Fields, Known, Stuck, Where, Written
from syncd.core.stream import batches
from syncd.ledger import history, recall, stuck
from syncd.ledger.history import DONE, Kept, decode
from syncd.ledger.rows import among
from syncd.ledger.schema import JOURNAL, MARKS, RUNS

Reading = Callable[[], AbstractContextManager[Connection]]

_AT_ONCE = 1000


class LedgerPast:
    """A sync's `Past` as it is `made_by` this configuration and version: of another one, and where
    all is to be tried `afresh`, nothing counts as tried.

    What the run `verifying` wrote is fresh.
    """

    def __init__(self, reading: Reading, sync: str, made_by: str, *, afresh: bool) -> None:
        self._reading, self._sync = reading, sync
        self.made_by, self._afresh = made_by, afresh
        self._any: bool | None = None
        self.verifying: int | None = None

    def written(self, kind: Kind, fields: Fields) -> Mapping[Ref, Mapping[str, Written]]:
        found: dict[Ref, Mapping[str, Written]] = {}
        for some in batches(sorted(fields), _AT_ONCE):
            with self._reading() as connection:
                search = _Search(connection, self._sync, kind, {ref: fields[ref] for ref in some})
                search.look(self.verifying)
            found |= search.found
        return found

    def stuck(self, kind: Kind, keys: Collection[Key]) -> Mapping[Where, Stuck]:
        if self._any is None:
            with self._reading() as connection:
                self._any = stuck.is_any(connection, self._sync)
        found: dict[Where, Stuck] = {}
        for some in batches(sorted(keys), _AT_ONCE) if self._any else ():
            with self._reading() as connection:
                found |= self._counted(stuck.some(connection, self._sync, kind, some))
        return found

    def known(self, links: Iterable[Link]) -> Known:
        """All of it as a value: of these links, and of whatever never settled so far."""
        refs: dict[Kind, dict[Ref, None]] = defaultdict(dict)
        for link in links:
            refs[link.kind][link.ref] = None
        values = {
            (kind, ref): fields
            for kind, those in refs.items()
            for ref, fields in self.written(kind, those).items()
        }
        with self._reading() as connection:
            return Known(values, self._counted(stuck.every(connection, self._sync)))

    def wheres(self) -> set[Where]:
        """All that came back otherwise when it was last written."""
        with self._reading() as connection:
            return stuck.wheres(connection, self._sync)

    def _counted(self, found: Mapping[Where, tuple[str, Stuck]]) -> dict[Where, Stuck]:
        return {
            where: one if made_by == self.made_by and not self._afresh else replace(one, times=0)
            for where, (made_by, one) in found.items()
        }


class _Search:
    """For the last lines that wrote the fields asked about; `left` are those not found so far."""

    def __init__(self, connection: Connection, sync: str, kind: Kind, fields: Fields) -> None:
        self._connection, self._sync, self._kind = connection, sync, kind
        self.found: dict[Ref, dict[str, Written]] = {ref: {} for ref in fields}
        self._left = {ref: None if of is None else set(of) for ref, of in fields.items()}
        self._given: dict[int, list[Ref | None]] = {}

    def look(self, verifying: int | None) -> None:
        accounts = self._keys()
        done = JOURNAL.c.sync == self._sync, JOURNAL.c.outcome == DONE
        of_these = among(self._connection, JOURNAL.c.key, accounts.keys())
        statement = select(*_COLUMNS).where(*done, JOURNAL.c.member.is_(None), of_these)
        for row in self._connection.execute(statement.order_by(JOURNAL.c.line.desc())):
            refs = [ref for ref in accounts[row.key] if self._left[ref] != set()]
            if refs and (kept := decode(row.change)).kind is self._kind:
                ref = row.ref or kept.ref or self._ref_given(row)
                if ref in refs:
                    fresh = verifying is not None and row.run >= verifying
                    undone = row.undoes is not None
                    self._take(ref, kept, (row.run, row.ended_at, fresh, undone))

    def _take(self, ref: Ref, kept: Kept, when: tuple[int, datetime, bool, bool]) -> None:
        """What this line wrote and no later one did."""
        found, left = self.found[ref], self._left[ref]
        for name, value in kept.after.items():
            found.setdefault(name, Written(value, *when))
        if kept.op is Op.CREATE:
            # Before that, another account had the key, or even the ref.
            found[WHOLE], self._left[ref] = Written(None, *when), set()
        elif left is not None:
            left.difference_update(kept.after)

    def _keys(self) -> dict[Key, set[Ref]]:
        """The keys of these, and those from which they were moved, one after the other: what was
        known under another key was written to under that."""
        wanted = [(self._kind, ref) for ref in self.found]
        found: dict[Key, set[Ref]] = defaultdict(set)
        for link in recall.some_links(self._connection, self._sync, (), wanted):
            found[link.key].add(link.ref)
        moves = MARKS.c.sync == self._sync, MARKS.c.kind == self._kind
        moved = select(MARKS.c.key, MARKS.c.old_key).where(*moves, MARKS.c.remark == Remark.REKEY)
        latest = set(found)
        while latest:
            of_these = moved.where(among(self._connection, MARKS.c.key, latest))
            pairs = [(key, old) for key, old in self._connection.execute(of_these) if old]
            latest = {old for _, old in pairs} - found.keys()
            for key, old in pairs:
                found[old] |= found[key]
        return found

    def _ref_given(self, row: Row[Any]) -> Ref | None:
        """To what was made in a batch."""
        if row.batch not in self._given:
            self._given |= {row.batch: [], **history.refs_given(self._connection, {row.batch})}
        refs = self._given[row.batch]
        return refs[row.line - row.batch] if refs else None


_COLUMNS = (
    *(JOURNAL.c[name] for name in ("line", "batch", "key", "change", "run", "ref", "ended_at")),
    select(RUNS.c.undoes).where(RUNS.c.run == JOURNAL.c.run).scalar_subquery().label("undoes"),
)
