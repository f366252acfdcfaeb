"""What became of a run."""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from syncd.core.model import Value
from syncd.core.past import Missed
from syncd.core.plan import Change, Plan
from syncd.executor import Execution


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    BUG = 1
    CONFIG = 2
    SOURCE = 3
    TARGET = 4
    HELD = 5
    NOT_CONVERGED = 6
    NOT_WHOLE = 7
    PENDING = 10


class Unsettled(Struct, frozen=True):
    """A change that was made and is not there: per field, what was written and what came back.

    `missed` is the same as it is remembered: of each, what must be written again.
    """

    change: Change
    fields: Mapping[str, tuple[Value, Value]]
    missed: tuple[Missed, ...] = ()


class Report(Struct, frozen=True):
    """`run` is None where nobody approved; `unsettled` is what did not settle in this run.

    `unverified` is why the target could not be read again after the run.
    """

    plan: Plan
    run: int | None
    execution: Execution
    unsettled: tuple[Unsettled, ...] = ()
    unverified: str = ""

    @property
    def exit_code(self) -> Exit:
        execution = self.execution
        if execution.failed or execution.unknown or execution.denied or self.unverified:
            return Exit.TARGET
        if self.unsettled:
            return Exit.NOT_CONVERGED
        if execution.stopped and execution.untried:
            return Exit.TARGET
        return plan_exit_code(self.plan)


def plan_exit_code(plan: Plan) -> Exit:
    """Of a plan as such: a source or target that was not read whole, changes that are held, or
    fields that never settle. These come last: they may be so for ever, and hide nothing."""
    if plan.withheld:
        from_target = all(why.startswith("target ") for why in plan.withheld)
        return Exit.TARGET if from_target else Exit.SOURCE
    if plan.held:
        return Exit.HELD
    return Exit.NOT_CONVERGED if plan.unsettled else Exit.DONE


def outcome(report: Report) -> str:
    """One word or two for the ledger."""
    execution = report.execution
    if execution.stopped:
        return "stopped"
    if execution.failed or execution.unknown:
        return "failed"
    if report.unverified:
        return "not verified"
    return "not converged" if report.unsettled or report.plan.unsettled else "done"
