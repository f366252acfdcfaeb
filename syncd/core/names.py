"""Give every unique name to one thing at a time: chains in order, true cycles by one detour.

A change that takes a name needs the change that gives it up; where nobody gives it
up, or two want it, that is a conflict for a person. What a conflict leaves
undone gives nothing up either, so this runs until nothing more falls out. Only where the needs go
round in a circle (A and B swap logins) does one of them step aside under a temporary name.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.judge import only
from syncd.core.model import E, Key, Kind, Op, Ref, Stored, Value, flat
from syncd.core.normal import normal
from syncd.core.plan import Change, Problem

_Name = tuple[str, str]
"""A unique field and a value in normal form."""


class Naming(Struct, frozen=True):
    """Which fields of one kind are unique names, and whose may be cleared for another.

    `leavers` are our suspended accounts of people who have left, by ref.
    """

    kind: Kind
    unique: frozenset[str]
    caseless: frozenset[str]
    required: frozenset[str]
    leavers: Mapping[Ref, Key]


class Named(Struct, frozen=True):
    """The changes that can run, each with all that it needs, and the conflicts."""

    changes: list[Change]
    conflicts: list[Problem]


def settle_names(changes: Sequence[Change], stored: Iterable[Stored[E]], naming: Naming) -> Named:
    """`changes` of one kind, `stored` all that the target has of it."""
    work = _Names(changes, stored, naming)
    work.drop_rivals()
    while work.drop_blocked():
        pass
    return Named(detour(work.with_needs(), naming), work.conflicts)


class _Names:
    def __init__(
        self, changes: Sequence[Change], stored: Iterable[Stored[E]], naming: Naming
    ) -> None:
        self._naming = naming
        self._changes = {change.id: change for change in changes}
        self._holder: dict[_Name, tuple[Ref, str]] = {}
        for one in stored:
            fields = flat(one.entity)
            label = str(fields["user_name" if naming.kind is Kind.USER else "display_name"])
            for name in self._names(fields):
                self._holder[name] = (one.ref, label)
        self.conflicts: list[Problem] = []

    def _names(self, fields: Mapping[str, Value]) -> Iterator[_Name]:
        for field in sorted(self._naming.unique & fields.keys()):
            if value := fields[field]:
                yield field, normal(str(value), caseless=field in self._naming.caseless)

    def _claims(self) -> Iterator[tuple[Change, _Name]]:
        for change in list(self._changes.values()):
            if change.op in (Op.CREATE, Op.UPDATE):
                for name in self._names(change.after):
                    yield change, name

    def drop_rivals(self) -> None:
        """Two records that claim one name: neither gets it."""
        rivals: dict[_Name, list[Change]] = defaultdict(list)
        for change, name in self._claims():
            rivals[name].append(change)
        for (field, _), some in rivals.items():
            if len(some) > 1:
                for change in some:
                    others = ", ".join(sorted(c.key for c in some if c is not change))
                    self._drop(change, field, f"is claimed by {others} too")

    def drop_blocked(self) -> bool:
        """Drops what claims a name that nobody gives up; whether anything was dropped."""
        dropped = False
        givers = self._givers()
        for change, (field, value) in self._claims():
            holder = self._holder.get((field, value))
            if holder is None or holder[0] == change.ref or (field, holder[0]) in givers:
                continue
            if not self._release(change, field, holder):
                self._drop(change, field, f"is taken by {holder[1]} ({holder[0]})")
            dropped = True
        return dropped

    def _givers(self) -> dict[tuple[str, Ref], str]:
        """Ids of the changes that give a field's value up, by field and holder."""
        return {
            (field, change.ref): change.id
            for change in self._changes.values()
            if change.ref is not None
            for field in self._naming.unique
            if change.op is Op.DELETE or (change.op is Op.UPDATE and field in change.after)
        }

    def _release(self, change: Change, field: str, holder: tuple[Ref, str]) -> bool:
        """Clears a leaver's field for one who has an account already and now has that value.

        A new account never gets a leaver's name so: that may be another person's identity.
        """
        ref, name = holder
        key = self._naming.leavers.get(ref)
        if key is None or change.op is Op.CREATE or field in self._naming.required:
            return False
        cleared = Change(
            Op.UPDATE,
            self._naming.kind,
            key,
            name,
            ref,
            before={field: change.after[field]},
            after={field: None},
            reason=f"has left; {field} goes to {change.name} ({change.key})",
        )
        if (other := self._changes.get(cleared.id)) is not None:
            before, after = {**other.before, **cleared.before}, {**other.after, **cleared.after}
            cleared = replace(cleared, before=before, after=after)
        self._changes[cleared.id] = cleared
        return True

    def _drop(self, change: Change, field: str, why: str) -> None:
        """The change without this field; without it altogether where it is a creation."""
        current = self._changes.get(change.id)
        if current is None or field not in current.after:
            return
        value = current.after[field]
        self.conflicts.append(
            Problem(change.kind, change.key, change.name, f"{field} {value!r} {why}", change.reason)
        )
        rest = current.after.keys() - {field}
        if change.op is Op.UPDATE and rest:
            self._changes[change.id] = only(current, rest)
        else:
            del self._changes[change.id]

    def with_needs(self) -> list[Change]:
        givers = self._givers()
        needs: dict[str, list[str]] = defaultdict(list)
        for change, (field, value) in self._claims():
            holder = self._holder.get((field, value))
            if holder is not None and holder[0] != change.ref:
                needs[change.id].append(givers[field, holder[0]])
        return [
            replace(change, needs=tuple(dict.fromkeys((*change.needs, *needs[change.id]))))
            for change in self._changes.values()
        ]


def detour(changes: Sequence[Change], naming: Naming) -> list[Change]:
    """Breaks each circle of needs by one step aside of its first member by key."""
    result = {change.id: change for change in changes}
    while circle := find_circle(result):
        first = min((result[one] for one in circle), key=lambda change: change.key)
        taker = next(result[one] for one in circle if first.id in result[one].needs)
        aside = _step_aside(first, result.values(), naming)
        result[aside.id] = aside
        before = {**first.before, **aside.after}
        result[first.id] = replace(first, before=before, needs=(*first.needs, aside.id))
        for change in list(result.values()):
            if first.id in change.needs and (change.id == taker.id or change.id in circle):
                needs = tuple(aside.id if one == first.id else one for one in change.needs)
                result[change.id] = replace(change, needs=needs)
    return list(result.values())


def _step_aside(change: Change, changes: Iterable[Change], naming: Naming) -> Change:
    """The change's unique fields that others wait for, under names that nobody else has."""
    waited = {f for c in changes if change.id in c.needs for f in c.after.keys() & naming.unique}
    after = {
        field: _temporary(change.key, field) if field in naming.required else None
        for field in sorted(waited & change.after.keys() & naming.unique)
    }
    return replace(
        change,
        before={field: change.before.get(field) for field in after},
        after=after,
        reason="steps aside, for its names change hands in a circle",
        needs=(),
        temporary=True,
    )


def _temporary(key: Key, field: str) -> str:
    """Hard to meet by accident; an address in the reserved domain of RFC 2606, section 2."""
    name = f"syncd-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return f"{name}@syncd.invalid" if field == "email" else name


def find_circle(changes: Mapping[str, Change]) -> list[str]:
    """The ids on one circle of needs, or empty; the same one for the same changes."""
    finished: set[str] = set()
    for start in sorted(changes):
        path: list[str] = []
        pending = [(start, iter(changes[start].needs))]
        while pending:
            current, needs = pending[-1]
            if current not in path:
                path.append(current)
            following = next((one for one in needs if one in changes and one not in finished), None)
            if following is None:
                finished.add(current)
                path.pop()
                pending.pop()
            elif following in path:
                return path[path.index(following) :]
            else:
                pending.append((following, iter(changes[following].needs)))
    return []
