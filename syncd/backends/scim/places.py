"""Where SCIM keeps each field (RFC 7643, sections 4.1 to 4.3): what a server can offer at most.

`admin` has no place of its own: `roles` has no vocabulary that servers share (section 4.1.2), so an
operator names the value that means it.
"""

from collections.abc import Mapping

from msgspec import Struct

from syncd.core.model import ATTRIBUTES, Kind, Op
from syncd.ports import Holds

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Place(Struct, frozen=True):
    """One value: an attribute, or what is in it under `sub`; in an extension if that is named.

    Where there are `many` values, each with its `value`, one of them is meant: the primary one
    where `leads`, else the one of the type `kind`, else the one that has no type. A new one is
    given its type and made primary where the server keeps that: `typed`, `primary`. A `flag` is
    whether the value `kind` is among them at all.
    """

    attribute: str
    sub: str = ""
    extension: str = ""
    many: bool = False
    kind: str = ""
    leads: bool = False
    typed: bool = True
    primary: bool = True
    flag: bool = False

    @property
    def path(self) -> str:
        """How PATCH names it (RFC 7644, section 3.10); of many values, all of them."""
        name = f"{self.attribute}.{self.sub}" if self.sub and not self.many else self.attribute
        return f"{self.extension}:{name}" if self.extension else name


def _plain(*names: str, extension: str = "") -> dict[str, Place]:
    return {ATTRIBUTES + name: Place(name, extension=extension) for name in names}


USER_PLACES: Mapping[str, Place] = {
    "user_name": Place("userName"),
    "email": Place("emails", "value", many=True, kind="work", leads=True),
    "given_name": Place("name", "givenName"),
    "family_name": Place("name", "familyName"),
    "display_name": Place("displayName"),
    "title": Place("title"),
    "phone": Place("phoneNumbers", "value", many=True, kind="work"),
    "locale": Place("locale"),
    "active": Place("active"),
    **_plain("nickName", "preferredLanguage", "timezone", "userType", "profileUrl"),
    **_plain(
        "employeeNumber",
        "costCenter",
        "organization",
        "division",
        "department",
        extension=ENTERPRISE,
    ),
}

GROUP_PLACES: Mapping[str, Place] = {"display_name": Place("displayName")}


def admin_place(role: str) -> Place:
    return Place("roles", "value", many=True, kind=role, flag=True)


DECLARES: dict[Kind, Holds] = {
    Kind.USER: Holds(
        fields=frozenset(USER_PLACES) | {"admin"},
        caseless=frozenset({"user_name", "email"}),
        unique=frozenset({"user_name"}),
        required=frozenset({"user_name", "active"}),
        ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
        keeps_keys=True,
    ),
    Kind.GROUP: Holds(
        fields=frozenset(GROUP_PLACES),
        required=frozenset({"display_name"}),
        ops=frozenset({Op.CREATE, Op.UPDATE, Op.DELETE}),
        keeps_keys=True,
    ),
    Kind.MEMBER: Holds(ops=frozenset({Op.ADD, Op.REMOVE})),
}
"""What SCIM offers; an instance declares what its server's schema has of it."""
