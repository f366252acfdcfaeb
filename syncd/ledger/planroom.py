"""How plans are kept, and for how long: what one holds, as long as somebody may approve of it.

The newest plans of a sync are kept whole, those before them only with what they hold. Many in a row
hold the same while other changes run: the list is kept once, by one of these plans, and the others
have its print.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec.structs import replace
from sqlalchemy import Connection, delete, insert, select, update

from syncd.core.plan import Plan, Problem, Refusal, count
from syncd.core.stream import digest_of, encode, lines_of
from syncd.ledger import runs
from syncd.ledger.approvals import good
from syncd.ledger.operation import FINDINGS, PLANS
from syncd.ledger.plans import HEAD, MOST, SHORT, KeptPlan, head_of, keeper
from syncd.ledger.rows import among, insert_rows
from syncd.ledger.schema import RUNS

_NEWEST = 20
"""So many plans of a sync are kept whatever they hold."""

_HOLDING = 1000
"""So many that hold something, the newest ones."""

_APPROVABLE = timedelta(days=14)
"""So long those are kept, by the clock and by the runs: a mail may lie over somebody's holidays."""

_NOTES = 100
_FORGOTTEN = "what else this plan found besides what it holds is not kept any more"


def keep(connection: Connection, run: int, plan: Plan, now: datetime) -> None:
    """The same plan again is only of a newer run."""
    digest = plan.digest
    known = head_of(connection, digest)
    if known is not None and known.whole:
        connection.execute(update(PLANS).where(PLANS.c.digest == digest).values(run=run))
        return
    if known is not None:
        _remove(connection, plan.sync, [digest])
    head = _head(plan, digest, run)
    shared = keeper(connection, head) is not None
    row = {"digest": digest, "sync": plan.sync, "run": run, "head": encode(head).decode()}
    connection.execute(insert(PLANS), row)
    columns = ("digest", "section", "number", "content")
    sections = [one for one in _sections(plan) if not (shared and one[0] == "held")]
    insert_rows(connection, FINDINGS, columns, _findings(digest, sections))
    _prune(connection, run, plan.sync, now)


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
        held_as=digest_of(plan.held).hex() if plan.held else "",
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


def _findings(
    digest: str, sections: Sequence[tuple[str, Sequence[Refusal | Problem]]]
) -> Iterator[tuple[str, str, int, str]]:
    for name, section in sections:
        most = None if name == "held" else MOST
        for number, line in enumerate(islice(lines_of(section), most)):
            yield digest, name, number, line.decode()


def _prune(connection: Connection, run: int, sync: str, now: datetime) -> None:
    plans = select(PLANS.c.digest, PLANS.c.run, RUNS.c.held, RUNS.c.begun_at)
    plans = plans.join(RUNS, RUNS.c.run == PLANS.c.run).where(PLANS.c.sync == sync)
    older = connection.execute(plans.order_by(PLANS.c.run.desc()).offset(_NEWEST)).all()
    needed = {one.digest for one in good(connection, sync, now)}
    long_ago = now - _APPROVABLE
    over = None
    if any(one.held and one.begun_at < long_ago for one in older):
        over = runs.watched(connection, sync, None, {_APPROVABLE}, before=run).get(_APPROVABLE)
    gone = []
    for number, one in enumerate(older, _NEWEST):
        is_old = over is not None and one.run <= over.run and one.begun_at < long_ago
        if one.digest not in needed and (not one.held or is_old or number >= _HOLDING):
            gone.append(one.digest)
    _remove(connection, sync, gone)
    _shorten(connection, [one.digest for one in older if one.digest not in gone])


def _remove(connection: Connection, sync: str, gone: Collection[str]) -> None:
    """What others hold too goes to the newest of them."""
    if not gone:
        return
    with_held = FINDINGS.c.section == "held", FINDINGS.c.number == 0
    which = select(FINDINGS.c.digest).where(*with_held, among(connection, FINDINGS.c.digest, gone))
    for digest in connection.scalars(which).all():
        if (head := head_of(connection, digest)) is None or not head.held_as:
            continue
        others = PLANS.c.sync == sync, PLANS.c.head.contains(head.held_as)
        newest = select(PLANS.c.digest).where(*others).order_by(PLANS.c.run.desc())
        heir = next((one for one in connection.scalars(newest) if one not in gone), None)
        if heir is not None:
            held = FINDINGS.c.digest == digest, FINDINGS.c.section == "held"
            connection.execute(update(FINDINGS).where(*held).values(digest=heir))
    connection.execute(delete(PLANS).where(among(connection, PLANS.c.digest, gone)))


def _shorten(connection: Connection, digests: Collection[str]) -> None:
    """Only what they hold is kept of these plans."""
    whole = select(PLANS.c.digest, PLANS.c.head).where(~PLANS.c.head.contains(SHORT))
    for digest, text in connection.execute(
        whole.where(among(connection, PLANS.c.digest, digests))
    ).all():
        which = FINDINGS.c.digest == digest, FINDINGS.c.section != "held"
        connection.execute(delete(FINDINGS).where(*which))
        head = HEAD.decode(text)
        sections = {name: n if name == "held" else 0 for name, n in head.sections.items()}
        notes = (*head.notes, _FORGOTTEN)
        short = replace(head, sections=sections, notes=notes, whole=False)
        row = {"head": encode(short).decode()}
        connection.execute(update(PLANS).where(PLANS.c.digest == digest).values(**row))
