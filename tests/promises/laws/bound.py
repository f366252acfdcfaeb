"""Promise 4: a saved plan is bound to what it saw."""

from syncd.core.model import Kind, flat
from tests.promises.past import Past
from tests.promises.run import Run


def a_saved_plan_does_nothing_else(one: Run, _past: Past) -> None:
    """What runs is in the saved plan and finds what that saw; what does not run is named."""
    if one.saved is None or one.plan is None:
        return
    meant = {change.id: change for change in one.saved.changes}
    runs = {change.id: change for change in one.plan.changes}
    assert runs.keys() <= meant.keys()
    for change_id, change in runs.items():
        then = meant[change_id]
        assert (change.ref, change.before, change.after) == (then.ref, then.before, then.after)
        if change.ref is not None and change.kind is not Kind.MEMBER:
            now = flat(one.before.rows[change.kind, change.ref].entity)
            assert {name: now.get(name) for name in change.before} == dict(change.before)
    named = {refusal.change.id for refusal in (*one.plan.refused, *one.plan.held)}
    assert meant.keys() - runs.keys() <= named
    assert {change.id for change in one.made} <= meant.keys()
