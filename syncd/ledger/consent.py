"""Which held changes may run: those that enough different people approve, by commands or in files.

An approval in a file is taken into the ledger by the next run, so that each change of it is made
once, though the file stays. It holds for as long as the file is there and says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, select, update

from syncd.core.approval import (
    Consent,
    Filed,
    Made,
    approval_print,
    is_of_store,
    person_of,
    why_not_now,
)
from syncd.core.plan import Refusal
from syncd.errors import LedgerError
from syncd.ledger import approvals, events, plans
from syncd.ledger.approvals import Approval, Signature
from syncd.ledger.operation import APPROVALS, APPROVED
from syncd.ledger.plans import KeptPlan

By = Mapping[str, Mapping[str, str]]
"""Print of a change -> each person who approves of it, and in what words that is told."""


class FileStanding(Struct, frozen=True):
    """Of an approval in a file: of which plan it is, and what becomes of it in words; empty where
    it lets something through, or would if enough people had approved."""

    filed: Filed
    sync: str = ""
    why_not: str = ""


def approved(connection: Connection, sync: str, now: datetime, consent: Consent) -> dict[str, str]:
    """Print of each change that may be made -> by whom, and by which approvals. Of more people than
    need to approve, those are told who did so first."""
    return {
        print_: " and ".join(list(people.values())[: consent.people])
        for print_, people in _by(connection, sync, now, consent).items()
        if len(people) >= consent.people
    }


def people_of(connection: Connection, found: Sequence[Approval], now: datetime) -> dict[int, int]:
    """How many different people approve all that is left of each of these good approvals."""
    counts: dict[int, int] = {}
    for sync, store in {(one.sync, one.identity) for one in found}:
        good = approvals.good(connection, sync, now)
        of_sync = [one for one in good if one.identity == store]
        if len({one.person for one in of_sync}) == 1:
            counts |= {one.approval: 1 for one in of_sync}
            continue
        persons = defaultdict[str, set[str]](set)
        left = {one.approval: list(_unused(connection, one.approval)) for one in of_sync}
        for one in of_sync:
            for print_ in left[one.approval]:
                persons[print_].add(one.person)
        for number, prints in left.items():
            counts[number] = min((len(persons[print_]) for print_ in prints), default=1)
    return counts


def same_person(
    connection: Connection, plan: Made, held: Iterable[Refusal], signed: Signature
) -> Approval | None:
    """Their good approval, where a person approves of nothing that they have not approved yet."""
    mine = person_of(signed.person or signed.by), plan.identity
    good = approvals.good(connection, plan.sync, signed.at)
    own = [one for one in good if (one.person, one.identity) == mine]
    known = {print_ for one in own for print_ in _unused(connection, one.approval)}
    if not own or any(approval_print(one.change) not in known for one in held):
        return None
    return own[-1]


def take_files(connection: Connection, sync: str, given: Consent, now: datetime) -> None:
    """What these files approve of the sync is in the ledger from now on, and what files approved
    that are gone is withdrawn."""
    known = {(one.digest, one.person): one for one in _filed_rows(connection, sync)}
    present = set[int]()
    for (digest, person), (filed, name) in _meant(connection, given, sync, known).items():
        row = known.get((digest, person))
        if row is not None:
            present.add(row.approval)
            _renew(connection, row, filed, now)
        elif now < filed.expires_at and (plan := plans.find(connection, digest)) is not None:
            signed = Signature(name, now, filed.expires_at, person, filed.file)
            held = plans.each_held(connection, digest)
            present.add(approvals.approve(connection, plan, held, signed).approval)
    for row in known.values():
        if row.approval not in present and row.withdrawn_at is None:
            _set(connection, row.approval, withdrawn_at=now)
            if row.good(now):
                why, number = f"{row.file} is gone", row.approval
                events.tell(
                    connection, "approval withdrawn", now, sync=sync, approval=number, by=why
                )


def any_taken(connection: Connection, sync: str) -> bool:
    """Whether a file gave an approval that was not withdrawn."""
    of_files = APPROVALS.c.sync == sync, APPROVALS.c.file.is_not(None)
    found = select(APPROVALS.c.approval).where(*of_files, APPROVALS.c.withdrawn_at.is_(None))
    return connection.execute(found.limit(1)).first() is not None


def standings(
    connection: Connection, files: Sequence[Filed], now: datetime, given: Mapping[str, Consent]
) -> list[FileStanding]:
    """Of each of these files, where consent to each sync is `given` so today."""
    return [_standing(connection, filed, now, given) for filed in files]


def _standing(
    connection: Connection, filed: Filed, now: datetime, given: Mapping[str, Consent]
) -> FileStanding:
    rows = [
        one
        for one in approvals.selected(connection, APPROVALS.c.digest.startswith(filed.digest))
        if one.file is not None and one.person in {person_of(name) for name in filed.approved_by}
    ]
    plan = None
    if not rows:
        try:
            plan = plans.find(connection, filed.digest)
        except LedgerError as error:
            return FileStanding(filed, "", str(error))
    sync = rows[0].sync if rows else plan.sync if plan else ""
    if now >= filed.expires_at or (rows and all(_is_over(one, filed) for one in rows)):
        return FileStanding(filed, sync, f"expired at {filed.expires_at:%Y-%m-%d %H:%M} UTC")
    if rows and all(one.used >= one.changes for one in rows):
        return FileStanding(filed, sync, "used: all of it was made")
    if not sync:
        return FileStanding(filed, "", f"unknown: the ledger has no plan {filed.digest[:12]}")
    if plan is not None and not plan.sections["held"]:
        return FileStanding(filed, sync, "the plan holds nothing")
    return FileStanding(filed, sync, _why_other(plan, rows, given.get(sync)))


def _why_other(plan: KeptPlan | None, rows: Sequence[Approval], given: Consent | None) -> str:
    """Why it lets nothing through today that it was given for; what a run took up is good with any
    configuration."""
    if given is None:
        return ""
    if plan is not None:
        why = why_not_now(plan, given)
        return f"its plan {why}" if why else ""
    if any(is_of_store(one.identity, given.identity) for one in rows):
        return ""
    return f"it is for another target than {given.identity}"


def _by(connection: Connection, sync: str, now: datetime, consent: Consent) -> By:
    found = defaultdict[str, dict[str, str]](dict)

    def add(prints: Iterable[str], person: str, words: str) -> None:
        for print_ in prints:
            found[print_].setdefault(person, words)

    for approval in approvals.good(connection, sync, now):
        if approval.file is None and is_of_store(approval.identity, consent.identity):
            words = f"{approval.approved_by} (approval {approval.approval})"
            add(_unused(connection, approval.approval), approval.person, words)
    if consent.files:
        known = {(one.digest, one.person): one for one in _filed_rows(connection, sync)}
        meant = _meant(connection, consent, sync, known)
        for (digest, person), (filed, name) in meant.items():
            row, words = known.get((digest, person)), f"{name} ({filed.file})"
            if now < filed.expires_at and not (row is not None and _is_over(row, filed)):
                add(_prints(connection, digest, row, consent), person, words)
    return found


def _prints(
    connection: Connection, digest: str, row: Approval | None, given: Consent
) -> Iterator[str]:
    """What of the plan may still be made once by this approval, which may not be taken in yet."""
    if row is not None:
        if is_of_store(row.identity, given.identity):
            yield from _unused(connection, row.approval)
        return
    for one in plans.each_held(connection, digest):
        yield approval_print(one.change)


def _unused(connection: Connection, approval: int) -> Iterator[str]:
    unused = APPROVED.c.approval == approval, APPROVED.c.used_by.is_(None)
    return iter(connection.scalars(select(APPROVED.c.print).where(*unused)).all())


def _meant(
    connection: Connection,
    given: Consent,
    sync: str,
    known: Mapping[tuple[str, str], Approval],
) -> dict[tuple[str, str], tuple[Filed, str]]:
    """Digest of a plan of the sync, and person -> where that person approves of it, and how the
    name stands there: of several files in the one that holds for longest."""
    found: dict[tuple[str, str], tuple[Filed, str]] = {}
    for filed in given.files:
        for name in filed.approved_by:
            person = person_of(name)
            digest = _taken(filed, known, person) or _digest(connection, filed, sync, given)
            if digest is None:
                continue
            other = found.get((digest, person))
            if other is None or other[0].expires_at < filed.expires_at:
                found[digest, person] = filed, name
    return found


def _taken(filed: Filed, known: Mapping[tuple[str, str], Approval], person: str) -> str | None:
    """Of the plan that is meant, where a run has taken it up by this person."""
    for digest, of_person in known:
        if of_person == person and digest.startswith(filed.digest):
            return digest
    return None


def _digest(connection: Connection, filed: Filed, sync: str, given: Consent) -> str | None:
    """Of the sync's plan that is meant; None where it is none of these, or none of today."""
    try:
        plan = plans.find(connection, filed.digest)
    except LedgerError:
        return None
    if plan is None or plan.sync != sync or not plan.sections["held"] or why_not_now(plan, given):
        return None
    return plan.digest


def _filed_rows(connection: Connection, sync: str) -> list[Approval]:
    of_files = APPROVALS.c.sync == sync, APPROVALS.c.file.is_not(None)
    return approvals.selected(connection, *of_files)


def _renew(connection: Connection, row: Approval, filed: Filed, now: datetime) -> None:
    """The file says until when it holds, and holds again if it was gone."""
    if _is_over(row, filed):
        return
    came_back = row.withdrawn_at is not None
    if came_back or row.expires_at != filed.expires_at or row.file != filed.file:
        values = {"expires_at": filed.expires_at, "file": filed.file, "withdrawn_at": None}
        _set(connection, row.approval, **values)
        renewed = approvals.one(connection, row.approval)
        if renewed.good(now):
            approvals.tell_given(connection, renewed, now)


def _is_over(row: Approval, filed: Filed) -> bool:
    """Whether a run has seen that it expired, and the file says no other time since."""
    return row.ran_out and filed.expires_at == row.expires_at


def _set(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(APPROVALS).where(APPROVALS.c.approval == number).values(**values))
