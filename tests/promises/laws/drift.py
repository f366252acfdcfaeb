"""What somebody changed in the target is put back, told of or left, as the policy says."""

from syncd.core.model import Kind, Op, Ref, Value, flat
from syncd.core.normal import same
from syncd.core.plan import Change
from syncd.core.policy import Drift
from tests.promises.past import Past
from tests.promises.run import Run
from tests.promises.written import UNKNOWN


def what_is_left_by_policy_is_not_written(one: Run, past: Past) -> None:
    """Under `report` and `yield` nobody writes what was written last over what is there by now."""
    if one.undoes is not None:
        return  # that is not about what the sources say
    steps = {(c.ref, name) for c in (one.plan.changes if one.plan else ()) for name in _aside(c)}
    for effect in one.effects:
        if (effect.kind, effect.op) != (Kind.USER, Op.UPDATE):
            continue
        now = flat(one.after.users[effect.ref].entity)
        for name in effect.fields:
            left = one.site.policy.on_drift(name) is not Drift.ENFORCE
            if left and (effect.ref, name) not in steps:
                assert not was_written(one, past, effect.ref, name, now.get(name)), name


def only_what_was_changed_outside_is_left(one: Run, past: Past) -> None:
    """What a plan leaves is reported by the policy, and is what syncd wrote last."""
    for refusal in one.plan.drifted if one.plan else ():
        change = refusal.change
        assert (change.kind, change.op) == (Kind.USER, Op.UPDATE)
        for name, value in change.after.items():
            assert one.site.policy.on_drift(name) is Drift.REPORT
            known = past.written.last(change.ref, name)
            assert known is UNKNOWN or was_written(one, past, change.ref, name, value)


def was_written(one: Run, past: Past, ref: Ref, name: str, value: Value) -> bool:
    """Whether this is surely what syncd wrote there last."""
    caseless = name in one.site.memory.users.holds.caseless
    last = past.written.last(ref, name)
    return last is not UNKNOWN and same(last, value, caseless=caseless)


def _aside(change: Change) -> tuple[str, ...]:
    """The fields of one that makes way for another's name."""
    aside = change.temporary or change.reason.startswith("has left; ")
    return tuple(change.after) if aside else ()
