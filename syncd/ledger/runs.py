"""Runs: what each pass of a sync set out to do, and how it ended."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, insert, select, update

from syncd import __version__
from syncd.core.memory import Watched
from syncd.core.plan import Plan
from syncd.ledger import approvals, events
from syncd.ledger.schema import RUNS

BROKEN_OFF = "broken off"
"""The outcome of a run that ended without a word: killed, or its machine went down."""

RUN_ENDED = "run ended"


_AT_ONCE = 500


class Run(Struct, frozen=True):
    run: int
    sync: str
    target: str
    digest: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    planned: int
    held: int
    refused: int
    conflicts: int
    withheld: tuple[str, ...]
    done: int
    failed: int
    undoes: int | None = None
    """The run that this one goes back on."""


def begin(connection: Connection, sync: str, plan: Plan, now: datetime) -> int:
    """Under the sync's lock, so that an earlier run without an end is surely over."""
    unended = RUNS.c.sync == sync, RUNS.c.outcome.is_(None)
    broken_off = connection.scalars(select(RUNS.c.run).where(*unended).order_by(RUNS.c.run)).all()
    connection.execute(update(RUNS).where(*unended).values(outcome=BROKEN_OFF))
    row = {
        "sync": sync,
        "target": plan.target,
        "digest": plan.digest,
        "begun_at": now,
        "planned": len(plan.changes),
        "held": len(plan.held),
        "refused": len(plan.refused),
        "conflicts": len(plan.conflicts),
        "withheld": msgspec.json.encode(plan.withheld).decode(),
        "undoes": plan.undoes,
    }
    run = int(connection.scalars(insert(RUNS).returning(RUNS.c.run), [row]).one())
    for earlier in broken_off:
        events.tell(connection, RUN_ENDED, now, sync=sync, run=earlier, outcome=BROKEN_OFF)
    approvals.expire(connection, sync, now)
    _tell(connection, run, row, plan.config)
    return run


def _tell(connection: Connection, run: int, row: Mapping[str, Any], configuration: str) -> None:
    """That the run has begun, and before, that it is by another configuration than the last."""
    sync, at = row["sync"], row["begun_at"]
    before = events.configuration_before(connection, sync)
    if before not in {None, configuration}:
        changed: dict[str, Any] = {"before": before, "after": configuration}
        events.tell(connection, "configuration changed", at, sync=sync, **changed)
    counted = ("planned", "held", "refused", "conflicts")
    events.tell(
        connection,
        events.RUN_BEGUN,
        at,
        sync=sync,
        run=run,
        target=row["target"],
        plan=row["digest"],
        configuration=configuration,
        version=__version__,
        undoes=row["undoes"],
        **{name: row[name] for name in counted},
    )


def end(connection: Connection, run: int, sync: str, now: datetime, **ended: object) -> None:
    connection.execute(update(RUNS).where(RUNS.c.run == run).values(ended_at=now, **ended))
    events.tell(connection, RUN_ENDED, now, sync=sync, run=run, **ended)


def sync_of(connection: Connection, run: int) -> str:
    return str(connection.scalars(select(RUNS.c.sync).where(RUNS.c.run == run)).one())


def watched(
    connection: Connection,
    sync: str,
    now: datetime | None,
    delays: Collection[timedelta],
    before: int | None = None,
) -> dict[timedelta, Watched]:
    """For each delay the last run after which runs have watched for so long, in their order, until
    `now`; for None until the last run of them. With `before`, of runs before that one.

    Of the time between two runs half of the delay counts at most, and none where the clock went
    back. A delay that was not watched for is missing.
    """
    found: dict[timedelta, Watched] = {}
    left, until = {delay: delay for delay in delays}, now
    for run, at in _backwards(connection, sync, before) if left else ():
        for delay in tuple(left):
            left[delay] -= min(max((until or at) - at, timedelta()), delay / 2)
            if left[delay] <= timedelta():
                found[delay] = Watched(run, at)
                del left[delay]
        if not left:
            break
        until = at
    return found


def before_it_went_back(
    connection: Connection, sync: str, since: datetime, now: datetime
) -> int | None:
    """The run of that window after which a clock that was set back dated others before it; None
    where none did. The window is looked through as `watched` does."""
    window = left = now - since
    until, back = now, False
    for run, at in _backwards(connection, sync) if window else ():
        back = back or at < since
        if back and since <= at <= now:
            return run
        left -= min(max(until - at, timedelta()), window / 2)
        if left <= timedelta():
            break
        until = at
    return None


def _backwards(
    connection: Connection, sync: str, before: int | None = None
) -> Iterator[tuple[int, datetime]]:
    """All runs of the sync, the newest first, as far as anybody asks; undoes look for nobody."""
    runs = select(RUNS.c.run, RUNS.c.begun_at).where(RUNS.c.sync == sync, RUNS.c.undoes.is_(None))
    runs = runs.order_by(RUNS.c.run.desc()).limit(_AT_ONCE)
    found = connection.execute(runs if before is None else runs.where(RUNS.c.run < before)).all()
    while found:
        yield from ((run, at) for run, at in found)
        found = connection.execute(runs.where(RUNS.c.run < found[-1].run)).all()


def newest(connection: Connection, where: Iterable[ColumnElement[bool]], limit: int) -> list[Run]:
    """Those of which all that holds, the newest first."""
    statement = select(*(RUNS.c[name] for name in Run.__struct_fields__)).where(*where)
    statement = statement.order_by(RUNS.c.run.desc()).limit(limit)
    return [_run(row._asdict()) for row in connection.execute(statement)]


def numbered(connection: Connection, run: int) -> Run | None:
    return next(iter(newest(connection, [RUNS.c.run == run], 1)), None)


def _run(row: dict[str, Any]) -> Run:
    withheld = msgspec.json.decode(row["withheld"], type=tuple[str, ...])
    return Run(**{**row, "withheld": withheld})
