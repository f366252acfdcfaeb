"""How a sync stands after a cycle: pure, from how it stood before and what became of the cycle."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from syncd.core.model import Op
from syncd.core.past import Cause
from syncd.core.plan import Change, Plan, Refusal, count
from syncd.errors import (
    BackendError,
    ConfigError,
    LedgerError,
    NoRoom,
    SourceError,
    SyncdError,
    TookTooLong,
)
from syncd.executor import ON_REQUEST, Execution
from syncd.ledger import Reading, Standing
from syncd.report import Report, outcome

Redact = Callable[[str], str]

_PARTS = (
    (SourceError, "source failed"),
    (BackendError, "target failed"),
    (LedgerError, "ledger failed"),
    (ConfigError, "configuration failed"),
    (TookTooLong, "took too long"),
    (NoRoom, "no room"),
)
_BUG = "broken by a bug"
_BROKEN = frozenset({*(word for _, word in _PARTS), _BUG})


def after_run(
    before: Standing | None,
    report: Report,
    times: tuple[datetime, datetime],
    readings: tuple[Mapping[str, Reading], Reading],
    redact: Redact,
) -> Standing:
    """`times` are the cycle's beginning and end, `readings` those of the sources and the target."""
    plan, execution, word = report.plan, report.execution, outcome(report)
    # What never settles is named in each plan, and says nothing against the run.
    well = word == "done" or (word == "not converged" and not report.unsettled)
    fine = well or execution.stopped == ON_REQUEST
    sources, target = readings
    standing = Standing(
        sync=plan.sync,
        target=plan.target,
        began_at=times[0],
        ended_at=times[1],
        outcome=word,
        trouble=redact(_trouble(report)),
        run=report.run,
        digest=plan.digest,
        verified_at=before.verified_at if before else None,
        planned=plan.summary,
        done=_done(execution),
        failed=count(one.change for one in (*execution.failed, *execution.unknown)),
        held=count(one.change for one in plan.held),
        refused=len(plan.refused),
        conflicts=len(plan.conflicts),
        unmapped=len(plan.failures),
        unsettled=len(report.unsettled),
        never_settling=fields_of(plan.unsettled),
        drifted=_drifted(plan),
        withheld=tuple(map(redact, plan.withheld)),
        withheld_changes=plan.withheld_changes,
        sources={name: _cleaned(one, redact) for name, one in sources.items()},
        target_reading=_cleaned(target, redact),
        told=before.told if before else {},
    )
    if well and not plan.withheld:
        standing = replace(standing, verified_at=times[1])
    return standing if fine else _failing(standing, before)


def after_error(
    before: Standing | None,
    sync: tuple[str, str],
    error: Exception,
    times: tuple[datetime, datetime],
    redact: Redact,
) -> Standing:
    """`sync` is its name and its target's. What was known before is known still."""
    old = before or Standing(
        sync=sync[0], target=sync[1], began_at=times[0], ended_at=times[1], outcome=""
    )
    part = next((word for kind, word in _PARTS if isinstance(error, kind)), _BUG)
    told = str(error) if isinstance(error, SyncdError) else type(error).__name__
    standing = replace(
        old,
        target=sync[1],
        began_at=times[0],
        ended_at=times[1],
        outcome=part,
        trouble=redact(told),
    )
    return _failing(standing, before)


def has_run(standing: Standing) -> bool:
    """Whether the cycle came to a run. If not, its counts and readings are an earlier one's."""
    return standing.outcome not in _BROKEN


def _failing(standing: Standing, before: Standing | None) -> Standing:
    since = before.failing_since if before else None
    return replace(
        standing,
        failures=(before.failures if before else 0) + 1,
        failing_since=since or standing.ended_at,
    )


def _trouble(report: Report) -> str:
    execution = report.execution
    if execution.stopped:
        return execution.stopped
    if report.unverified:
        return f"the target could not be read again after the run: {report.unverified}"
    if failed := [*execution.failed, *execution.unknown]:
        more = f" (and {len(failed) - 1:,} more)" if len(failed) > 1 else ""
        return f"{_named(failed[0].change)}: {failed[0].why}{more}"
    if report.unsettled:
        first = report.unsettled[0]
        return f"{_named(first.change)}: the target did not keep {', '.join(first.fields)}"
    if number := fields_of(report.plan.unsettled):
        one = report.plan.unsettled[0].change
        what = ", ".join(one.after) if one.op is Op.UPDATE else one.op
        return f"{number:,} never settle, such as of a {one.kind}: {what}"
    return ""


def fields_of(some: Iterable[Refusal]) -> int:
    """How many fields these are of; what is made or joined as a whole is one."""
    return sum(len(one.change.after) if one.change.op is Op.UPDATE else 1 for one in some)


def _drifted(plan: Plan) -> dict[str, int]:
    changed = (Cause.OUTSIDE, Cause.BOTH)
    back = sum(plan.causes.get(cause.value, 0) for cause in changed)
    return {"put_back": back, "reported": fields_of(plan.drifted)}


def _named(change: Change) -> str:
    """Without the person's name: this is shown to whoever may see counts."""
    return f"{change.op} of a {change.kind}"


def _done(execution: Execution) -> dict[str, int]:
    by: Counter[str] = Counter()
    for (kind, op), number in execution.done_by.items():
        by[f"{kind}.{op}"] += number
    return dict(sorted(by.items()))


def _cleaned(reading: Reading, redact: Redact) -> Reading:
    return replace(reading, gaps=_all(reading.gaps, redact))


def _all(words: Iterable[str], redact: Redact) -> tuple[str, ...]:
    return tuple(map(redact, words))
