"""To and from the wire, and what HopFrame holds of users and groups. Values in, values out.

Written from docs/api/endpoints/user.md and group.md of leonhoppe/HopFrame (v2), and the models in
src/HopFrame.Database. Names come in ASP.NET's camelCase or, as the documents write them, with
capitals, and are taken in any case, both ways.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncd.backends.hopframe.permissions import (
    Permission,
    having,
    lacking,
    plain,
    same_name,
    suspended,
    turned,
)
from syncd.core.model import Group, Kind, Op, Ref, Stored, User, Value
from syncd.errors import Rejected
from syncd.ports import Holds

USERS = Holds(
    fields=frozenset({"user_name", "email", "active", "admin"}),
    caseless=frozenset({"user_name", "email"}),
    unique=frozenset({"user_name", "email"}),
    required=frozenset({"user_name", "email", "active"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
    emulated="every permission, groups too, is kept below syncd.suspended, where it grants "
    "nothing; whoever is suspended can still log in, and use what asks for no permission",
)
UNMARKED = replace(USERS, ops=USERS.ops - {Op.SUSPEND, Op.RESTORE}, emulated="")

GROUPS = Holds(
    fields=frozenset({"display_name"}),
    immutable=frozenset({"display_name"}),
    caseless=frozenset({"display_name"}),
    unique=frozenset({"display_name"}),
    required=frozenset({"display_name"}),
    ops=frozenset({Op.CREATE, Op.DELETE}),
)
MEMBERS = Holds(ops=frozenset({Op.ADD, Op.REMOVE}))
DECLARES = {Kind.USER: USERS, Kind.GROUP: GROUPS, Kind.MEMBER: MEMBERS}

PREFIX = "group."
_ALL = ("*", "hopframe.*", "hopframe.admin.*")
"""By any of these one is an administrator; which one is given is the operator's choice."""

_LONGEST = 50

Body = dict[str, Any]


class Account(Struct, frozen=True):
    id: str
    username: str
    email: str
    createdat: str
    permissions: list[Permission] = []

    @property
    def ref(self) -> Ref:
        return Ref(self.id.lower())


class Team(Struct, frozen=True):
    """Its name is all that it goes by: users hold it among their permissions."""

    name: str

    @property
    def ref(self) -> Ref:
        return Ref(self.name)


def lowered(told: Any) -> Any:
    """JSON with all names in small letters, and nulls left out."""
    if isinstance(told, dict):
        return {name.lower(): lowered(value) for name, value in told.items() if value is not None}
    return [lowered(one) for one in told] if isinstance(told, list) else told


def account_of(told: Any) -> Account:
    """Raises `msgspec.ValidationError`."""
    return msgspec.convert(lowered(told), Account)


def user_from_wire(account: Account, admin: str) -> Stored[User]:
    """`admin` is the permission that makes an administrator, besides those that always do."""
    held = [plain(one.permissionname) for one in account.permissions]
    user = User(
        user_name=account.username,
        email=account.email or None,
        active=not suspended(account.permissions),
        admin=any(same_name(name, one) for name in held for one in (admin, *_ALL)),
    )
    return Stored(account.ref, user)


def changed_account(account: Account, after: Mapping[str, Value], admin: str) -> Account:
    """The whole of it, as it is to be. What an administrator is otherwise stays."""
    held: list[Permission] = list(account.permissions)
    if after.get("admin") is True and not user_from_wire(account, admin).entity.admin:
        held = having(held, admin)
    if after.get("admin") is False:
        held = lacking(held, (admin, *_ALL))
    if isinstance(active := after.get("active"), bool):
        held = turned(held, active=active)
    username, email = (after.get(name) for name in ("user_name", "email"))
    return replace(
        account,
        username=str(username or account.username),
        email=str(email or account.email),
        permissions=held,
    )


def account_to_wire(account: Account) -> Body:
    """What is not among `permissions` is deleted; by their ids they are found again."""
    held = [
        {"id": one.id, "permissionName": one.permissionname, "grantedAt": one.grantedat}
        if one.grantedat
        else {"id": one.id, "permissionName": one.permissionname}
        for one in account.permissions
    ]
    told = {"id": account.ref, "username": account.username, "email": account.email}
    return {**told, "createdAt": account.createdat, "permissions": held}


def new_account(fields: Mapping[str, Value], admin: str) -> Body:
    """Raises `Rejected` for what HopFrame takes at first, and then never again (the model's rules
    hold for updates only, and the database's for neither)."""
    held = [Permission(0, admin)] if fields.get("admin") else []
    if fields.get("active") is False:
        held = turned(held, active=False)
    username, email = str(fields["user_name"]), str(fields["email"])
    _check_short("user_name", username)
    _check_short("email", email)
    name, at, host = email.partition("@")
    if not (name and at and host) or "@" in host:
        raise Rejected(f"email {email!r} is none, and HopFrame would change nothing of it later")
    names = [one.permissionname for one in held]
    return {"username": username, "email": email, "permissions": names}


def group_from_wire(team: Team) -> Stored[Group]:
    return Stored(team.ref, Group(display_name=team.name[len(PREFIX) :]))


def group_to_wire(fields: Mapping[str, Value]) -> Body:
    """Raises `Rejected` for names that grant more than themselves, as permissions: `*` is any
    group, and who holds `group.a.b` holds `group.a`."""
    name = str(fields["display_name"])
    if "*" in name or "." in name:
        raise Rejected(f"group {name!r} would grant other groups: HopFrame's names are permissions")
    _check_short("display_name", PREFIX + name)
    return {"name": PREFIX + name, "permissions": []}


def _check_short(name: str, value: str) -> None:
    if len(value) > _LONGEST:
        raise Rejected(f"{name} {value!r} has more than {_LONGEST} letters in HopFrame")
