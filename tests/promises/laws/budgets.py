"""Promise 6: every kind of change has a budget, also over a window of several runs."""

from collections import Counter

from syncd.core.model import Kind, Op
from tests.promises.past import Past, counts_as_free
from tests.promises.run import Run


def no_window_sees_more_than_its_allowance(one: Run, past: Past) -> None:
    """What the target shows to be made, in this run and in those before it within the window, is
    within the allowance, but for what somebody approved."""
    policy = one.site.policy
    made = Counter((c.kind, c.op) for c in one.made if counts_as_free(c))
    population = population_of(one)
    for which, budget in policy.budgets.items():
        spent = past.spent(which, one.latest - policy.window)
        # Whom the window has seen suspended or removed still counts as there.
        of = population[which[0]] + (spent if which[1] in (Op.SUSPEND, Op.REMOVE) else 0)
        allowance = budget.allowance(of)
        if made[which] and allowance is not None:
            assert made[which] + spent <= allowance, f"{made[which]} and {spent} {which}"


def population_of(one: Run) -> dict[Kind, int]:
    """How many of ours there were, with those whom the run made ours without a change."""
    adopted = {(m.kind, m.ref) for m in one.plan.marks} if one.plan else set()
    ours = one.before.linked | {
        (kind, ref) for kind, ref in adopted if (kind, ref) in one.before.rows
    }
    active = [ref for ref, was in one.before.users.items() if was.entity.active]
    return {
        Kind.USER: sum((Kind.USER, ref) in ours for ref in active),
        Kind.GROUP: sum((Kind.GROUP, ref) in ours for ref in one.before.groups),
        Kind.MEMBER: sum((Kind.USER, pair.user) in ours for pair in one.before.members),
    }
