"""Promise 10: nothing is dropped silently; and nothing is written that the journal has not."""

from syncd.core.model import Key, Kind, Op
from syncd.core.policy import Drift
from syncd.cycle import Mode
from tests.promises.differences import Difference, differences
from tests.promises.laws.drift import was_written
from tests.promises.past import Past
from tests.promises.run import Run
from tests.promises.sight import Effect
from tests.promises.written import UNKNOWN


def every_effect_has_its_line(one: Run, _past: Past) -> None:
    """Of this run, about that very thing, done or still open."""
    known = {(link.kind, link.ref): link.key for link in (*one.before.links, *one.after.links)}
    known |= {
        (kind, ref): stored.key for (kind, ref), stored in one.after.rows.items() if stored.key
    } | known
    lines = {(line.op, line.kind, line.key, line.member) for line in one.lines}
    for effect in one.effects:
        assert _line(effect, known) in lines, f"{effect} is in no line of the journal"


def _line(effect: Effect, known: dict) -> tuple[Op, Kind, Key | None, Key | None]:
    if effect.kind is Kind.MEMBER:
        group, user = known.get((Kind.GROUP, effect.ref)), known.get((Kind.USER, effect.member))
        return effect.op, effect.kind, group, user
    return effect.op, effect.kind, known.get((effect.kind, effect.ref)), None


def nothing_is_dropped(one: Run, past: Past) -> None:
    """What is otherwise than it should be is in the plan: to be changed, held, refused, left, in
    conflict, withheld or in a note; or it was changed outside, and the policy yields."""
    plan, question = one.plan, one.question
    if plan is None or question is None or one.mode is not Mode.FULL:
        return
    if one.disturbed or one.saved is not None or one.undoes is not None:
        return  # what is read by now may be less than what was asked before; or it is about less
    trays = (plan.held, plan.refused, plan.unsettled, plan.drifted)
    told = {
        Difference(change.op, change.kind, change.key, change.member, name)
        for change in (*plan.changes, *(one.change for tray in trays for one in tray))
        for name in (change.after if change.op is Op.UPDATE else ("",))
    }
    # Who is deleted is not active any more, where nobody can be suspended.
    told |= {Difference(Op.SUSPEND, one.kind, one.key) for one in told if one.op is Op.DELETE}
    undecided = {(p.kind, p.key) for p in (*plan.conflicts, *plan.failures)}
    marked = {(mark.kind, mark.key) for mark in plan.marks}
    for lacking in differences(question) - told:
        who = {(lacking.kind, lacking.key), (Kind.GROUP, lacking.key), (Kind.USER, lacking.member)}
        assert (
            who & (undecided | marked)
            or (plan.withheld and (lacking.removes or lacking.unseen))
            or any(lacking.name in note for note in plan.notes if lacking.name)
            or _is_yielded(lacking, one, past)
        ), f"{lacking} is nowhere in the plan"


def _is_yielded(lacking: Difference, one: Run, past: Past) -> bool:
    if (lacking.op, lacking.kind) != (Op.UPDATE, Kind.USER) or lacking.ref is None:
        return False
    if one.site.policy.on_drift(lacking.field) is not Drift.YIELD:
        return False
    known = past.written.last(lacking.ref, lacking.field)
    return known is UNKNOWN or was_written(one, past, lacking.ref, lacking.field, lacking.value)
