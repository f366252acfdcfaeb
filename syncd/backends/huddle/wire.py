"""To and from the wire: users as Huddle writes them. Values in, values out."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from syncd.core.model import Ref, Stored, User, Value, user_of
from syncd.errors import BackendError

SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"

_PLACES = {
    "user_name": "email",
    "given_name": "firstName",
    "family_name": "lastName",
    "title": "role",
    "phone": "phone",
    "attributes.about": "aboutMe",
    "attributes.address": "address",
    "attributes.company": "company",
    "attributes.mobile": "mobile",
    "attributes.secondary_email": "secondaryEmail",
}
"""An e-mail is the user's name (Users, "Creating a User")."""

REQUIRED = frozenset({"user_name", "given_name", "family_name"})
"""Without these an update is a 400 (Users, "Updating User Profile")."""

OPTIONAL = frozenset(_PLACES) - REQUIRED

BY_SCIM = frozenset({"user_name", "given_name", "family_name", "title", "phone"})
"""What SCIM has places for (Integrating with SCIM); there is no `active` among these."""


class Link(Struct):
    rel: str
    href: str


class Linked(Struct):
    """What every resource has: where it is, and what one may do with it. What one may not is left
    out (Users, "Response Link Relations")."""

    links: Sequence[Link] = ()

    def href(self, rel: str) -> str | None:
        return next((link.href for link in self.links if link.rel == rel), None)


class HuddleUser(Linked, rename="camel"):
    """There is no id: it is the end of the link to itself. What is null is left out."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    phone: str | None = None
    about_me: str | None = None
    address: str | None = None
    company: str | None = None
    mobile: str | None = None
    secondary_email: str | None = None
    status: str = "Active"

    @property
    def active(self) -> bool:
        """It is written small and read with a capital; what the other word is, no page says."""
        return self.status.lower() == "active"


def ref_from(href: str | None) -> Ref:
    """The number at a link's end, which is relative or absolute. Raises `BackendError`."""
    number = (href or "").partition("?")[0].rstrip("/").rpartition("/")[2]
    if not number.isdecimal():
        raise BackendError(f"Huddle links to {href!r}, where a user's number should be")
    return Ref(number)


def user_from(ref: Ref, found: HuddleUser, *, admin: bool) -> Stored[User]:
    fields: dict[str, Value] = {"active": found.active, "admin": admin}
    shown = {name: getattr(found, attribute) for name, attribute in _ATTRIBUTES.items()}
    fields |= {name: value or None for name, value in shown.items()}
    return Stored(ref, user_of({**fields, "user_name": found.email or ""}))


def profile_to(fields: Mapping[str, Value]) -> dict[str, Any]:
    """What is cleared is null."""
    return {place: fields[name] or None for name, place in _PLACES.items() if name in fields}


def scim_to(fields: Mapping[str, Value]) -> dict[str, Any]:
    """A new user for SCIM (RFC 7643, section 4.1)."""
    body: dict[str, Any] = {
        "schemas": [SCIM_USER],
        "userName": fields["user_name"],
        "name": {"givenName": fields.get("given_name"), "familyName": fields.get("family_name")},
    }
    if title := fields.get("title"):
        body["title"] = title
    if phone := fields.get("phone"):
        body["phoneNumbers"] = [{"value": phone}]
    return body


def _snake(place: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in place)


_ATTRIBUTES = {name: _snake(place) for name, place in _PLACES.items()}
