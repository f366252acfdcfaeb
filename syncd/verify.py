"""Hold what was written against what is there now."""

from collections.abc import Iterable

from syncd.core.decide import Seen
from syncd.core.model import E, Kind, Member, Op, Ref, Stored
from syncd.core.plan import Change, Plan
from syncd.executor import Execution
from syncd.ports import Backend, Collection
from syncd.report import Unsettled

_ONE_BY_ONE = 200
"""From this many touched things on, one reading of all is cheaper than one of each."""


def refresh(seen: Seen, backend: Backend, execution: Execution) -> Seen:
    """What the target holds after the run: what was touched is read again."""
    return Seen(
        _read_again(seen.users, backend.users, execution.refs(Kind.USER)),
        _read_again(seen.groups, backend.groups, execution.refs(Kind.GROUP)),
        _members_again(seen.members, backend, execution),
        seen.own,
        seen.gaps,
    )


def _read_again(
    before: Iterable[Stored[E]], collection: Collection[E], touched: frozenset[Ref]
) -> tuple[Stored[E], ...]:
    if len(touched) > _ONE_BY_ONE:
        return tuple(collection.read())
    current: list[Stored[E]] = [stored for stored in before if stored.ref not in touched]
    for ref in sorted(touched):
        if (stored := collection.get(ref)) is not None:
            current.append(stored)
    return tuple(current)


def _members_again(
    before: tuple[Member, ...], backend: Backend, execution: Execution
) -> tuple[Member, ...]:
    """A deletion takes memberships with it, so that it too is a reason to read them again."""
    moved = any(done.kind is Kind.MEMBER or done.op is Op.DELETE for done in execution.done)
    return tuple(backend.members.read()) if moved else before


def unsettled(execution: Execution, again: Plan) -> tuple[Unsettled, ...]:
    """What was done and would be done again: `again` is the plan made after the run."""
    done = {_thing(change): change for change in execution.done}
    left = []
    for change in again.changes:
        earlier = done.get(_thing(change))
        if earlier is None:
            continue
        fields = {
            name: (change.after[name], change.before.get(name))
            for name in change.after.keys() & earlier.after.keys()
        }
        if fields or change.op is earlier.op:
            left.append(Unsettled(earlier, fields))
    return tuple(left)


def _thing(change: Change) -> tuple[str, ...]:
    return change.kind, change.key, change.member or ""
