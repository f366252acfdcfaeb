"""What uses approvals up: each change that is made by one, once.

Parts of an update that were approved one by one are made as one, and with others that nobody was
asked about; so what a line of the journal says of its approved fields is held against the prints.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, select, update

from syncd.core.approval import used_prints
from syncd.core.model import Op, Value
from syncd.core.plan import Change, Plan
from syncd.ledger import events
from syncd.ledger.approvals import id_of
from syncd.ledger.history import Kept, decode
from syncd.ledger.operation import APPROVALS, APPROVED
from syncd.ledger.rows import among
from syncd.ledger.schema import JOURNAL

_LATELY = timedelta(days=1)
"""So long after an approval's end a run may still make what its plan let through by it."""


def use(connection: Connection, sync: str, lines: Collection[int], now: datetime) -> None:
    """The changes of these lines of the journal were made."""
    if lines and (approvals := _lately(connection, sync, now)):
        for run, changes in _by_run(connection, among(connection, JOURNAL.c.line, lines)).items():
            _use(connection, (sync, approvals, run), changes, now)


def use_overtaken(
    connection: Connection, sync: str, before_run: int, plan: Plan, now: datetime
) -> None:
    """What earlier runs began and left in doubt, and the plan of now does not want any more: it
    may have been made."""
    if not (approvals := _lately(connection, sync, now)):
        return
    of_earlier = JOURNAL.c.sync == sync, JOURNAL.c.open > 0, JOURNAL.c.run < before_run
    begun = _by_run(connection, *of_earlier, JOURNAL.c.outcome.is_(None))
    ids = {id_of(change) for changes in begun.values() for change in changes}
    due = defaultdict[str, set[tuple[object, ...]]](set)
    for change in chain(plan.changes, (one.change for one in plan.held)) if ids else ():
        if id_of(change) in ids:
            due[id_of(change)].update(_deeds(change, change.after))
    for run, changes in begun.items():
        _use(
            connection,
            (sync, approvals, run),
            [_rest(one, due[id_of(one)]) for one in changes],
            now,
        )


def _deeds(change: Change, fields: Iterable[str]) -> Iterator[tuple[object, ...]]:
    """What it does, so that it is known again: by field where it is an update."""
    for name in fields if change.op is Op.UPDATE else (change.op,):
        yield name, change.before.get(name), change.after.get(name)


def _rest(change: Change, due: Collection[tuple[object, ...]]) -> Change:
    """The same change, approved as far as it is not `due` any more."""
    deeds = _deeds(change, change.approved)
    return replace(change, approved=tuple(str(deed[0]) for deed in deeds if deed not in due))


def _lately(connection: Connection, sync: str, now: datetime) -> Sequence[int]:
    """The numbers of approvals that a change of now may have been made by."""
    ran_out = APPROVALS.c.withdrawn_at >= APPROVALS.c.expires_at
    lately = APPROVALS.c.expires_at > now - _LATELY, APPROVALS.c.withdrawn_at.is_(None) | ran_out
    return connection.scalars(
        select(APPROVALS.c.approval).where(APPROVALS.c.sync == sync, *lately)
    ).all()


def _by_run(connection: Connection, *where: ColumnElement[bool]) -> dict[int, list[Change]]:
    """The approved changes in the journal where this holds, by the run that began them."""
    found: dict[int, list[Change]] = defaultdict(list)
    for run, change in _changes(connection, *where):
        if change.approved:
            found[run].append(change)
    return {run: list(_from_the_start(connection, run, some)) for run, some in found.items()}


def _changes(connection: Connection, *where: ColumnElement[bool]) -> Iterator[tuple[int, Change]]:
    columns = (JOURNAL.c[name] for name in ("run", "key", "member", "change"))
    statement = select(*columns).where(*where).order_by(JOURNAL.c.line)
    for run, key, member, change in connection.execute(statement):
        kept = decode(change)
        fields = {name: getattr(kept, name) for name in Kept.__struct_fields__}
        yield run, Change(**fields, key=key, member=member)


def _from_the_start(
    connection: Connection, run: int, changes: Sequence[Change]
) -> Iterator[Change]:
    """As they were planned, where a step aside from a name came between."""
    which = JOURNAL.c.run == run, among(connection, JOURNAL.c.key, {one.key for one in changes})
    before: dict[str, dict[str, Value]] = defaultdict(dict)
    for _, change in _changes(connection, *which):
        before[id_of(change)] = {**change.before, **before[id_of(change)]}
    for change in changes:
        was = before[id_of(change)]
        yield replace(change, before={name: was[name] for name in change.before})


def _use(
    connection: Connection,
    whose: tuple[str, Sequence[int], int],
    changes: Collection[Change],
    now: datetime,
) -> None:
    """Of a sync's approvals, by a run of it."""
    sync, approvals, run = whose
    ids, given = {id_of(change) for change in changes}, defaultdict[str, set[str]](set)
    # One by one, so that the key of the table leads to each.
    unused = {number: _unused(connection, number, ids) for number in approvals}
    for some in unused.values():
        for of, print_ in some:
            given[of].add(print_)
    made = {(of, one) for c in changes for of in [id_of(c)] for one in used_prints(c, given[of])}
    for number, some in unused.items():
        if prints := [print_ for of, print_ in some if (of, print_) in made]:
            which = APPROVED.c.approval == number, among(connection, APPROVED.c.print, prints)
            of_it = among(connection, APPROVED.c.change, ids)
            connection.execute(update(APPROVED).where(*which, of_it).values(used_by=run))
            used: dict[str, Any] = {"approval": number, "changes": len(prints)}
            events.tell(connection, "approval used", now, sync=sync, run=run, **used)


def _unused(connection: Connection, approval: int, ids: Collection[str]) -> list[tuple[str, str]]:
    """What may be made still of these changes by this approval: the id and the print of each."""
    unused = APPROVED.c.approval == approval, APPROVED.c.used_by.is_(None)
    columns = APPROVED.c.change, APPROVED.c.print
    which = among(connection, APPROVED.c.change, ids)
    return [(of, one) for of, one in connection.execute(select(*columns).where(*unused, which))]
