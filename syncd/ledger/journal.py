"""The journal: a line before each change, and its end when the change's outcome is known.

A line without an end means that the change may have happened. It is closed by what the
next run finds, never by a guess. Lines that begin together are a batch, and a batch has one end
for all of them: written of a line is only what differs from that.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, text, update

from syncd.core.doubt import Settled
from syncd.core.memory import Mark, OpenLine, Remark
from syncd.core.model import Op, Ref
from syncd.core.plan import Change
from syncd.core.policy import Purse
from syncd.core.purses import purses
from syncd.database import UtcTime
from syncd.ledger import events, used
from syncd.ledger.history import DONE, MOOT, Kept, open_lines
from syncd.ledger.rows import among, insert_rows
from syncd.ledger.schema import BATCHES, ENDS, FREE, JOURNAL, LINES, TALLIES


class Ended(Struct, frozen=True, gc=False):
    """A change whose outcome is known. `ref` is what a creation answered."""

    line: int
    change: Change
    outcome: str
    ref: Ref | None = None
    error: str = ""


class _Batch(NamedTuple):
    """Its first line and its last, and how many have no end."""

    number: int
    last: int
    open: int

    @property
    def whole(self) -> bool:
        """Whether all of its lines are there, and none has an end."""
        return self.open == self.last - self.number + 1


def begin(
    connection: Connection, run: int, sync: str, changes: Sequence[Change], now: datetime
) -> list[int]:
    if not changes:
        return []
    first = _next_number(connection)
    numbers = list(range(first, first + len(changes)))
    of_all = {"run": run, "sync": sync, "begun_at": now, "open": len(numbers)}
    connection.execute(insert(BATCHES), [{"batch": first, "last": numbers[-1], **of_all}])
    lines = (
        (line, first, change.key, change.member, _change(change))
        for line, change in zip(numbers, changes, strict=True)
    )
    insert_rows(connection, LINES, ("line", "batch", "key", "member", "change"), lines)
    return numbers


def _next_number(connection: Connection) -> int:
    """A batch finds its lines by their numbers, so that these follow on each other."""
    if connection.dialect.name == "postgresql":
        turn = "SELECT pg_advisory_xact_lock(hashtext('syncd journal numbers'))"
        connection.execute(text(turn))
    newest = select(BATCHES.c.last).order_by(BATCHES.c.batch.desc()).limit(1).scalar_subquery()
    greatest = select(func.max(LINES.c.line)).scalar_subquery()
    return 1 + max(number or 0 for number in connection.execute(select(newest, greatest)).one())


def _change(change: Change) -> str:
    kept = Kept(
        change.op,
        change.kind,
        change.name,
        change.reason,
        change.ref,
        change.member_ref,
        change.before,
        change.after,
        change.approved,
    )
    return _ENCODER.encode(kept).decode()


def end(connection: Connection, sync: str, ended: Iterable[Ended], now: datetime) -> None:
    in_order = sorted(ended, key=attrgetter("line"))
    stored = UtcTime().bind_processor(connection.dialect)
    at = stored(now) if stored else now
    rows: list[tuple[Any, ...]] = []
    for batch, part in _by_batch(connection, sync, [one.line for one in in_order]):
        some = in_order[part]
        refs = [_new_ref(one) for one in some]
        if batch is not None and batch.whole and batch.open == len(some):
            given = _ENCODER.encode(refs).decode() if any(refs) else None
            _count_down(connection, batch, len(some), now, refs=given)
            others = (one for one in some if one.outcome != DONE)
            rows += ((one.line, one.outcome, None, one.error, None) for one in others)
        else:
            if batch is not None:
                _count_down(connection, batch, len(some), now)
            own = zip(some, refs, strict=True)
            rows += ((one.line, one.outcome, ref, one.error, at) for one, ref in own)
    insert_rows(connection, ENDS, ("line", "outcome", "ref", "error", "ended_at"), rows)
    _tally(connection, sync, in_order, now)
    used.use(connection, sync, [one.line for one in in_order if one.outcome == DONE], now)
    events.tell_changes(connection, sync, [one.line for one in in_order], now)


def _new_ref(one: Ended) -> Ref | None:
    """None where it is the one that the line began with."""
    return None if one.ref == one.change.ref else one.ref


def _tally(connection: Connection, sync: str, ended: Iterable[Ended], now: datetime) -> None:
    done = (one.change for one in ended if one.outcome == DONE)
    drawn = Counter(purse for one in done for purse in purses(one) or _free(one))
    rows = [
        {"sync": sync, "ended_at": now, "kind": kind, "op": op, "detail": "".join(detail)}
        | {"done": count}
        for (kind, op, *detail), count in drawn.items()
    ]
    if rows:
        connection.execute(insert(TALLIES), rows)


def _free(change: Change) -> tuple[Purse]:
    return ((change.kind, change.op, FREE),)


def confirm(connection: Connection, sync: str, marks: Iterable[Mark], now: datetime) -> None:
    """Ends the open lines of changes that were found to have happened."""
    ops = {Remark.CLAIM: Op.CREATE, Remark.SUSPENDED: Op.SUSPEND}
    found = {(mark.kind, ops[mark.remark], mark.key): mark.ref for mark in marks}
    confirmed = [
        Ended(line.line, _in_doubt(line), DONE, ref)
        for line in open_lines(connection, sync)
        if (ref := found.get((line.kind, line.op, line.key))) is not None
    ]
    end(connection, sync, confirmed, now)


def _in_doubt(line: OpenLine) -> Change:
    return Change(
        *(line.op, line.kind, line.key, "", line.ref, line.before, line.after),
        member=line.member,
        approved=line.approved,
    )


def settle(
    connection: Connection, sync: str, before_run: int, now: datetime, found: Settled
) -> None:
    """Of the lines that are left open, what shows in the target was done. What was overtaken
    besides may have been: budgets count it."""
    in_doubt = open_lines(connection, sync) if found.made else ()
    shown = (one for one in in_doubt if one.line in found.made)
    end(connection, sync, [Ended(one.line, _in_doubt(one), DONE, one.ref) for one in shown], now)
    maybe = [Ended(n, one, DONE) for n, one in found.overtaken.items() if n not in found.made]
    _tally(connection, sync, maybe, now)
    earlier = JOURNAL.c.sync == sync, JOURNAL.c.open > 0, JOURNAL.c.run < before_run
    without_end = select(JOURNAL.c.line).where(*earlier, JOURNAL.c.outcome.is_(None))
    lines = connection.scalars(without_end.order_by(JOURNAL.c.line)).all()
    of_earlier = BATCHES.c.sync == sync, BATCHES.c.open > 0, BATCHES.c.run < before_run
    ended = {"open": 0, "outcome": MOOT, "ended_at": now}
    connection.execute(update(BATCHES).where(*of_earlier).values(ended))
    events.tell_changes(connection, sync, lines, now)


def withdraw(connection: Connection, sync: str, lines: Iterable[int], now: datetime) -> None:
    """As if these had never begun."""
    numbers = sorted(lines)
    connection.execute(delete(LINES).where(among(connection, LINES.c.line, numbers)))
    for batch, part in _by_batch(connection, sync, numbers):
        if batch is not None:
            _count_down(connection, batch, len(numbers[part]), now)


def _by_batch(
    connection: Connection, sync: str, lines: Sequence[int]
) -> Iterator[tuple[_Batch | None, slice]]:
    """Where the lines of each open batch are among these, which are in order; None for others."""
    open_ones = select(BATCHES.c.batch, BATCHES.c.last, BATCHES.c.open)
    statement = open_ones.where(BATCHES.c.sync == sync, BATCHES.c.open > 0)
    at = 0
    for batch in map(_Batch._make, connection.execute(statement.order_by(BATCHES.c.batch))):
        begins, ends = bisect_left(lines, batch.number), bisect_right(lines, batch.last)
        if at < begins:
            yield None, slice(at, begins)
        if begins < ends:
            yield batch, slice(begins, ends)
        at = ends
    if at < len(lines):
        yield None, slice(at, len(lines))


def _count_down(
    connection: Connection, batch: _Batch, by: int, now: datetime, **rest: object
) -> None:
    """With its last open line, the batch ends."""
    values: dict[str, Any] = {"open": batch.open - by, **rest}
    if batch.open == by:
        values |= {"outcome": DONE, "ended_at": now}
    connection.execute(update(BATCHES).where(BATCHES.c.batch == batch.number).values(values))


_ENCODER = msgspec.json.Encoder()
