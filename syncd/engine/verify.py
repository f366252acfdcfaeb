"""Hold what was written against what is there now."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from syncd.core.drift import missed
from syncd.core.model import Kind, Op, Ref
from syncd.core.past import WHOLE
from syncd.core.plan import Change, Plan
from syncd.executor import Execution
from syncd.report import Unsettled

Still = Callable[[Kind, Iterable[Ref]], set[Ref]]
"""Those of some users, or groups, that the target still has."""


def unsettled(execution: Execution, still: Still, again: Plan) -> tuple[Unsettled, ...]:
    """What was done and would be done again: `still` and `again` are from after the run.

    What the policy holds or refuses by now did not take all the same.
    """
    done: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in execution.done:
        if not change.temporary:
            done[_thing(change)].append(change)
    left = [Unsettled(change, {}) for change in _undeleted(execution, still)]
    stopped = (*again.held, *again.refused, *again.unsettled)
    for change in (*again.changes, *(one.change for one in stopped)):
        for earlier in done.get(_thing(change), ()):
            fields = {
                name: (change.after[name], change.before.get(name))
                for name in change.after.keys() & earlier.after.keys()
            }
            if fields or (change.op is earlier.op and not earlier.after):
                of = {*fields, WHOLE}
                again_missed = (one for one in missed(change) if one.where[-1] in of)
                left.append(Unsettled(earlier, fields, tuple(again_missed)))
    return tuple(left)


def _undeleted(execution: Execution, still: Still) -> list[Change]:
    """Deletions of what is still there: no plan comes back to them, for their links are gone."""
    deleted = [change for change in execution.done if change.op is Op.DELETE and change.ref]
    there = {
        kind: still(kind, [one.ref for one in deleted if one.kind is kind and one.ref])
        for kind in (Kind.USER, Kind.GROUP)
    }
    return [change for change in deleted if change.ref in there[change.kind]]


def _thing(change: Change) -> tuple[str, ...]:
    return change.kind, change.key, change.member or ""
