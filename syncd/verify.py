"""Hold what was written against what is there now."""

from collections import defaultdict
from collections.abc import Iterable

from syncd.core.model import E, Kind, Member, Op, Ref, Stored
from syncd.core.plan import Change, Plan
from syncd.core.question import Seen
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
    again = (collection.get(ref) for ref in sorted(touched))
    current.extend(stored for stored in again if stored is not None)
    return tuple(current)


def _members_again(
    before: tuple[Member, ...], backend: Backend, execution: Execution
) -> tuple[Member, ...]:
    """A deletion takes memberships with it, so that it too is a reason to read them again."""
    moved = any(done.kind is Kind.MEMBER or done.op is Op.DELETE for done in execution.done)
    return tuple(backend.members.read()) if moved else before


def unsettled(execution: Execution, seen: Seen, again: Plan) -> tuple[Unsettled, ...]:
    """What was done and would be done again: `seen` and `again` are from after the run.

    What the policy holds or refuses by now did not take all the same.
    """
    done: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in execution.done:
        if not change.temporary:
            done[_thing(change)].append(change)
    left = [Unsettled(change, {}) for change in _undeleted(execution, seen)]
    for change in (*again.changes, *(one.change for one in (*again.held, *again.refused))):
        for earlier in done.get(_thing(change), ()):
            fields = {
                name: (change.after[name], change.before.get(name))
                for name in change.after.keys() & earlier.after.keys()
            }
            if fields or (change.op is earlier.op and not earlier.after):
                left.append(Unsettled(earlier, fields))
    return tuple(left)


def _undeleted(execution: Execution, seen: Seen) -> list[Change]:
    """Deletions of what is still there: no plan comes back to them, for their links are gone."""
    there = {
        Kind.USER: {stored.ref for stored in seen.users},
        Kind.GROUP: {stored.ref for stored in seen.groups},
    }
    return [
        change
        for change in execution.done
        if change.op is Op.DELETE and change.ref in there[change.kind]
    ]


def _thing(change: Change) -> tuple[str, ...]:
    return change.kind, change.key, change.member or ""
