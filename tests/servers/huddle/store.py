"""What Huddle keeps, and how a user is shown."""

import email.utils
import time
import uuid
from dataclasses import dataclass, field

DATA = "application/vnd.huddle.data+json"

FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "company": "company",
    "role": "role",
    "aboutMe": "about_me",
    "secondaryEmail": "secondary_email",
    "address": "address",
    "phone": "phone",
    "mobile": "mobile",
}
"""What a profile has; all of it can be edited."""


@dataclass
class User:
    """`provisioned` is whether SCIM knows them, by `guid`: another name than the number."""

    id: int
    email: str
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    role: str | None = None
    about_me: str | None = None
    secondary_email: str | None = None
    address: str | None = None
    phone: str | None = None
    mobile: str | None = None
    active: bool = True
    password: str | None = None
    last_login: float | None = None
    locale: str | None = None
    timezone: str | None = None
    provisioned: bool = True
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def display_name(self) -> str:
        return f"{self.first_name or ''} {self.last_name or ''}".strip() or self.email


@dataclass
class Member:
    """Somebody in a company: a third number for one and the same person."""

    id: int
    company: int
    user: int
    manager: bool = False
    internal: bool = True


@dataclass
class Team:
    id: int
    workspace: int
    name: str
    members: set[int] = field(default_factory=set)


@dataclass
class Client:
    """An application: `user` is whom it acts as. Each of the rights is agreed with Huddle by mail.

    `staff` may create users and do anything to them, `provisions` is for SCIM.
    """

    secret: str
    user: int | None
    staff: bool = False
    provisions: bool = True
    disabled: bool = False


def profile(user: User) -> dict[str, object]:
    """Without what is null."""
    values = {name: getattr(user, attribute) for name, attribute in FIELDS.items()}
    return {name: value for name, value in values.items() if value is not None}


def link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href}


def http_date(at: float) -> str:
    return email.utils.formatdate(at, usegmt=True)


def iso_date(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
