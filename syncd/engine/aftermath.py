"""After a run, or a wave: what it touched is read again, and what did not take is remembered."""

from collections import Counter
from datetime import datetime
from itertools import chain, starmap

from msgspec.structs import replace

from syncd.core.decide import Decision
from syncd.core.drift import wheres
from syncd.core.left import Left
from syncd.core.merge import full_key
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.past import Where
from syncd.core.plan import Plan
from syncd.cycle import GROWS, Cycle, Touched
from syncd.engine.purpose import Purpose
from syncd.engine.verify import unsettled
from syncd.executor import Execution, Journal
from syncd.ledger import Ledger, Tries
from syncd.report import Report, Unsettled


def look_again(
    cycle: Cycle,
    purpose: Purpose,
    decision: Decision,
    planned: Plan,
    journal: Journal,
    execution: Execution,
) -> tuple[Left, tuple[Unsettled, ...], Plan]:
    """What is left after the run, what of it did not take, and the plan that says so. Reads again
    what it touched."""
    touched, expected = _touched(execution, journal), None
    if planned is decision.plan() and not planned.marks and _only_grew(execution):
        expected = cycle.expected(execution.done, journal.refs)
    cycle.read_again(touched)
    if expected is not None and (growth := expected.seen_in(cycle.target)) is not None:
        return decision.left(growth), (), replace(planned, changes=())
    again = purpose.again(cycle, touched, journal.run)
    after = again.plan()
    return again.left(), unsettled(execution, cycle.still_there, after), after


def remember(
    cycle: Cycle,
    ledger: Ledger,
    report: Report,
    decision: Decision,
    after: tuple[Left, Plan],
    now: datetime,
) -> None:
    """Leaves to later cycles what is known by now: `after` is what the run has left, and the plan
    of all that is due then."""
    left, plan = after
    if report.plan.undoes is None:
        _keep_stuck(cycle, ledger, report, _settled(cycle, left, plan), now)
    cycle.keep(decision, left, report.run or 0)


def _keep_stuck(
    cycle: Cycle, ledger: Ledger, report: Report, gone: set[Where], now: datetime
) -> None:
    """What came back otherwise counts once more. Of an undo nothing is kept, for it is about other
    wishes than those that never settle."""
    if gone or report.unsettled:
        found = (one for unsettled in report.unsettled for one in unsettled.missed)
        tries = Tries(report.run or 0, cycle.past.made_by, now)
        ledger.keep_stuck(report.plan.sync, tries, found, gone)


def _settled(cycle: Cycle, left: Left, plan: Plan) -> set[Where]:
    """What did not settle so far, was asked about, and would not be written any more. Of whom
    nothing was decided, or a source may have said more, nothing is known."""
    if not cycle.target.proves:
        return set()
    doubted = [full_key(name, Key("")) for name, of in cycle.sources.items() if not of.proves]

    def is_known(kind: Kind, key: Key) -> bool:
        asked = cycle.selection is None or cycle.selection.has(kind, key)
        return asked and (kind, key) not in left.undecided and not key.startswith(tuple(doubted))

    known = {where for where in cycle.past.wheres() if all(starmap(is_known, _things(where)))}
    if known:
        stopped = chain(plan.held, plan.refused, plan.unsettled)
        known.difference_update(wheres(chain(plan.changes, (one.change for one in stopped))))
    return known


def _things(where: Where) -> list[tuple[Kind, Key]]:
    """What it is of: a membership, of a group and a user."""
    kind, key, member, _ = where
    return [(Kind.GROUP, key), (Kind.USER, Key(member))] if member else [(kind, key)]


def _only_grew(execution: Execution) -> bool:
    """Whether all was done, and that was to make things and to add members."""
    return execution.done_by.total() == len(execution.changes) and all(
        op in GROWS for _, op in execution.done_by
    )


def _touched(execution: Execution, journal: Journal) -> Touched:
    uncertain = [one.change for one in (*execution.failed, *execution.unknown)]
    tried = execution.done_by + Counter((change.kind, change.op) for change in uncertain)

    def refs(kind: Kind) -> frozenset[Ref]:
        those = [change for change in chain(execution.done, uncertain) if change.kind is kind]
        new = {one.key for one in those if one.ref is None}
        made = journal.refs(Kind.USER if kind is Kind.USER else Kind.GROUP, new)
        return frozenset([*(one.ref for one in those if one.ref is not None), *made.values()])

    counts = {kind: sum(n for (of, _), n in tried.items() if of is kind) for kind in Kind}
    return Touched(counts, refs, deleted=any(op is Op.DELETE for _, op in tried))
