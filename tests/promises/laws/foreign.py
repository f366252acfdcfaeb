"""Promise 3, the first half: nothing foreign is touched."""

from syncd.core.model import Kind, Op
from syncd.core.policy import Adopt
from tests.promises.past import Past
from tests.promises.run import Run


def nothing_foreign_is_touched(one: Run, _past: Past) -> None:
    """What was never linked is bit-identical, with its memberships; a link comes by a rule."""
    policy, planted = one.site.policy, one.site.planted
    ours = one.before.linked | one.after.linked
    for effect in one.effects:
        if effect.kind is Kind.MEMBER:
            assert (Kind.GROUP, effect.ref) in ours or effect.ref in made(one)
            assert (Kind.USER, effect.member) in ours or effect.member in made(one)
        elif effect.op is not Op.CREATE:
            assert (effect.kind, effect.ref) in ours
    for kind, ref in one.after.linked - one.before.linked:
        if ref in planted:
            allowed = policy.adopt is not Adopt.NEVER if kind is Kind.USER else policy.adopt_groups
            assert allowed, f"{ref} was adopted, and no rule says so"
    assert (Kind.USER, one.site.memory.own) not in ours


def made(one: Run) -> set[str]:
    """What this run has made and, where it died, not linked yet."""
    return {effect.ref for effect in one.effects if effect.op is Op.CREATE}
