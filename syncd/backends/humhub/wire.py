"""To and from the wire: users and groups as HumHub writes them. Values in, values out."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from syncd.core.model import ATTRIBUTES, Group, Ref, Stored, User, Value, group_of, user_of

DISABLED, ENABLED, UNAPPROVED, DELETED = 0, 1, 2, 3
"""What `account.status` may be (user/models/User.php). 3 is what a soft deletion leaves."""

GUESTS_TOO, MEMBERS_ONLY = 2, 1
"""Of `account.visibility`: the first is invalid where guests have no access, and then means the
same as the second."""

LOCAL = "local"

_ACCOUNT = {"user_name": "username", "email": "email", "locale": "language"}
_PROFILE = {
    "given_name": "firstname",
    "family_name": "lastname",
    "title": "title",
    "phone": "phone_work",
}

T = TypeVar("T")


class Account(Struct):
    """definitions/UserDefinitions.php. HumHub 1.18 has `authclient`, and 1.19 `user_source`."""

    username: str | None = None
    email: str | None = None
    status: int = ENABLED
    visibility: int | None = None
    language: str | None = None
    authclient: str | None = None
    authclient_id: str | UnsetType | None = UNSET
    user_source: str | None = None

    @property
    def source(self) -> str:
        """Where HumHub says that the user comes from."""
        return self.user_source or self.authclient or LOCAL


class HubUser(Struct):
    id: int
    account: Account
    profile: dict[str, Any] = {}


class HubGroup(Struct):
    """Nothing says whether it is the administrators', the default or a protected group."""

    id: int
    name: str | None = None
    description: str | None = None


class Head(Struct):
    """All that is believed of an answer to a write, and all that there is of a member."""

    id: int


class Rows(Struct, Generic[T]):
    """`total` is null in some revisions of Yii. The links carry `per-page`, which nothing reads."""

    results: list[T]
    total: int | None = None


def user_from(found: HubUser, columns: Iterable[str], admin: bool | None) -> Stored[User]:
    """Who waits for approval is as inactive as who is disabled. What is empty is not there."""
    account = found.account
    fields: dict[str, Value] = {"active": account.status == ENABLED, "admin": admin}
    for name, place in _ACCOUNT.items():
        fields[name] = getattr(account, place) or None
    for name, place in _places(columns).items():
        value = found.profile.get(place)
        fields[name] = value if isinstance(value, str) and value else None
    return Stored(Ref(str(found.id)), user_of({**fields, "user_name": account.username or ""}))


def user_to(fields: Mapping[str, Value], columns: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The sections that have something to say; `admin` is no part of a user. "" clears."""
    account: dict[str, Any] = {
        place: fields[name] or "" for name, place in _ACCOUNT.items() if name in fields
    }
    if "active" in fields:
        account["status"] = ENABLED if fields["active"] else DISABLED
    profile = {
        place: fields[name] or "" for name, place in _places(columns).items() if name in fields
    }
    return {name: part for name, part in (("account", account), ("profile", profile)) if part}


def group_from(found: HubGroup) -> Stored[Group]:
    """A name is not required; who has none goes by the id."""
    fields: dict[str, Value] = {
        "display_name": found.name or f"group {found.id}",
        ATTRIBUTES + "description": found.description or None,
    }
    return Stored(Ref(str(found.id)), group_of(fields))


def group_to(fields: Mapping[str, Value]) -> dict[str, Any]:
    places = {"display_name": "name", ATTRIBUTES + "description": "description"}
    return {place: fields[name] or "" for name, place in places.items() if name in fields}


def user_fields(columns: Iterable[str]) -> frozenset[str]:
    """What a user has, besides `active` and `admin`."""
    return frozenset({*_ACCOUNT, *_places(columns)})


def _places(columns: Iterable[str]) -> dict[str, str]:
    taken = set(_PROFILE.values())
    return {**_PROFILE, **{ATTRIBUTES + name: name for name in columns if name not in taken}}
