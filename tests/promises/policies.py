"""What an administrator allows, by chance: the policies of simulated lives."""

import random
from datetime import timedelta

from syncd.core.model import Kind, Op
from syncd.core.policy import ANY_FIELD, Budget, Cohort, Drift, Leavers, Policy, Waves

TIGHT = {
    (Kind.USER, Op.CREATE): Budget(count=5),
    (Kind.USER, Op.UPDATE): Budget(count=2),
    (Kind.USER, Op.SUSPEND): Budget(count=1),
    (Kind.USER, Op.DELETE): Budget(count=1),
    (Kind.MEMBER, Op.ADD): Budget(count=6),
    (Kind.MEMBER, Op.REMOVE): Budget(count=1),
}
_DAYS = [timedelta(days=days) for days in (0, 1, 3)]
_FEW_FIRST = Waves(first=(Cohort(users=("ada", "e*")), Cohort(percent=40)), minimum=2)


def chosen(chance: random.Random, calm: Policy) -> Policy:
    """One that keeps to what is `calm` in all that is not said here."""
    choose = chance.choice
    return Policy(
        leavers=choose([Leavers.DELETE, Leavers.DELETE, Leavers.SUSPEND]),
        suspend_after=choose([_DAYS[0], _DAYS[0], _DAYS[1]]),
        strip_after=choose([None, None, *_DAYS]),
        grace=timedelta(days=choose([1, 30])),
        vanished_groups=calm.vanished_groups,
        budgets=choose([{}, {}, TIGHT]),
        drift=choose([{}, {}, {ANY_FIELD: choose(list(Drift)), "title": choose(list(Drift))}]),
        waves=choose([Waves(), Waves(), _FEW_FIRST]),
    )
