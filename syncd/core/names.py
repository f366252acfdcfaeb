"""Give every unique name to one thing at a time: chains in order, true cycles by one detour.

A change that takes a name needs the change that gives it up; where nobody gives it
up, or two want it, that is a conflict for a person. What a conflict leaves
undone gives nothing up either, so this runs until nothing more falls out. Only where the needs go
round in a circle (A and B swap logins) does one of them step aside under a temporary name.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.detour import detour
from syncd.core.model import NAME_FIELD, E, Key, Kind, Op, Ref, Stored, Value, flat
from syncd.core.normal import normal
from syncd.core.plan import Change, Problem, only
from syncd.core.seen import seen_of

_Name = tuple[str, str]
"""A unique field and a value in normal form."""


class Naming(Struct, frozen=True):
    """Which fields of one kind are unique names, and whose may be cleared for another.

    `leavers` are our suspended accounts of people who have left, by ref: of those whom no guard
    keeps.
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
    work.drop_blocked()
    return Named(detour(work.changes, work.takes(), naming.required), work.conflicts)


class _Names:
    """`_holder` and `_held` are who has which name in the target, both ways round."""

    def __init__(
        self, changes: Sequence[Change], stored: Iterable[Stored[E]], naming: Naming
    ) -> None:
        self._naming = naming
        self._changes = {change.id: change for change in changes}
        self._holder: dict[_Name, tuple[Ref, str]] = {}
        self._held: dict[tuple[str, Ref], _Name] = {}
        self._stored: dict[Ref, Stored[Any]] = {one.ref: one for one in stored}
        for _, one in sorted(self._stored.items()):
            fields = flat(one.entity)
            label = str(fields[NAME_FIELD[naming.kind]])
            for name in self._names(fields):
                self._holder.setdefault(name, (one.ref, label))
                self._held[name[0], one.ref] = name
        self._givers = self._find_givers()
        self.conflicts: list[Problem] = []

    @property
    def changes(self) -> list[Change]:
        return list(self._changes.values())

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

    def drop_blocked(self) -> None:
        """Drops what claims a name that nobody gives up, and so whoever waited for its own."""
        claimant = {name: change.id for change, name in self._claims()}
        waiting = deque(claimant.items())
        while waiting:
            name, claiming = waiting.popleft()
            field, change = name[0], self._changes.get(claiming)
            holder = self._holder.get(name)
            if change is None or field not in change.after or holder is None:
                continue
            # Somebody gives it up; or has it, and writes it otherwise.
            if (field, holder[0]) in self._givers:
                continue
            if not self._release(change, field, holder):
                self._drop(change, field, f"is taken by {holder[1]} ({holder[0]})")
                kept = self._held.get((field, change.ref)) if change.ref else None
                if kept in claimant:
                    waiting.append((kept, claimant[kept]))

    def _find_givers(self) -> dict[tuple[str, Ref], str]:
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

        A new account never gets a leaver's name so: that may be another person's identity. Who
        is suspended by this very plan is suspended first.
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
            seen=seen_of(self._stored[ref]),
        )
        suspension = replace(cleared, op=Op.SUSPEND).id
        if suspension in self._changes:
            cleared = replace(cleared, needs=(suspension,))
        if (other := self._changes.get(cleared.id)) is not None:
            before, after = {**other.before, **cleared.before}, {**other.after, **cleared.after}
            cleared = replace(cleared, before=before, after=after)
        self._changes[cleared.id] = cleared
        self._givers[field, ref] = cleared.id
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
        if current.ref is not None:
            self._givers.pop((field, current.ref), None)
        rest = current.after.keys() - {field}
        if change.op is Op.UPDATE and rest:
            self._changes[change.id] = only(current, rest)
        else:
            del self._changes[change.id]

    def takes(self) -> dict[str, dict[str, frozenset[str]]]:
        """Who takes whose names, by the changes' ids, and which fields."""
        takes: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        for change, name in self._claims():
            holder = self._holder.get(name)
            if holder is not None and holder[0] != change.ref:
                giver = self._givers[name[0], holder[0]]
                takes[change.id][giver] = takes[change.id].get(giver, frozenset()) | {name[0]}
        return takes
