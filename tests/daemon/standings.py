"""Ledgers that tell of syncs without a run: as cycles would have left them, whatever they met."""

from datetime import timedelta

from syncd.core.model import Key, Kind, Op
from syncd.core.plan import Change, Plan, Problem, Refusal
from syncd.ledger import Standing
from tests.daemon.company import MORNING, Shown


class Bare(Shown):
    """A daemon of another ledger, without a sync of its own."""

    def __init__(self, company, ledger) -> None:
        super().__init__(company)
        self.kept = ledger

    @property
    def ledger(self):
        return self.kept

    def next_runs(self):
        return {}

    def under_way(self):
        return {}


def plan_of(sync, *, held=(), conflicts=()):
    refusals = tuple(
        Refusal(
            Change(Op.SUSPEND, Kind.USER, Key(f"k{number}"), name, after={name: name}, reason=name),
            f"over budget {name}",
        )
        for number, name in enumerate(held)
    )
    problems = tuple(
        Problem(Kind.USER, Key(f"c{number}"), name, name, name)
        for number, name in enumerate(conflicts)
    )
    return Plan(
        sync=sync, target=sync, created=MORNING, config="", held=refusals, conflicts=problems
    )


def stand(ledger, plan, **how):
    """As a cycle leaves it that made this plan."""
    run = ledger.begin_run(plan.sync, plan, MORNING)
    ledger.desk.keep_plan(run, plan, MORNING)
    given = {
        "held": {"user.suspend": len(plan.held)} if plan.held else {},
        "conflicts": len(plan.conflicts),
        "digest": plan.digest,
        "run": run,
        "outcome": "done",
        **how,
    }
    before = MORNING - timedelta(minutes=1)
    ledger.desk.stand(
        Standing(sync=plan.sync, target=plan.target, began_at=before, ended_at=MORNING, **given)
    )
    return run
