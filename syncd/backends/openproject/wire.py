"""To and from the wire, and what OpenProject holds of users and groups. Values in, values out.

Names and rules are those of docs/api/apiv3 in opf/openproject (components/schemas/user_model.yml
and group_write_model.yml, paths/users.yml and groups.yml) and of app/contracts/users there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from syncd.core.model import Group, Kind, Op, Ref, Stored, User, Value
from syncd.ports import Holds

USERS = Holds(
    fields=frozenset(
        {"user_name", "email", "given_name", "family_name", "locale", "active", "admin"}
    ),
    caseless=frozenset({"user_name", "email"}),
    unique=frozenset({"user_name", "email"}),
    required=frozenset({"user_name", "email", "given_name", "family_name", "active"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
)
"""The display name is made of the two names. Custom fields of users are not in this API."""

GROUPS = Holds(
    fields=frozenset({"display_name"}),
    unique=frozenset({"display_name"}),
    required=frozenset({"display_name"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.DELETE}),
)
MEMBERS = Holds(ops=frozenset({Op.ADD, Op.REMOVE}))
DECLARES = {Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: MEMBERS}

_NAMES = {
    "user_name": "login",
    "email": "email",
    "given_name": "firstName",
    "family_name": "lastName",
    "locale": "language",
    "admin": "admin",
}

_SHUT = frozenset({"locked", "registered"})
"""Who is registered waits for somebody's approval; who is invited has only to accept."""

Body = dict[str, Any]


class Person(Struct, rename="camel"):
    """What the caller may not see of a user is absent."""

    id: int
    login: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    admin: bool | None = None
    language: str | None = None
    status: str | None = None

    @property
    def ref(self) -> Ref:
        return Ref(str(self.id))


class Link(Struct):
    href: str | None = None


class Links(Struct):
    members: Sequence[Link] | None = None


class Team(Struct):
    id: int
    name: str
    links: Links = field(name="_links")

    @property
    def ref(self) -> Ref:
        return Ref(str(self.id))


def user_from_wire(person: Person) -> Stored[User]:
    """Of one whose login is shown."""
    user = User(
        user_name=person.login or "",
        email=person.email or None,
        given_name=person.first_name or None,
        family_name=person.last_name or None,
        locale=person.language or None,
        active=person.status not in _SHUT,
        admin=person.admin,
    )
    return Stored(person.ref, user)


def user_to_wire(fields: Mapping[str, Value]) -> Body:
    """The fields that are attributes: `active` is none, and has calls of its own."""
    return {_NAMES[name]: value for name, value in fields.items() if name in _NAMES}


def group_from_wire(team: Team) -> Stored[Group]:
    return Stored(team.ref, Group(display_name=team.name))


def group_to_wire(fields: Mapping[str, Value]) -> Body:
    return {"name": fields["display_name"]}


def user_in(link: Link) -> Ref | None:
    """The user that a member's link leads to."""
    way, _, number = (link.href or "").rpartition("/")
    return Ref(number) if way.endswith("/users") and number.isdecimal() else None
