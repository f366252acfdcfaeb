"""Plans that runs began with: what each found, so that it can be looked at and approved later.

Changes are not kept, for the journal has those that were tried. Of what was found besides, all that
is held is kept, and of the rest so much as somebody may want to look through.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Literal, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, delete, insert, select, update

from syncd.core.plan import Plan, Problem, Refusal, count
from syncd.core.stream import Stream, encode, lines_of
from syncd.errors import LedgerError
from syncd.ledger.approvals import good
from syncd.ledger.operation import FINDINGS, PLANS
from syncd.ledger.rows import among, insert_rows

Refusals = Literal["held", "refused", "unsettled", "drifted"]
Problems = Literal["conflicts", "failures"]

_NEWEST = 20
"""So many plans of a sync are kept."""

_MOST = 1000
"""So many of each section, but for what is held."""

_NOTES = 100

_BEGINNING = re.compile("[0-9a-f]{8,64}")


class Ambiguous(LedgerError):
    """The beginning of a digest is that of more than one plan."""


class KeptPlan(Struct, frozen=True, kw_only=True):
    """A plan by its digest. `run` is the newest that began with it.

    `summary` counts changes, `held` what waits for an approval, both by kind and op. `sections`
    has how many there are of what else was found: `held`, `refused`, `unsettled`, `drifted`,
    `conflicts`, `failures`. `identity` and `config` are the plan's, empty of one of long ago.
    """

    digest: str
    run: int
    sync: str
    target: str
    created: datetime
    summary: Mapping[str, int]
    held: Mapping[str, int]
    sections: Mapping[str, int]
    withheld: tuple[str, ...]
    withheld_changes: Mapping[str, int]
    notes: tuple[str, ...]
    foreign: Mapping[str, int]
    identity: str = ""
    config: str = ""


def keep(connection: Connection, run: int, plan: Plan, now: datetime) -> None:
    """The same plan again is only of a newer run."""
    digest = plan.digest
    known = update(PLANS).where(PLANS.c.digest == digest).values(run=run)
    if connection.execute(known).rowcount == 0:
        head = encode(_head(plan, digest, run)).decode()
        row = {"digest": digest, "sync": plan.sync, "run": run, "head": head}
        connection.execute(insert(PLANS), row)
        columns = ("digest", "section", "number", "content")
        insert_rows(connection, FINDINGS, columns, _findings(plan, digest))
        _prune(connection, plan.sync, now)


def _head(plan: Plan, digest: str, run: int) -> KeptPlan:
    return KeptPlan(
        digest=digest,
        run=run,
        sync=plan.sync,
        target=plan.target,
        created=plan.created,
        summary=plan.summary,
        held=count(one.change for one in plan.held),
        sections={name: len(section) for name, section in _sections(plan)},
        withheld=plan.withheld,
        withheld_changes=plan.withheld_changes,
        notes=plan.notes[:_NOTES],
        foreign=plan.foreign,
        identity=plan.identity,
        config=plan.config,
    )


def _sections(plan: Plan) -> Iterator[tuple[str, Sequence[Refusal | Problem]]]:
    yield "held", plan.held
    yield "refused", plan.refused
    yield "unsettled", plan.unsettled
    yield "drifted", plan.drifted
    yield "conflicts", plan.conflicts
    yield "failures", plan.failures


def _findings(plan: Plan, digest: str) -> Iterator[tuple[str, str, int, str]]:
    for name, section in _sections(plan):
        most = None if name == "held" else _MOST
        for number, line in enumerate(islice(lines_of(section), most)):
            yield digest, name, number, line.decode()


def _prune(connection: Connection, sync: str, now: datetime) -> None:
    of_sync = select(PLANS.c.digest).where(PLANS.c.sync == sync)
    older = connection.scalars(of_sync.order_by(PLANS.c.run.desc()).offset(_NEWEST)).all()
    needed = {one.digest for one in good(connection, sync, now)}
    if gone := [digest for digest in older if digest not in needed]:
        connection.execute(delete(PLANS).where(among(connection, PLANS.c.digest, gone)))


def find(connection: Connection, beginning: str) -> KeptPlan | None:
    """By its digest or the first 8 or more letters of it."""
    if not _BEGINNING.fullmatch(beginning := beginning.strip().lower()):
        raise LedgerError(
            f"{beginning!r} is no digest of a plan: 64 hexadecimal letters, "
            "of which the first 8 will do"
        )
    statement = select(PLANS.c.run, PLANS.c.head).where(PLANS.c.digest.startswith(beginning))
    found = [_plan(*row) for row in connection.execute(statement.limit(2))]
    if len(found) > 1:
        raise Ambiguous(f"more than one plan's digest begins with {beginning}: say more of it")
    return found[0] if found else None


def newest(connection: Connection, sync: str | None, limit: int) -> list[KeptPlan]:
    statement = select(PLANS.c.run, PLANS.c.head)
    if sync is not None:
        statement = statement.where(PLANS.c.sync == sync)
    statement = statement.order_by(PLANS.c.run.desc()).limit(limit)
    return [_plan(*row) for row in connection.execute(statement)]


def _plan(run: int, head: str) -> KeptPlan:
    return replace(_HEAD.decode(head), run=run)


def refusals(
    connection: Connection, digest: str, section: Refusals, limit: int, offset: int
) -> list[Refusal]:
    return [_REFUSAL.decode(one) for one in _contents(connection, digest, section, limit, offset)]


def problems(
    connection: Connection, digest: str, section: Problems, limit: int, offset: int
) -> list[Problem]:
    return [_PROBLEM.decode(one) for one in _contents(connection, digest, section, limit, offset)]


def each_held(connection: Connection, digest: str) -> Iterator[Refusal]:
    """All that the plan holds, read a thousand at a time."""
    at = 0
    while some := refusals(connection, digest, "held", _MOST, at):
        yield from some
        at += len(some)


def held(
    reading: Callable[[], AbstractContextManager[Connection]], plan: KeptPlan
) -> Sequence[Refusal]:
    """The same, in a transaction for each thousand."""

    def lines() -> Iterator[bytes]:
        for at in range(0, plan.sections["held"], _MOST):
            with reading() as connection:
                found = _contents(connection, plan.digest, "held", _MOST, at)
            yield from (one.encode() for one in found)

    return Stream(plan.sections["held"], lines, _REFUSAL.decode, plan.held)


def _contents(
    connection: Connection, digest: str, section: str, limit: int, offset: int
) -> Iterable[str]:
    numbers = FINDINGS.c.number >= offset, FINDINGS.c.number < offset + limit
    where = FINDINGS.c.digest == digest, FINDINGS.c.section == section, *numbers
    statement = select(FINDINGS.c.content).where(*where).order_by(FINDINGS.c.number)
    return cast("Sequence[str]", connection.scalars(statement).all())


_HEAD = msgspec.json.Decoder(KeptPlan)
_REFUSAL = msgspec.json.Decoder(Refusal)
_PROBLEM = msgspec.json.Decoder(Problem)
