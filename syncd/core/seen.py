"""What a plan saw of a thing, so that it is known whether the thing has moved since."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from msgspec.structs import replace

from syncd.core.model import E, Kind, Op, Ref, Stored, Value, flat
from syncd.core.plan import Change, Plan
from syncd.core.prints import print_of
from syncd.core.question import Seen
from syncd.core.stream import encode, mapped

MOVED = "moved since the plan was made"


class Now(Protocol):
    """The target as it was read just now, for whoever asks what became of a thing.

    `versioned` is whether its things may have versions.
    """

    versioned: bool

    def stored(self, kind: Kind, refs: Collection[Ref]) -> Mapping[Ref, Stored[Any]]:
        """Those of these users, or groups, that are there."""
        ...

    def has(self, group: Ref, user: Ref) -> bool:
        """Whether the user is a direct member of the group."""
        ...

    def version(self, kind: Kind, ref: Ref) -> str:
        """As `Change.version`."""
        ...


class AsAsked:
    """`Now`, as a question about these few has it: of versions it knows what it is told."""

    versioned = False

    def __init__(self, seen: Seen, versions: Mapping[tuple[Kind, Ref], str] | None = None) -> None:
        self._versions = versions or {}
        self._members = {(one.group, one.user) for one in seen.members}
        self._there: dict[Kind, dict[Ref, Stored[Any]]] = {
            Kind.USER: {one.ref: one for one in seen.users},
            Kind.GROUP: {one.ref: one for one in seen.groups},
        }

    def stored(self, kind: Kind, refs: Collection[Ref]) -> Mapping[Ref, Stored[Any]]:
        there = self._there[kind]
        return {ref: there[ref] for ref in refs if ref in there}

    def has(self, group: Ref, user: Ref) -> bool:
        return (group, user) in self._members

    def version(self, kind: Kind, ref: Ref) -> str:
        return self._versions.get((kind, ref), "")


def seen_of(stored: Stored[E]) -> str:
    """The fingerprint of all that syncd reads of a thing; 32 hexadecimal letters."""
    return print_of(encode((stored.entity, stored.key))).hex()


def with_versions(plan: Plan, now: Now) -> Plan:
    """Its changes with the versions of what they change, where the target has any."""
    if not now.versioned:
        return plan

    def versioned(change: Change) -> Change:
        version = now.version(change.kind, change.ref) if change.ref else ""
        return replace(change, version=version) if version else change

    return replace(plan, changes=mapped(plan.changes, versioned, Change))


def why_moved(change: Change, now: Now, there: Mapping[Ref, Stored[Any]]) -> str:
    """What was seen then, and what is there now. `there` has what is left of the thing."""
    if change.kind is Kind.MEMBER:
        return _of_member(change, now)
    if change.ref is None:
        return _SAID
    stored = there.get(change.ref)
    if stored is None:
        return "it is not there any more"
    fields = flat(stored.entity)
    if change.after and all(fields.get(name) == value for name, value in change.after.items()):
        return "it is so already"
    moved = [
        f"{name} was {_word(value)} then and is {_word(fields.get(name))} now"
        for name, value in change.before.items()
        if fields.get(name) != value
    ]
    return ", ".join(moved) or _elsewhere(change, stored, now.version(change.kind, stored.ref))


def _elsewhere(change: Change, stored: Stored[Any], version: str) -> str:
    """Where the fields that are to be changed are as they were."""
    if change.seen != (seen := seen_of(stored)):
        return f"another of its fields has changed (seen {change.seen[:12]} then, {seen[:12]} now)"
    if change.version and version and change.version != version:
        return f"its version was {change.version} then and is {version} now"
    return _SAID


def _of_member(change: Change, now: Now) -> str:
    if change.ref is None or change.member_ref is None:
        return _SAID
    is_there = now.has(change.ref, change.member_ref)
    return "it is so already" if is_there is (change.op is Op.ADD) else _SAID


def _word(value: Value) -> str:
    return "empty" if value is None else repr(value)


_SAID = "it is as it was in the target, and what the sources or the rules say is not"
