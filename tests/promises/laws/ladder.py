"""Promise 5: removal is a ladder, not a jump."""

from syncd.core.model import Kind, Op
from syncd.core.policy import Leavers
from tests.promises.past import Past
from tests.promises.run import Run


def deletion_is_the_last_rung(one: Run, past: Past) -> None:
    """Deleted is only who was inactive, missed by an earlier run, and past the grace since then."""
    policy, now = one.site.policy, one.latest
    suspends = Op.SUSPEND in one.site.memory.users.holds.ops
    for effect in one.effects:
        if effect.op is Op.DELETE and effect.kind is Kind.USER:
            assert policy.leavers is Leavers.DELETE
            assert not one.before.users[effect.ref].entity.active or not suspends
            assert effect.ref in past.missed, "nobody had missed them"
            assert now - past.missed[effect.ref] >= policy.grace


def only_own_suspensions_are_lifted(one: Run, past: Past) -> None:
    """What a person disabled by hand stays disabled."""
    for effect in one.effects:
        if effect.op is Op.RESTORE:
            assert effect.ref in past.suspended, "somebody else had disabled them"
            assert effect.ref not in past.by_hand
            assert one.site.policy.restore
    ours = past.suspended.keys() | {e.ref for e in one.effects if e.op is Op.SUSPEND}
    doubtful = {key for op, _, key in one.before.doubtful if op is Op.SUSPEND}
    for link in one.after.links:
        if link.suspended_at is not None:
            assert link.ref in ours or link.key in doubtful
