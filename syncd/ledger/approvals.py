"""Approvals: which held changes a person lets through, each once and for a time.

An approval lists changes by their prints, and so is of those alone that were held when it was
given. What uses it up is in `used`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from syncd.core.approval import Made, approval_print, person_of
from syncd.core.plan import Change, Refusal, change_id
from syncd.core.stream import batches
from syncd.errors import LedgerError
from syncd.ledger import events
from syncd.ledger.operation import APPROVALS, APPROVED
from syncd.ledger.rows import insert_rows
from syncd.ledger.runs import Run

_REMEMBERED = timedelta(days=90)
"""So long after its end it is known which changes an approval was of."""

_AT_ONCE = 1000


class Approvable(Made, Protocol):
    """A plan, or what is kept of one."""

    @property
    def digest(self) -> str: ...


class Approval(Struct, frozen=True):
    """`changes` counts those that it is of, `used` those of them that were made since. `person` is
    who approved, however the name was written; `file` is where, if not by a command. `identity` is
    the store that the plan was made for, and `config` its configuration; empty of one of long ago.
    """

    approval: int
    sync: str
    digest: str
    approved_by: str
    approved_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    changes: int
    used: int
    person: str = ""
    file: str | None = None
    identity: str = ""
    config: str = ""

    def good(self, now: datetime) -> bool:
        """Whether it lets anything through."""
        return self.withdrawn_at is None and now < self.expires_at and self.used < self.changes

    @property
    def ran_out(self) -> bool:
        """Whether a run has seen it expired. It is so for good: a clock may go back."""
        return self.withdrawn_at is not None and self.withdrawn_at >= self.expires_at


class Signature(Struct, frozen=True):
    """Who approves, when, and until when that holds. `person` is what tells two people apart: the
    name in `by` unless it is said. `file` is that of the approval, where it is in one."""

    by: str
    at: datetime
    until: datetime
    person: str = ""
    file: str | None = None


def approve(
    connection: Connection, plan: Approvable, held: Iterable[Refusal], signed: Signature
) -> Approval:
    """Raises `LedgerError` where nothing is held."""
    old = select(APPROVALS.c.approval).where(APPROVALS.c.expires_at < signed.at - _REMEMBERED)
    connection.execute(delete(APPROVED).where(APPROVED.c.approval.in_(old)))
    row = {
        "sync": plan.sync,
        "digest": plan.digest,
        "identity": plan.identity,
        "config": plan.config,
        "approved_by": signed.by,
        "approved_at": signed.at,
        "expires_at": signed.until,
        "changes": 0,
        "person": person_of(signed.person or signed.by),
        "file": signed.file,
    }
    number = int(connection.scalars(insert(APPROVALS).returning(APPROVALS.c.approval), [row]).one())
    listed = 0
    for some in batches(held, _AT_ONCE):
        # Taken before they are written, for they may come from the same connection.
        rows = [(number, id_of(one.change), approval_print(one.change)) for one in some]
        insert_rows(connection, APPROVED, ("approval", "change", "print"), rows)
        listed += len(rows)
    if not listed:
        raise LedgerError(f"the plan {plan.digest[:12]} holds nothing: there is nothing to approve")
    whole = update(APPROVALS).where(APPROVALS.c.approval == number).values(changes=listed)
    connection.execute(whole)
    given = one(connection, number)
    tell_given(connection, given, signed.at)
    return given


def tell_given(connection: Connection, given: Approval, at: datetime) -> None:
    whose: dict[str, Any] = {
        "approval": given.approval,
        "plan": given.digest,
        "by": given.approved_by,
    }
    until = given.expires_at.isoformat()
    what: dict[str, Any] = {"changes": given.changes, "until": until, "file": given.file}
    events.tell(connection, "approval given", at, sync=given.sync, **whose, **what)


def expire(connection: Connection, sync: str, now: datetime) -> None:
    """Those whose time is over end for good. It is told of those of which not all was made."""
    over = APPROVALS.c.sync == sync, APPROVALS.c.expires_at <= now
    those = *over, APPROVALS.c.withdrawn_at.is_(None)
    found = selected(connection, *those)
    if found:
        connection.execute(update(APPROVALS).where(*those).values(withdrawn_at=now))
    for approval in found:
        if approval.used < approval.changes:
            left = approval.changes - approval.used
            number = approval.approval
            events.tell(connection, "approval expired", now, sync=sync, approval=number, left=left)


def id_of(change: Change) -> str:
    """A step aside from a name is of the change that it is for."""
    return change_id(change.op, change.kind, change.key, change.member)


def one(connection: Connection, number: int) -> Approval:
    """Raises `LedgerError` where there is none of that number."""
    row = connection.execute(_SELECTED.where(APPROVALS.c.approval == number)).first()
    if row is None:
        raise LedgerError(f"there is no approval {number}")
    return _approval(row)


def good(connection: Connection, sync: str | None, now: datetime) -> list[Approval]:
    """Those that let something through, the oldest first."""
    statement = _SELECTED.where(APPROVALS.c.withdrawn_at.is_(None), APPROVALS.c.expires_at > now)
    if sync is not None:
        statement = statement.where(APPROVALS.c.sync == sync)
    found = map(_approval, connection.execute(statement.order_by(APPROVALS.c.approval)))
    return [approval for approval in found if approval.good(now)]


def of_run(connection: Connection, run: Run) -> list[Approval]:
    """Those that were good when it began, or that it used; `used` counts what it made by them."""
    used = select(APPROVED.c.approval).where(APPROVED.c.used_by == run.run)
    over = or_(APPROVALS.c.withdrawn_at.is_(None), APPROVALS.c.withdrawn_at > run.begun_at)
    good_then = and_(
        APPROVALS.c.approved_at <= run.begun_at, APPROVALS.c.expires_at > run.begun_at, over
    )
    which = APPROVALS.c.sync == run.sync, or_(good_then, APPROVALS.c.approval.in_(used))
    found = map(
        _approval, connection.execute(_SELECTED.where(*which).order_by(APPROVALS.c.approval))
    )
    counts = select(APPROVED.c.approval, func.count()).where(APPROVED.c.used_by == run.run)
    by_each = connection.execute(counts.group_by(APPROVED.c.approval))
    made = {row.approval: row[1] for row in by_each}
    return [replace(one, used=made.get(one.approval, 0)) for one in found]


def withdraw(connection: Connection, number: int, now: datetime, by: str) -> Approval:
    """Raises `LedgerError` where it lets nothing through any more, or there is none."""
    if not (found := one(connection, number)).good(now):
        raise LedgerError(f"approval {number} {_why_over(found)}: there is nothing to withdraw")
    if found.file is not None:
        words = f"approval {number} is given by the file {found.file}"
        raise LedgerError(f"{words}: it ends when that is deleted")
    gone = update(APPROVALS).where(APPROVALS.c.approval == number).values(withdrawn_at=now)
    connection.execute(gone)
    left = found.changes - found.used
    whose: dict[str, Any] = {"approval": number, "by": by}
    events.tell(connection, "approval withdrawn", now, sync=found.sync, left=left, **whose)
    return one(connection, number)


def _why_over(approval: Approval) -> str:
    if approval.withdrawn_at is not None and not approval.ran_out:
        return "was withdrawn"
    return "is used up" if approval.used >= approval.changes else "has expired"


def selected(connection: Connection, *where: ColumnElement[bool]) -> list[Approval]:
    """Where all that holds, the oldest first."""
    statement = _SELECTED.where(*where).order_by(APPROVALS.c.approval)
    return [_approval(row) for row in connection.execute(statement)]


def _approval(row: Row[*tuple[Any, ...]]) -> Approval:
    found = row._asdict()
    # Who approved before names were told apart.
    return Approval(**{**found, "person": found["person"] or person_of(found["approved_by"])})


_USED = (
    select(func.count())
    .select_from(APPROVED)
    .where(APPROVED.c.approval == APPROVALS.c.approval, APPROVED.c.used_by.is_not(None))
    .scalar_subquery()
    .label("used")
)
_SELECTED = select(*(APPROVALS.c[n] for n in Approval.__struct_fields__ if n != "used"), _USED)
