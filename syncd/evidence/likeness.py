"""A plan with other names, change by change; and whether two plans do the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec.structs import replace

from syncd.core.model import Key, Kind, Op
from syncd.core.order import places, refusal_place
from syncd.core.plan import Change, Plan, Refusal, change_id
from syncd.core.stream import encode
from syncd.core.waves import parted
from syncd.evidence.hiding import Hiding

_REFUSALS = ("held", "refused", "unsettled", "drifted")
_KEYS = {Kind.USER: 1, Kind.GROUP: 1, Kind.MEMBER: 2}


def all_changes(plan: Plan) -> Iterator[Change]:
    """Those too that do not run."""
    yield from plan.changes
    for name in _REFUSALS:
        yield from (one.change for one in getattr(plan, name))


def likeness(plan: Plan, hiding: Hiding, prints: Mapping[str, str]) -> Plan:
    """The plan value by value, in an order that tells nothing of names; sentences are hidden.
    `prints` has for that of each thing the one of the same thing with other names."""

    def of(change: Change) -> Change:
        found = hiding.value(change)
        needs = sorted(_other_id(need, hiding) for need in change.needs)
        return replace(
            found,
            name=hiding.name(change.name, of_member=change.member is not None),
            needs=tuple(needs),
            aliases=tuple(sorted(found.aliases)),
            seen=prints.get(change.seen, found.seen),
        )

    def refusals(some: Iterable[Refusal]) -> Sequence[Refusal]:
        found = (replace(hiding.value(one), change=of(one.change)) for one in some)
        return sorted(found, key=refusal_place)

    lists = {name: refusals(getattr(plan, name)) for name in _REFUSALS}
    bare = replace(plan, changes=(), **dict.fromkeys(_REFUSALS, ()))
    turns = ([of(change) for change in turn] for turn in parted(plan.changes, plan.waves))
    hidden: Plan = hiding.value(bare)
    return replace(
        hidden,
        changes=tuple(chain.from_iterable(map(_in_order, turns))),
        conflicts=tuple(sorted(hidden.conflicts, key=encode)),
        failures=tuple(sorted(hidden.failures, key=encode)),
        marks=tuple(sorted(hidden.marks, key=encode)),
        **{name: tuple(some) for name, some in lists.items()},
    )


def _in_order(changes: Sequence[Change]) -> Sequence[Change]:
    place = places(changes)
    return sorted(changes, key=lambda change: place[change.id])


def _other_id(id_: str, hiding: Hiding) -> str:
    """`change_id`, there and back."""
    kind, op, *words = id_.split("/")
    keys = [
        Key(word.replace("%2F", "/").replace("%25", "%")) for word in words[: _KEYS[Kind(kind)]]
    ]
    is_temporary = len(words) > len(keys)
    return change_id(Op(op), Kind(kind), *map(hiding.value, keys), temporary=is_temporary)


def alike(one: Plan, other: Plan) -> bool:
    """Whether they do the same with the same people, whatever they say of it and in what order."""
    return _bare(one) == _bare(other)


def _bare(plan: Plan) -> list[Any]:
    """Without sentences, and in an order of its own."""
    turns = [sorted(map(_bare_change, turn)) for turn in parted(plan.changes, plan.waves)]
    refusals = (
        sorted(_bare_change(one.change) for one in getattr(plan, name)) for name in _REFUSALS
    )
    problems = (
        sorted(encode(replace(one, why="", origin="")) for one in some)
        for some in (plan.conflicts, plan.failures)
    )
    return [
        *(turns, *refusals, *problems),
        sorted(encode(replace(one, aliases=tuple(sorted(one.aliases)))) for one in plan.marks),
        [(one.changes, one.wait) for one in plan.waves],
        *(len(plan.withheld), plan.withheld_changes, plan.foreign, plan.causes),
    ]


def _bare_change(change: Change) -> bytes:
    needs, aliases = tuple(sorted(change.needs)), tuple(sorted(change.aliases))
    return encode(replace(change, reason="", needs=needs, aliases=aliases))
