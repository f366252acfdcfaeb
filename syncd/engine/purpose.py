"""What a run is for: to make the target true, to run a saved plan, or to undo what a run did.

All three ask a cycle's question and take what one decision says; they differ in whom it is about,
in what should be, and in how much of the plan may run.
"""

from functools import cached_property

from msgspec.structs import replace

from syncd.core.bind import bind
from syncd.core.decide import Decision
from syncd.core.model import Op
from syncd.core.plan import Change, Plan, Refusal
from syncd.core.stream import batches, encode, mapped
from syncd.core.undo import turn
from syncd.cycle import Cycle, Mode, Touched
from syncd.cycle.notes import DiskNotes
from syncd.cycle.spool import DiskSpool
from syncd.cycle.subjects import Subjects, subjects_of
from syncd.engine.deeds import Deeds
from syncd.ledger import Ledger
from syncd.sync import Sync

_AT_ONCE = 500


class Purpose:
    """Of one plan or run. `undo` is the run to go back on; a `saved` plan says it itself."""

    def __init__(
        self, sync: Sync, ledger: Ledger, mode: Mode, saved: Plan | None, undo: int | None
    ) -> None:
        run = saved.undoes if saved is not None and undo is None else undo
        self._deeds = None if run is None else Deeds(ledger, sync.name, run)
        self._saved, self._mode, self._restores = saved, mode, sync.policy.restore
        self._said = DiskNotes()

    @property
    def undoes(self) -> bool:
        return self._deeds is not None

    @cached_property
    def about(self) -> Subjects | None:
        """None for whomever anything has changed of. Raises `ConfigError` where there is nothing to
        go back on."""
        if self._deeds is not None:
            self._deeds.check()
            return self._deeds.subjects
        if self._saved is None or self._mode is Mode.FULL:
            return None
        return subjects_of(self._saved)

    def decision(self, cycle: Cycle) -> Decision:
        question = cycle.read()
        if self._deeds is None:
            return Decision(question, cycle.apart)
        self._hear(Decision(question, cycle.apart).plan())
        question = cycle.ask()
        self._undo = self._deeds.undo()
        return Decision(*turn(question, cycle.apart, self._undo))

    def again(self, cycle: Cycle, touched: Touched, run: int) -> Decision:
        """The decision once more, after what the run touched."""
        question = cycle.ask_again(touched, run)
        if self._deeds is None:
            return Decision(question, cycle.apart)
        return Decision(*turn(question, cycle.apart, self._deeds.undo(insists=True)))

    def plan(self, cycle: Cycle, decision: Decision) -> Plan:
        """What of the decision's plan may run."""
        planned = decision.plan()
        if self._deeds is not None:
            planned = self._undoing(self._deeds, planned)
        if self._saved is not None:
            planned = bind(self._saved, planned, cycle.now, DiskSpool(), DiskNotes)
        return planned

    def _hear(self, plan: Plan) -> None:
        """Keeps what the sources, as they were last read, would have changed now."""
        self._said.note((one.id, encode(one.after)) for one in plan.changes)
        self._said.note((one.change.id, encode(one.change.after)) for one in plan.held)

    def _undoing(self, deeds: Deeds, plan: Plan) -> Plan:
        words = f"undo of run {deeds.run}"

        def told(change: Change) -> Change:
            again = "; the next run makes it again" if self._made_again([change]) else ""
            _, by, approved = change.reason.partition("; approved by")
            return replace(change, reason=f"{words}{again}{by}{approved}")

        def held(one: Refusal) -> Refusal:
            return replace(one, change=told(one.change))

        def kept(one: Refusal) -> Refusal:
            return replace(one, change=replace(one.change, reason=words))

        number = sum(self._made_again(some) for some in batches(plan.changes, _AT_ONCE))
        again = (_AGAIN.format(_those(number)),) if number else ()
        return replace(
            plan,
            changes=mapped(plan.changes, told, Change),
            held=mapped(plan.held, held, Refusal),
            refused=mapped(plan.refused, kept, Refusal),
            unsettled=mapped(plan.unsettled, kept, Refusal),
            marks=(),
            notes=(words, *deeds.notes(), *self._undo.notes(), *again, *plan.notes),
        )

    def _made_again(self, some: list[Change]) -> int:
        """How many of these the sources would have otherwise."""
        said = self._said.of([one.id for one in some])
        return sum(said.get(one.id) != encode(one.after) and self._may_again(one) for one in some)

    def _may_again(self, change: Change) -> bool:
        return change.op is not Op.SUSPEND or self._restores


def _those(number: int) -> str:
    return "1 of these changes is" if number == 1 else f"{number:,} of these changes are"


_AGAIN = (
    "{} not as the sources say (as they were last read): the next run makes again what this one "
    "undoes, unless it is changed there first, or the sync is disabled"
)
