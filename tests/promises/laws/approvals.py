"""Promise 6, the other half: an approval releases exactly what it names, once, until it ends."""

from collections.abc import Iterator

from msgspec.structs import replace

from syncd.core.approval import approval_print
from syncd.core.model import Op
from syncd.core.plan import Change, only
from tests.promises.past import Past
from tests.promises.run import Run


def only_what_is_approved_goes_over_budget(one: Run, past: Past) -> None:
    """Every change that says it was approved is in approvals that hold still, by as many different
    people as it takes. Of fields that were approved together some may be in conflict by now."""
    at_odds = {(problem.kind, problem.key) for problem in one.plan.conflicts} if one.made else ()
    for change in one.made:
        if change.approved:
            lacking = [
                part
                for part in _parts(one, past, _as_held(change, one))
                if not past.consents.are_enough(one, approval_print(part))
                and not (
                    (change.kind, change.key) in at_odds
                    and past.consents.are_enough_for_more(one, part)
                )
            ]
            assert not lacking, f"{change.id} was approved by nobody, or by too few"


def _as_held(change: Change, one: Run) -> Change:
    """With what it changes from when nobody has stepped aside."""
    aside = (step.before for step in one.plan.changes if step.temporary and step.ref == change.ref)
    before = {name: value for step in aside for name, value in step.items()}
    return replace(
        change, before={name: before.get(name, was) for name, was in change.before.items()}
    )


def _parts(one: Run, past: Past, change: Change) -> Iterator[Change]:
    """As what it must have been approved: whole, field by field, or all other fields together."""
    enough = past.consents.are_enough
    if change.op is not Op.UPDATE or enough(one, approval_print(change)):
        yield change
        return
    alone = {name for name in change.approved if enough(one, approval_print(only(change, {name})))}
    if rest := set(change.approved) - alone:
        yield only(change, rest)
