"""All that is known of one run, put together from the ledger."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from syncd.core.memory import Mark
from syncd.core.plan import Problem, Refusal
from syncd.ledger import KeptPlan, Ledger, Line, Reading, Run
from syncd.ledger.lookback import Used

MOST = 1000
"""So many of each list but the lines; the ledger keeps no more of what is not held."""


class Told(Struct, frozen=True, kw_only=True):
    """A run. `plan` is what it began with, None where that is not kept any more: then what it
    held, refused and could not decide is known by its numbers alone. `readings` are known of the
    sync's last cycle only, `target` is among them."""

    run: Run
    plan: KeptPlan | None = None
    held: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()
    conflicts: tuple[Problem, ...] = ()
    failures: tuple[Problem, ...] = ()
    marks: tuple[Mark, ...] = ()
    approvals: tuple[Used, ...] = ()
    readings: Mapping[str, Reading] = {}
    trouble: str = ""


def tell(ledger: Ledger, run: Run) -> Told:
    desk, chronicle = ledger.desk, ledger.chronicle
    plan = desk.plan(run.digest)
    plan = plan if plan is None or plan.whole else None
    standing = desk.standing(run.sync)
    last = standing if standing is not None and standing.run == run.run else None
    return Told(
        run=run,
        plan=plan,
        held=tuple(desk.findings(run.digest, "held", MOST)) if plan else (),
        refused=tuple(desk.findings(run.digest, "refused", MOST)) if plan else (),
        conflicts=tuple(desk.findings(run.digest, "conflicts", MOST)) if plan else (),
        failures=tuple(desk.findings(run.digest, "failures", MOST)) if plan else (),
        marks=tuple(chronicle.marks_of(run.run)),
        approvals=tuple(chronicle.approvals_used(run.run)),
        readings={**last.sources, run.target: last.target_reading} if last else {},
        trouble=last.trouble if last else "",
    )


def lines(ledger: Ledger, run: Run) -> Iterator[Line]:
    """What it tried, in the order in which it was begun."""
    return ledger.chronicle.each_line_of(run.run)
