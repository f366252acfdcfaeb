"""Promise 10: nothing is dropped silently; and nothing is written that the journal has not."""

from syncd.core.model import Key, Kind, Op
from syncd.cycle import Mode
from tests.promises.differences import Difference, differences
from tests.promises.past import Past
from tests.promises.run import Run
from tests.promises.sight import Effect


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


def nothing_is_dropped(one: Run, _past: Past) -> None:
    """What is otherwise than it should be is in the plan: to be changed, held, refused, in
    conflict, withheld or in a note."""
    plan, question = one.plan, one.question
    if plan is None or question is None or one.saved is not None or one.mode is not Mode.FULL:
        return
    if one.disturbed:
        return  # what is read by now may be less than what was asked before
    refused = [refusal.change for refusal in (*plan.held, *plan.refused)]
    told = {
        Difference(change.op, change.kind, change.key, change.member, name)
        for change in (*plan.changes, *refused)
        for name in (change.after if change.op is Op.UPDATE else ("",))
    }
    undecided = {(p.kind, p.key) for p in (*plan.conflicts, *plan.failures)}
    marked = {(mark.kind, mark.key) for mark in plan.marks}
    for lacking in differences(question) - told:
        who = {(lacking.kind, lacking.key), (Kind.GROUP, lacking.key), (Kind.USER, lacking.member)}
        assert (
            who & (undecided | marked)
            or (plan.withheld and (lacking.removes or lacking.unseen))
            or any(lacking.name in note for note in plan.notes if lacking.name)
        ), f"{lacking} is nowhere in the plan"
