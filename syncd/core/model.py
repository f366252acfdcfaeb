"""The things that are kept true, under SCIM's names (RFC 7643), and how a source states them.

Two identifiers, two types: a `Key` is the source's immutable name for a thing, a
`Ref` is one target's own. They are never mixed; a link in the ledger joins them.

What there are many of is `gc=False`, here and elsewhere: nothing in a value leads back to it, so
that the collector of reference cycles need not look at each of a million again and again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Generic, NewType, TypeVar

from msgspec import Struct
from msgspec.structs import replace

Key = NewType("Key", str)
Ref = NewType("Ref", str)

Value = str | bool | None
"""A field's value; None is "has none", as in SCIM (RFC 7643, section 2.5)."""

ATTRIBUTES = "attributes."
"""Prefix under which a flat record shows what a person has beyond SCIM's own fields."""


class Kind(StrEnum):
    USER = "user"
    GROUP = "group"
    MEMBER = "member"


class Op(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    SUSPEND = "suspend"
    RESTORE = "restore"
    DELETE = "delete"
    ADD = "add"
    REMOVE = "remove"


class Rung(StrEnum):
    """A step down the ladder that a leaver's account goes."""

    SUSPEND = "suspend"
    STRIP = "strip"  # of all groups that syncd keeps
    DELETE = "delete"


class User(Struct, frozen=True, gc=False, kw_only=True):
    user_name: str
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    display_name: str | None = None
    title: str | None = None
    phone: str | None = None
    locale: str | None = None
    active: bool = True
    admin: bool | None = None
    attributes: Mapping[str, str] = {}


class Group(Struct, frozen=True, gc=False, kw_only=True):
    display_name: str
    attributes: Mapping[str, str] = {}


Entity = User | Group
E = TypeVar("E", User, Group)

USER_FIELDS = frozenset(User.__struct_fields__) - {"attributes"}
GROUP_FIELDS = frozenset(Group.__struct_fields__) - {"attributes"}
NAME_FIELD = {Kind.USER: "user_name", Kind.GROUP: "display_name"}

_PLAIN: Mapping[type, tuple[str, ...]] = {
    kind: tuple(name for name in kind.__struct_fields__ if name != "attributes")
    for kind in (User, Group)
}


def flat(entity: Entity) -> dict[str, Value]:
    """Field name -> value, `attributes` spread out as `attributes.NAME`; None left out."""
    fields: dict[str, Value] = {
        name: value for name in _PLAIN[type(entity)] if (value := getattr(entity, name)) is not None
    }
    for name, value in entity.attributes.items():
        fields[ATTRIBUTES + name] = value
    return fields


def changed(entity: E, after: Mapping[str, Value]) -> E:
    """The entity with the named flat fields set; a None clears."""
    plain = {name: value for name, value in after.items() if not name.startswith(ATTRIBUTES)}
    attributes = dict(entity.attributes)
    for name, value in after.items():
        if name.startswith(ATTRIBUTES):
            attributes.pop(name.removeprefix(ATTRIBUTES), None)
            if value is not None:
                attributes[name.removeprefix(ATTRIBUTES)] = str(value)
    return replace(entity, **plain, attributes=attributes)


def user_of(fields: Mapping[str, Value]) -> User:
    """The user with these flat fields. `user_name` must be among them."""
    plain: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    for name, value in fields.items():
        if not name.startswith(ATTRIBUTES):
            plain[name] = value
        elif value is not None:
            attributes[name.removeprefix(ATTRIBUTES)] = str(value)
    return User(**plain, attributes=attributes)


def group_of(fields: Mapping[str, Value]) -> Group:
    """The group with these flat fields. `display_name` must be among them."""
    return changed(Group(display_name=str(fields["display_name"])), fields)


class Stored(Struct, Generic[E], frozen=True, gc=False):
    """What a target holds under `ref`.

    `key` is the key that syncd gave when it created the thing, where the target keeps
    such a field (SCIM's externalId); it helps to settle a doubtful creation, and
    is never a reason to adopt.
    """

    ref: Ref
    entity: E
    key: Key | None = None


class Member(Struct, frozen=True, gc=False, order=True):
    """`user` is a direct member of `group`, both by the target's own names."""

    group: Ref
    user: Ref


class Update(Struct, frozen=True, gc=False):
    """The changed fields of one thing, flat (see `flat`): what they were and what they become."""

    before: Mapping[str, Value]
    after: Mapping[str, Value]


class State(StrEnum):
    """What a source says of a person's standing."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


RawValue = str | tuple[str, ...]


class UserRecord(Struct, frozen=True, gc=False):
    """A person as one source states them.

    `key` is immutable and unique within the source. `attributes` has SCIM's
    field names where the source has such a field, and the source's own names for the rest;
    `admin` is "true" or "false". `state` is None where the source says nothing of it, or, with a
    `reason`, where it could not be read: then nothing is known.
    `origin` is for people: a DN, or file, line and column.
    """

    key: Key
    attributes: Mapping[str, RawValue]
    state: State | None
    origin: str
    reason: str = ""


class Reference(Struct, frozen=True, gc=False):
    """A user of another source, named by one of its attributes (`key` for its key)."""

    source: str
    attribute: str
    value: str
    origin: str


class GroupRecord(Struct, frozen=True, gc=False):
    """A group as one source states it, with all users in it by way of any nested group.

    `members` are keys of this source's users, each once. A member that is no user of
    this source is not among them. `attributes` has at least `display_name`.
    """

    key: Key
    attributes: Mapping[str, RawValue]
    members: tuple[Key, ...]
    origin: str
    elsewhere: tuple[Reference, ...] = ()
