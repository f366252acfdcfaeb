"""Plans that runs began with: what each found, so that it can be looked at and approved later.

Changes are not kept, for the journal has those that were tried. Of what was found besides, all that
is held is kept, and of the rest so much as somebody may want to look through: see `planroom`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select

from syncd.core.plan import Problem, Refusal
from syncd.core.stream import Stream
from syncd.errors import LedgerError
from syncd.ledger.operation import FINDINGS, PLANS

Refusals = Literal["held", "refused", "unsettled", "drifted"]
Problems = Literal["conflicts", "failures"]

MOST = 1000
"""So many of each section, but for what is held."""

_BEGINNING = re.compile("[0-9a-f]{8,64}")


class Ambiguous(LedgerError):
    """The beginning of a digest is that of more than one plan."""


class KeptPlan(Struct, frozen=True, kw_only=True):
    """A plan by its digest. `run` is the newest that began with it.

    `summary` counts changes, `held` what waits for an approval, both by kind and op. `sections`
    has how many there are of what else was found: `held`, `refused`, `unsettled`, `drifted`,
    `conflicts`, `failures`. `held_as` is the print of what it holds. One that is not `whole` is
    kept for what it holds alone. `identity` and `config` are the plan's, empty of one of long ago.
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
    held_as: str = ""
    whole: bool = True
    identity: str = ""
    config: str = ""


SHORT = '"whole":false'
"""What the JSON of a plan has that is not whole."""


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
    return replace(HEAD.decode(head), run=run)


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
    while some := refusals(connection, digest, "held", MOST, at):
        yield from some
        at += len(some)


def held(
    reading: Callable[[], AbstractContextManager[Connection]], plan: KeptPlan
) -> Sequence[Refusal]:
    """The same, in a transaction for each thousand."""

    def lines() -> Iterator[bytes]:
        for at in range(0, plan.sections["held"], MOST):
            with reading() as connection:
                found = _contents(connection, plan.digest, "held", MOST, at)
            yield from (one.encode() for one in found)

    return Stream(plan.sections["held"], lines, _REFUSAL.decode, plan.held)


def _contents(
    connection: Connection, digest: str, section: str, limit: int, offset: int
) -> Iterable[str]:
    if section == "held" and (head := head_of(connection, digest)) is not None:
        digest = keeper(connection, head) or digest
    numbers = FINDINGS.c.number >= offset, FINDINGS.c.number < offset + limit
    where = FINDINGS.c.digest == digest, FINDINGS.c.section == section, *numbers
    statement = select(FINDINGS.c.content).where(*where).order_by(FINDINGS.c.number)
    return cast("Sequence[str]", connection.scalars(statement).all())


def head_of(connection: Connection, digest: str) -> KeptPlan | None:
    """By the whole digest."""
    plan = select(PLANS.c.run, PLANS.c.head).where(PLANS.c.digest == digest)
    return next((_plan(*row) for row in connection.execute(plan)), None)


def keeper(connection: Connection, head: KeptPlan) -> str | None:
    """The digest of the plan that has the list of what this one holds; None where none has."""
    first = FINDINGS.c.section == "held", FINDINGS.c.number == 0
    plans = select(FINDINGS.c.digest).join(PLANS, PLANS.c.digest == FINDINGS.c.digest).where(*first)
    own = connection.scalar(plans.where(FINDINGS.c.digest == head.digest))
    if own is not None or not head.held_as:
        return own
    same = PLANS.c.sync == head.sync, PLANS.c.head.contains(head.held_as)
    return connection.scalar(plans.where(*same).limit(1))


HEAD = msgspec.json.Decoder(KeptPlan)
_REFUSAL = msgspec.json.Decoder(Refusal)
_PROBLEM = msgspec.json.Decoder(Problem)
