"""Hold what was written against what is there now."""

from collections import defaultdict

from syncd.core.model import Kind, Op
from syncd.core.plan import Change, Plan
from syncd.core.question import Seen
from syncd.executor import Execution
from syncd.report import Unsettled


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
