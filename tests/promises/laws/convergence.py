"""Promise 1: after an apply, the next plan is empty."""

from syncd.core.plan import change_id
from syncd.cycle import Mode
from tests.core.test_laws import shares_a_name
from tests.promises.past import Past
from tests.promises.run import Run


def after_an_apply_the_next_plan_is_empty(one: Run, _past: Past) -> None:
    """Nothing is left to do or to remember, but for what was held, in a cycle of either sort."""
    if not one.complete or one.saved is not None or one.mode is not Mode.FULL or one.report is None:
        return
    plan = one.plan
    assert one.report.unsettled == ()
    if one.undoes is not None:
        return  # what the sources say has the last word
    again = one.site.planned()
    held = {refusal.change.id for refusal in plan.held}
    # A budget that is spent by now may hold back one of two that claim a name.
    rivals = [refusal.change for refusal in again.held if refusal.change.id not in held]
    blocked = {problem.key for problem in plan.conflicts}
    freed = {c.id for c in again.changes if c.key in blocked and shares_a_name(c, rivals)}
    # So may one that holds a name back, until there are more people to count a share of.
    kept = {str(name) for refusal in plan.held for name in refusal.change.before.values()}
    freed |= {c.id for c in again.changes if c.key in blocked and kept & set(c.after.values())}
    freed |= {
        c.id for c in again.changes if c.temporary and change_id(c.op, c.kind, c.key) in freed
    }
    left = {change.id for change in again.changes} - held - freed
    assert left == set(), f"{left} are left to do"
    assert again.marks == ()
