"""The whole flow in two functions, `plan` and `apply`; whoever runs syncd calls these two.

read sources -> desire (merge, map) ┐
read target ------------------------┼-> decide -> Plan
recall the ledger ------------------┘     └-> apply: execute -> verify -> Report
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec.structs import replace

from syncd.core.bind import bind
from syncd.core.correlate import UNCLEAR
from syncd.core.decide import Decision
from syncd.core.model import Kind, Op
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.cycle import Cycle, Mode, Touched
from syncd.cycle.look import silent
from syncd.cycle.reading import Watch
from syncd.errors import BackendError, LedgerError
from syncd.executor import Execution, Journal, execute
from syncd.ledger import Ledger
from syncd.report import Report, outcome
from syncd.sync import Sync
from syncd.verify import unsettled

Clock = Callable[[], datetime]


def plan(
    sync: Sync, ledger: Ledger, now: datetime, watch: Watch = silent, mode: Mode = Mode.DUE
) -> Plan:
    """What a run now would do; writes nothing anywhere.

    Raises `SourceError` where no source can be read, `BackendError` where the target cannot.
    """
    with Cycle(sync, ledger, now, watch, mode) as cycle:
        return Decision(cycle.read(), cycle.apart).plan()


def apply(  # noqa: PLR0913  the run's whole surroundings, each a name
    sync: Sync,
    ledger: Ledger,
    *,
    clock: Clock,
    approve: Callable[[Plan], bool],
    stop: Callable[[], bool] = lambda: False,
    saved: Plan | None = None,
    watch: Watch = silent,
    mode: Mode = Mode.DUE,
) -> Report:
    """Plan, ask `approve`, and make the target true, under the sync's lock.

    Of a `saved` plan those changes run that a plan of now would make too. Once `stop` says
    so, the change in hand is finished and no other begun. Raises as `plan` does, and `LedgerError`
    where another run is under way.
    """
    with ledger.lock(sync.name), Cycle(sync, ledger, clock(), watch, mode) as cycle:
        question = cycle.read()
        before = decision = Decision(question, cycle.apart)
        planned = decision.plan()
        if saved is not None:
            planned = bind(saved, planned)
        if not approve(planned):
            return Report(planned, None, Execution())
        run = _begin(sync, ledger, planned, decision, clock)
        with _how_to_go_on():
            execution = execute(planned, sync.backend, Journal(ledger, run, clock), stop, watch)
        report = Report(planned, run, execution)
        try:
            if _has_moved(planned, execution):
                question = cycle.ask_again(_touched(execution))
                decision = Decision(question, cycle.apart)
                left = unsettled(execution, cycle.still_there, decision.plan())
                report = replace(report, unsettled=left)
        except BackendError as error:
            report = replace(report, unverified=str(error))
        done, failed = len(execution.done), len(execution.failed)
        ledger.end_run(run, outcome(report), done, failed, clock())
        if not report.unverified:
            cycle.keep(before, decision)
        return report


def _begin(sync: Sync, ledger: Ledger, planned: Plan, decision: Decision, clock: Clock) -> int:
    """The run's number; what the plan found out besides its changes is remembered."""
    run = ledger.begin_run(sync.name, planned, clock())
    ledger.mark(run, planned.marks, clock())
    ledger.rename(sync.name, decision.renamed)
    if decision.saw_all and all(one.why != UNCLEAR for one in planned.conflicts):
        ledger.settle(sync.name, run, clock())
    return run


def _has_moved(planned: Plan, execution: Execution) -> bool:
    """Whether anything may be otherwise than before the run."""
    return bool(planned.marks or execution.done or execution.failed or execution.unknown)


def _touched(execution: Execution) -> Touched:
    """A deletion takes memberships with it, so that it too is a reason to read them again."""
    tried = [*execution.done, *(one.change for one in (*execution.failed, *execution.unknown))]
    moved = any(change.kind is Kind.MEMBER or change.op is Op.DELETE for change in tried)
    return Touched({kind: execution.refs(kind) for kind in (Kind.USER, Kind.GROUP)}, moved)


@contextmanager
def _how_to_go_on() -> Iterator[None]:
    """Without its journal a run breaks off in its middle, and nobody has to mend what it left."""
    try:
        yield
    except LedgerError as error:
        advice = "the run broke off: apply again when that is mended; it finds out what was done"
        raise LedgerError(f"{error}\n{advice}") from error


def ask(sync: Sync, ledger: Ledger, now: datetime, watch: Watch = silent) -> Question:
    """All that a plan about everybody depends on, read without regard to earlier readings."""
    with Cycle(sync, ledger, now, watch, afresh=True, at_once=None) as cycle:
        return cycle.read()
