"""What the budgets' window has seen, whatever the clock called it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from syncd.core.plan import Change
from syncd.core.policy import Purse
from syncd.core.purses import purses
from syncd.ledger import runs
from syncd.ledger.history import DONE, Kept, decode
from syncd.ledger.schema import FREE, JOURNAL, TALLIES


def spent(
    connection: Connection, sync: str, since: datetime, now: datetime | None
) -> Mapping[Purse, int]:
    """By budget, `since` then. What was done by a clock that was behind is in the window too, where
    it came after a run that is; that is looked for where it is said what is `now`."""
    found = _dated(connection, sync, since)
    after = runs.before_it_went_back(connection, sync, since, now) if now else None
    return found if after is None else found + _undated(connection, sync, since, after)


def _dated(connection: Connection, sync: str, since: datetime) -> Counter[Purse]:
    what = TALLIES.c.kind, TALLIES.c.op, TALLIES.c.detail
    statement = (
        select(*what, func.sum(TALLIES.c.done))
        .where(TALLIES.c.sync == sync, TALLIES.c.ended_at >= since, TALLIES.c.detail != FREE)
        .group_by(*what)
    )
    found = Counter[Purse]()
    for kind, op, detail, done in connection.execute(statement):
        found[(kind, op, detail) if detail else (kind, op)] = int(done)
    return found


def _undated(connection: Connection, sync: str, since: datetime, after: int) -> Counter[Purse]:
    """What later runs did before that time, as their clock had it."""
    which = JOURNAL.c.sync == sync, JOURNAL.c.run > after, JOURNAL.c.outcome == DONE
    columns = (JOURNAL.c[name] for name in ("key", "member", "change"))
    found = Counter[Purse]()
    for key, member, change in connection.execute(
        select(*columns).where(*which, JOURNAL.c.ended_at < since)
    ):
        kept = decode(change)
        fields = {name: getattr(kept, name) for name in Kept.__struct_fields__}
        found.update(purses(Change(**fields, key=key, member=member)))
    return found
