"""The memory target's tables: what is declared is enforced, and a batch can be taken back.

What nobody declared (an op, a field, a change of an immutable field) is a bug of the
planner, and an `AssertionError`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Generic

from syncd.core.model import (
    ATTRIBUTES,
    E,
    Group,
    Key,
    Kind,
    Member,
    Op,
    Ref,
    Stored,
    Update,
    User,
    Value,
    flat,
)
from syncd.core.normal import normal
from syncd.errors import Conflict, NotFound, Rejected
from syncd.paging import Members
from syncd.ports import Holds

ANY_ATTRIBUTE = ATTRIBUTES + "*"


def declared(law: bool, what: str) -> None:
    if not law:
        raise AssertionError(f"not declared for this target: {what}")


class Undo:
    """What takes back the writes of the batch under way, newest last."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] | None = None

    def put(self, table: dict[Any, Any], name: object, value: object) -> None:
        """Sets one entry; None removes it."""
        before = table.get(name)
        _put(table, name, value)
        if self._steps is not None:
            self._steps.append(lambda: _put(table, name, before))

    @contextmanager
    def batch(self) -> Iterator[None]:
        declared(self._steps is None, "a batch inside a batch")
        self._steps = []
        try:
            yield
        except BaseException:
            for step in reversed(self._steps):
                step()
            raise
        finally:
            self._steps = None


def _put(table: dict[Any, Any], name: object, value: object) -> None:
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value


class MemoryCollection(Generic[E]):
    def __init__(
        self,
        kind: Kind,
        holds: Holds,
        build: Callable[[Mapping[str, Value]], E],
        undo: Undo,
        dropped: Callable[[Ref], None],
    ) -> None:
        self.holds = holds
        self._kind = kind
        self._build: Callable[[Mapping[str, Value]], E] = build
        self._undo = undo
        self._dropped = dropped
        self._rows: dict[Ref, Stored[E]] = {}
        self._taken: dict[tuple[str, str], Ref] = {}
        self._refs = count(1)

    def read(self) -> Iterator[Stored[E]]:
        yield from list(self._rows.values())

    def get(self, ref: Ref) -> Stored[E] | None:
        return self._rows.get(ref)

    def create(self, key: Key, entity: E) -> Ref:
        declared(Op.CREATE in self.holds.ops, f"{self._kind} create")
        return self._insert(key, self._declared(flat(entity)))

    def plant(self, entity: E) -> Ref:
        """Stores one as another program would: without a key."""
        return self._insert(None, flat(entity))

    def update(self, ref: Ref, change: Update) -> None:
        self._check_ops(change)
        stored = self._row(ref)
        declared(not change.after.keys() & self.holds.immutable, f"change of {change.after}")
        cleared = {name for name, value in change.after.items() if value is None}
        declared(not cleared & self.holds.required, f"clearing {cleared & self.holds.required}")
        fields = _set({**flat(stored.entity), **self._declared(change.after)})
        self._claim(ref, fields, flat(stored.entity))
        self._undo.put(self._rows, ref, Stored(ref, self._build(fields), stored.key))

    def delete(self, ref: Ref) -> None:
        declared(Op.DELETE in self.holds.ops, f"{self._kind} delete")
        stored = self._row(ref)
        self._claim(ref, {}, flat(stored.entity))
        self._undo.put(self._rows, ref, None)
        self._dropped(ref)

    def _insert(self, key: Key | None, fields: dict[str, Value]) -> Ref:
        if missing := sorted(self.holds.required - fields.keys()):
            raise Rejected(f"a {self._kind} without {', '.join(missing)} cannot be created")
        ref = Ref(f"{self._kind[0]}{next(self._refs)}")
        self._claim(ref, fields, {})
        self._undo.put(self._rows, ref, Stored(ref, self._build(fields), key))
        return ref

    def _row(self, ref: Ref) -> Stored[E]:
        if (stored := self._rows.get(ref)) is None:
            raise NotFound(f"there is no {self._kind} {ref}")
        return stored

    def _check_ops(self, change: Update) -> None:
        needed = set()
        if "active" in change.after:
            needed.add(Op.RESTORE if change.after["active"] else Op.SUSPEND)
        if change.after.keys() - {"active"}:
            needed.add(Op.UPDATE)
        declared(needed <= self.holds.ops, f"{self._kind} {needed - self.holds.ops}")

    def _declared(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        """The fields, all of them declared; `active` is stated of everyone, and left out here."""
        held = {name: value for name, value in fields.items() if self._holds(name)}
        undeclared = fields.keys() - held.keys() - {"active"}
        declared(not undeclared, f"{self._kind} fields {sorted(undeclared)}")
        return held

    def _holds(self, name: str) -> bool:
        return name in self.holds.fields or (
            name.startswith(ATTRIBUTES) and ANY_ATTRIBUTE in self.holds.fields
        )

    def _claim(self, ref: Ref, fields: Mapping[str, Value], before: Mapping[str, Value]) -> None:
        """Takes the unique values of `fields`, and gives back those of `before`."""
        wanted, had = self._unique(fields), self._unique(before)
        for field, value in sorted(wanted):
            if (holder := self._taken.get((field, value), ref)) != ref:
                raise Conflict(f"{field} {fields[field]!r} is taken by {self._kind} {holder}")
        for entry in had - wanted:
            self._undo.put(self._taken, entry, None)
        for entry in wanted - had:
            self._undo.put(self._taken, entry, ref)

    def _unique(self, fields: Mapping[str, Value]) -> set[tuple[str, str]]:
        return {
            (name, normal(value, caseless=name in self.holds.caseless))
            for name in self.holds.unique
            if isinstance(value := fields.get(name), str) and value
        }


def _set(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in fields.items() if value is not None}


class MemoryMembers:
    def __init__(
        self,
        ops: frozenset[Op],
        users: MemoryCollection[User],
        groups: MemoryCollection[Group],
        undo: Undo,
    ) -> None:
        self.ops = ops
        self._users = users
        self._groups = groups
        self._undo = undo
        self._pairs: dict[Member, bool] = {}

    def read(self) -> Iterator[Member]:
        yield from list(self._pairs)

    def of(self, groups: Sequence[Ref]) -> Iterator[Members]:
        """As `SelectiveMemberships.of`."""
        for group in dict.fromkeys(groups):
            if users := sorted(pair.user for pair in self._pairs if pair.group == group):
                yield Members(group, tuple(users))

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        declared(not add or Op.ADD in self.ops, "member add")
        declared(not remove or Op.REMOVE in self.ops, "member remove")
        if self._groups.get(group) is None:
            raise NotFound(f"there is no group {group}")
        for user in add:
            if self._users.get(user) is None:
                raise NotFound(f"there is no user {user} to add to group {group}")
        for user in remove:
            self._undo.put(self._pairs, Member(group, user), None)
        for user in add:
            self._undo.put(self._pairs, Member(group, user), True)

    def drop(self, ref: Ref) -> None:
        for pair in [pair for pair in self._pairs if ref in (pair.group, pair.user)]:
            self._undo.put(self._pairs, pair, None)
