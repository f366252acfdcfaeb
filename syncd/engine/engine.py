"""The whole flow in two functions, `plan` and `apply`; whoever runs syncd calls these two.

read sources -> desire (merge, map) ┐
read target ------------------------┼-> decide -> Plan
recall the ledger ------------------┘     └-> apply: execute -> verify -> Report
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from syncd.core.correlate import UNCLEAR
from syncd.core.decide import Decision
from syncd.core.model import Key, Kind
from syncd.core.plan import Plan
from syncd.core.question import Question
from syncd.core.seen import with_versions
from syncd.core.waves import in_waves
from syncd.cycle import Cycle, Mode
from syncd.cycle.elsewhere import elsewhere, know
from syncd.cycle.evidence import SAVED, VERSIONS, Taken, versions_of
from syncd.cycle.look import silent
from syncd.cycle.notes import DiskNotes
from syncd.cycle.reading import Watch
from syncd.cycle.reads import readings
from syncd.cycle.spool import DiskSpool
from syncd.engine.aftermath import look_again, remember
from syncd.engine.canary import Canary
from syncd.engine.purpose import Purpose
from syncd.engine.stubborn import Stubborn
from syncd.errors import BackendError, ConfigError, LedgerError, Stopped
from syncd.executor import Execution, Journal, Told, execute
from syncd.ledger import Ledger, Reading
from syncd.planfile import lines
from syncd.report import Report, outcome
from syncd.standing import Redact, after_error, after_run
from syncd.sync import Sync

Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""No clock of a machine says an earlier time, unless it is broken."""


def plan(  # noqa: PLR0913  what is read and how, each a name
    sync: Sync,
    ledger: Ledger,
    now: datetime,
    watch: Watch = silent,
    mode: Mode = Mode.DUE,
    *,
    retry: bool = False,
    undo: int | None = None,
) -> Plan:
    """What a run now would do, or one that would `undo` a run; writes nothing anywhere. In a
    `retry` what never settles is in it.

    Raises `SourceError` where no source can be read, `BackendError` where the target cannot,
    `ConfigError` where there is no such run to undo, or where `now` cannot be, `NoRoom` where what
    was read finds none.
    """
    purpose = Purpose(sync, ledger, mode, None, undo)
    now = _plausible(now)
    with Cycle(sync, ledger, now, watch, mode, retry=retry, about=purpose.about) as cycle:
        planned = purpose.plan(cycle, purpose.decision(cycle))
        return with_versions(_in_waves(sync, ledger, planned), cycle.now)


def apply(  # noqa: PLR0913  the run's whole surroundings, each a name
    sync: Sync,
    ledger: Ledger,
    *,
    clock: Clock,
    approve: Callable[[Plan], bool],
    stop: Callable[[], bool] = lambda: False,
    saved: Plan | None = None,
    undo: int | None = None,
    watch: Watch = silent,
    mode: Mode = Mode.DUE,
    retry: bool = False,
    told: Told = lambda _run, _ended: None,
    redact: Redact = str,
) -> Report:
    """Plan as `plan` does, ask `approve`, and make the target true, under the sync's lock.

    Of a `saved` plan those changes run that a plan of now would make too, and of the target only
    what that plan touches is read again, unless the `mode` asks for everything. With `undo`, what
    that run did goes back: no source is asked, and how the sync stands is as before. Once `stop`
    says so, the change in hand is finished and no other begun. `told` is called with the run and
    with changes of it whose outcome the ledger has. What went wrong, and how the sync stands, is
    kept in words that `redact` went over.
    Raises as `plan` does, `LedgerError` where another run is under way, and `BackendError` where
    the target is not the store that the sync's links lead into.
    """
    purpose = Purpose(sync, ledger, mode, saved, undo)
    with (
        ledger.lock(sync.name),
        _standing(sync, ledger, clock, redact, of_undo=purpose.undoes) as stand,
        Cycle(
            sync, ledger, _plausible(clock()), watch, mode, retry=retry, about=purpose.about
        ) as cycle,
    ):
        decision = _decide(sync, ledger, clock, purpose, cycle)
        planned = _in_waves(sync, ledger, cleaned(purpose.plan(cycle, decision), redact))
        if not approve(planned):
            return Report(planned, None, Execution(planned.changes))
        know(cycle.target, sync, ledger)
        run = _begin(
            sync,
            ledger,
            planned,
            decision,
            clock,
            _evidence(sync, cycle, planned, decision, saved, redact),
        )
        journal, left, after = Journal(ledger, run, clock, told, redact), None, decision.plan()
        look = partial(look_again, cycle, purpose, decision, planned, journal)
        stubborn = Stubborn(cycle.past, ledger, sync.name, run)
        gate = Canary(planned.waves, sync.policy.waves.errors, stubborn, look, stop, watch)
        with _how_to_go_on():
            execution = execute(planned, sync.backend, journal, stop, watch, gate)
        report = Report(planned, run, execution)
        try:
            if _has_moved(planned, execution):
                left, still_open, after = look(execution)
                report = replace(report, unsettled=still_open)
        except BackendError as error:
            report = replace(report, unverified=redact(str(error)))
        ledger.end_run(run, outcome(report), *execution.counts, clock())
        if not report.unverified:
            remember(cycle, ledger, report, decision, (left or decision.left(), after), clock())
        stand(report, readings(cycle.sources, cycle.target))
        return report


def _decide(sync: Sync, ledger: Ledger, clock: Clock, purpose: Purpose, cycle: Cycle) -> Decision:
    """Raises `BackendError` where the target is another store, or seems to be and nobody knows."""
    _refuse(sync, elsewhere(ledger, sync.name, sync.identity))
    ledger.desk.take_files(sync.name, sync.consent, clock())
    decision = purpose.decision(cycle)
    unknown = cycle.target.strange and ledger.desk.target(sync.name) is None
    _refuse(sync, decision.question.seen.gaps[-1] if unknown else "")
    return decision


def _refuse(sync: Sync, why: str) -> None:
    if why:
        raise BackendError(f"target {sync.target}: {why}")


def _plausible(now: datetime) -> datetime:
    """A clock that is behind, or was never set, is lived with (`core/ladder.py`). Before 1970
    nothing of what was kept is known again, for that has such seconds."""
    if now < _EPOCH:
        raise ConfigError(
            f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC: set it, then run again; "
            "nothing was read"
        )
    return now


Stand = Callable[[Report, tuple[Mapping[str, Reading], Reading]], None]


@contextmanager
def _standing(
    sync: Sync, ledger: Ledger, clock: Clock, redact: Redact, *, of_undo: bool
) -> Iterator[Stand]:
    """Keeps how the sync stands after a cycle, whether that succeeds or fails. An undo says nothing
    of that: it is not to do as the sources say."""
    if of_undo:
        yield lambda _report, _readings: None
        return
    before, began = ledger.desk.standing(sync.name), clock()

    def stand(report: Report, readings: tuple[Mapping[str, Reading], Reading]) -> None:
        ledger.desk.stand(after_run(before, report, (began, clock()), readings, redact))

    try:
        yield stand
    except Stopped:
        raise  # nothing was learnt
    except Exception as error:
        which = sync.name, sync.target
        with suppress(LedgerError):
            ledger.desk.stand(after_error(before, which, error, (began, clock()), redact))
        raise


def _in_waves(sync: Sync, ledger: Ledger, plan: Plan) -> Plan:
    def names(keys: Iterable[Key]) -> dict[Key, str]:
        links = ledger.recall_links(sync.name, [(Kind.USER, key) for key in keys], ())
        return {link.key: link.name for link in links}

    return in_waves(plan, sync.policy.waves, names, DiskSpool, DiskNotes)


def cleaned(plan: Plan, redact: Redact) -> Plan:
    """Without secrets in the words of sources and target: so it is shown, digested and kept."""
    withheld, notes = tuple(map(redact, plan.withheld)), tuple(map(redact, plan.notes))
    if (withheld, notes) == (plan.withheld, plan.notes):
        return plan
    return replace(plan, withheld=withheld, notes=notes)


def _evidence(
    sync: Sync,
    cycle: Cycle,
    planned: Plan,
    decision: Decision,
    saved: Plan | None,
    redact: Redact,
) -> Taken | None:
    """What the plan was made of, with the lines of the saved one; None where none is to be kept. Of
    an undo that would be the journal, which is kept anyway."""
    if sync.keep_evidence is None or planned.undoes is not None:
        return None
    taken = cycle.evidence(decision.question, redact, of_nobody=saved is not None)
    if saved is None or taken is None:
        return taken
    of_saved = {SAVED: lines(saved), VERSIONS: versions_of(saved, cycle.now)}
    return replace(taken, sections={**taken.sections, **of_saved})


def _begin(
    sync: Sync,
    ledger: Ledger,
    planned: Plan,
    decision: Decision,
    clock: Clock,
    evidence: Taken | None,
) -> int:
    """The run's number; what the plan found out besides its changes is remembered."""
    run = ledger.begin_run(sync.name, planned, clock())
    if evidence is not None:
        ledger.archive.keep(sync.name, run, evidence.asked_at, evidence.head, evidence.sections)
    ledger.archive.forget(sync.name, run, sync.keep_evidence, clock())
    ledger.desk.keep_plan(run, planned, clock())
    ledger.mark(run, planned.marks, clock())
    ledger.rename(sync.name, decision.renamed)
    if decision.saw_all and all(one.why != UNCLEAR for one in planned.conflicts):
        ledger.desk.use_overtaken(run, planned, clock())
        ledger.settle(sync.name, run, clock(), decision.settled)
    return run


def _has_moved(planned: Plan, execution: Execution) -> bool:
    """Whether anything may be otherwise than before the run."""
    return bool(planned.marks or execution.done_by or execution.failed or execution.unknown)


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
