"""An undo goes back on one run, through the same guards as any other plan."""

from collections.abc import Iterator

from syncd.core.model import Kind, Op, Ref, flat
from syncd.core.normal import same
from syncd.core.policy import Drift
from tests.promises.past import Past
from tests.promises.run import Run
from tests.promises.sight import Effect

Deed = tuple[Op, Kind, Ref, Ref | None]


def an_undo_goes_back_on_its_run_alone(one: Run, past: Past) -> None:
    """Nothing is deleted; whatever is changed is what that run has changed, and nothing else."""
    if one.undoes is None:
        return
    assert [effect for effect in one.effects if effect.op is Op.DELETE] == []
    undone = past.runs.get(one.undoes)
    back = {*_back(undone.effects), *_in_doubt(undone)} if undone else set()
    fields = {(e.kind, e.ref): e.fields for e in (undone.effects if undone else ())}
    changes = one.plan.changes if one.plan else ()
    aside = {c.ref for c in changes if c.temporary or "has left; " in c.reason}
    for effect in one.effects:
        if effect.op is Op.UPDATE:
            assert effect.ref in aside or effect.fields <= fields.get((effect.kind, effect.ref), ())
        elif effect.op is Op.CREATE:
            assert (Op.CREATE, effect.kind, "", None) in back
        elif (effect.op, effect.kind, effect.ref, effect.member) not in back:
            assert undone is not None
            assert _is_of_a_new_account(effect, undone, one), f"{effect} is of no undone change"


def _is_of_a_new_account(effect: Effect, undone: Run, one: Run) -> bool:
    """Whether the same person, with another account by now, comes back into a group or out of it."""
    keys = {(link.kind, link.ref): {link.key, *link.aliases} for link in one.before.links}
    groups = keys.get((Kind.GROUP, effect.ref), set())
    people = keys.get((Kind.USER, effect.member), set())
    return effect.kind is Kind.MEMBER and any(
        line.op is _OPPOSITE[effect.op] and line.key in groups and line.member in people
        for line in undone.lines
    )


def _back(effects: tuple[Effect, ...]) -> Iterator[Deed]:
    """What may go back on these. What was deleted is made anew, with another ref."""
    for one in effects:
        match one.op:
            case Op.CREATE:
                yield Op.SUSPEND, one.kind, one.ref, None
            case Op.DELETE:
                yield Op.CREATE, one.kind, Ref(""), None
            case Op.UPDATE:
                pass
            case op:
                yield _OPPOSITE[op], one.kind, one.ref, one.member


def _in_doubt(undone: Run) -> Iterator[Deed]:
    """What may go back on what nobody knew whether it was made, and was found so."""
    for line in undone.lines:
        if line.outcome is None and line.op in _OPPOSITE and line.ref is not None:
            yield _OPPOSITE[line.op], line.kind, line.ref, line.member_ref


_OPPOSITE = {Op.SUSPEND: Op.RESTORE, Op.RESTORE: Op.SUSPEND, Op.ADD: Op.REMOVE, Op.REMOVE: Op.ADD}


def what_an_undo_leaves_is_told(one: Run, past: Past) -> None:
    """A field that is as that run made it goes back, or is in the plan with the reason why not."""
    undone = past.runs.get(one.undoes) if one.undoes is not None else None
    plan = one.plan
    if undone is None or plan is None or one.disturbed or one.saved or plan.withheld:
        return
    trays = (plan.held, plan.refused, plan.unsettled, plan.drifted)
    changes = [*plan.changes, *(refusal.change for tray in trays for refusal in tray)]
    told = {(one.kind, one.key) for one in (*changes, *plan.conflicts, *plan.failures)}
    links = {(link.kind, link.ref): link for link in one.before.links}
    for effect in undone.effects:
        link = links.get((effect.kind, effect.ref))
        if effect.op is Op.UPDATE and link is not None and _stands(effect, undone, one):
            assert (link.kind, link.key) in told, f"{effect} of run {one.undoes} is nowhere"


def _stands(effect: Effect, undone: Run, one: Run) -> bool:
    """Whether any field is as it was made; but those that somebody may have made so by hand."""
    which = effect.kind, effect.ref
    rows = [sight.rows.get(which) for sight in (undone.before, undone.after, one.before)]
    if None in rows:
        return False
    was, made, now = (flat(row.entity) for row in rows)
    return any(
        same(now.get(name), made.get(name), caseless=False)
        and not same(was.get(name), made.get(name), caseless=False)
        and one.site.policy.on_drift(name) is not Drift.YIELD
        for name in effect.fields
    )
