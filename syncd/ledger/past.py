"""What syncd wrote last, looked up in the journal for those alone that are asked about."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec.structs import replace
from sqlalchemy import Connection, select

from syncd.core.memory import Link, Remark
from syncd.core.model import Key, Kind, Op, Ref, Value
from syncd.core.past import WHOLE, Known, Stuck, Where, Written
from syncd.core.stream import batches
from syncd.ledger import history, recall, stuck
from syncd.ledger.history import DONE, Line
from syncd.ledger.rows import among
from syncd.ledger.schema import JOURNAL, MARKS

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

    def written(self, kind: Kind, refs: Collection[Ref]) -> Mapping[Ref, Mapping[str, Written]]:
        found: dict[Ref, Mapping[str, Written]] = {}
        for some in batches(sorted(refs), _AT_ONCE):
            with self._reading() as connection:
                found |= _last(connection, self._sync, kind, some, self.verifying)
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
        refs: dict[Kind, list[Ref]] = defaultdict(list)
        for link in links:
            refs[link.kind].append(link.ref)
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


def _last(
    connection: Connection, sync: str, kind: Kind, refs: Sequence[Ref], verifying: int | None
) -> dict[Ref, dict[str, Written]]:
    """What has been known under another key was written to under that."""
    links = recall.some_links(connection, sync, (), [(kind, ref) for ref in refs])
    keys = {link.key for link in links}
    keys |= _earlier(connection, sync, kind, keys)
    done = JOURNAL.c.sync == sync, JOURNAL.c.member.is_(None), JOURNAL.c.outcome == DONE
    where = *done, among(connection, JOURNAL.c.key, keys)
    found: dict[Ref, dict[str, Written]] = {ref: {} for ref in refs}
    for line in history.lines_where(connection, where, JOURNAL.c.line.desc(), None):
        # Before the account was made, another had its key, or even its ref.
        if line.kind is kind and line.ref in found and WHOLE not in found[line.ref]:
            _add(found[line.ref], line, fresh=verifying is not None and line.run >= verifying)
    return found


def _earlier(connection: Connection, sync: str, kind: Kind, keys: Collection[Key]) -> set[Key]:
    """The keys from which these were moved, one after the other."""
    found, latest = set[Key](), set(keys)
    moves = MARKS.c.sync == sync, MARKS.c.kind == kind, MARKS.c.remark == Remark.REKEY
    while latest:
        moved = select(MARKS.c.old_key).where(*moves, among(connection, MARKS.c.key, latest))
        latest = {key for key in connection.scalars(moved) if key} - found
        found |= latest
    return found


def _add(fields: dict[str, Written], line: Line, *, fresh: bool) -> None:
    """What this line wrote and no later one did."""
    at = line.ended_at or line.begun_at
    made: Mapping[str, Value] = {WHOLE: None} if line.op is Op.CREATE else {}
    for name, value in (*line.after.items(), *made.items()):
        fields.setdefault(name, Written(value, line.run, at, fresh))
