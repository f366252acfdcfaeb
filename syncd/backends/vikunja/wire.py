"""To and from the wire, and what this API holds of users. Values in, values out.

Names are those of the wiki page "API Users" (2018-03-05); what it leaves open is as in Vikunja's
first commit (479cf54a): models/user.go, models/user_add_update.go.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.model import Op, Ref, Stored, User, Value
from syncd.errors import Rejected
from syncd.ports import Holds

MARK = "[suspended] "

MARKED = Holds(
    fields=frozenset({"user_name", "email", "display_name", "active", "admin"}),
    immutable=frozenset({"admin"}),
    caseless=frozenset({"user_name", "email"}),
    unique=frozenset({"user_name", "email"}),
    required=frozenset({"user_name", "email", "display_name", "active"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
    emulated=f"the password becomes one that nobody knows, and {MARK.strip()} stands before the "
    "name; who is logged in stays so for up to 72 hours, whoever is an administrator stays one, "
    "and who comes back gets a new password",
)
"""An update passes over whatever is empty, and over all that is true or false (xorm's `Update` of a
struct): nothing can be cleared, and `isAdmin` is given once. An e-mail that is empty is taken for
one that exists already."""

UNMARKED = replace(MARKED, ops=MARKED.ops - {Op.SUSPEND, Op.RESTORE}, emulated="")

_NAMES = {"user_name": "username", "email": "email", "display_name": "name", "admin": "isAdmin"}
_LONGEST = 250
_LAST = 0xFFFF

Body = dict[str, Any]


class Account(Struct, rename="camel"):
    id: int
    username: str
    name: str = ""
    email: str = ""
    is_admin: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(str(self.id))


def from_wire(account: Account) -> Stored[User]:
    """Who is suspended is told by the mark."""
    user = User(
        user_name=account.username,
        email=account.email or None,
        display_name=account.name.removeprefix(MARK) or None,
        active=not account.name.startswith(MARK),
        admin=account.is_admin,
    )
    return Stored(account.ref, user)


def to_wire(fields: Mapping[str, Value]) -> Body:
    """Raises `Rejected` for what the database cannot hold, which the server calls an error of its
    own: its columns are `varchar(250)` in MySQL's `utf8`, of three octets a letter."""
    body = {_NAMES[name]: value for name, value in fields.items() if name in _NAMES}
    if fields.get("active") is False:
        body["name"] = MARK + str(body["name"])
    for name, value in body.items():
        if isinstance(value, str) and len(value) > _LONGEST:
            raise Rejected(
                f"{name} {value[:20]!r}… has more than {_LONGEST} letters, as they stand"
            )
        if isinstance(value, str) and any(ord(letter) > _LAST for letter in value):
            raise Rejected(f"{name} {value!r} has letters that Vikunja's database cannot hold")
    return body
