"""What is valid (app/contracts/users, app/models/user.rb)."""

import re
from copy import copy
from typing import TYPE_CHECKING

from tests.servers.openproject.errors import Violations
from tests.servers.openproject.store import User

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

Sent = dict[str, object]

FIELDS = {
    "login": "login",
    "email": "email",
    "firstName": "firstname",
    "lastName": "lastname",
    "admin": "admin",
    "status": "status",
    "language": "language",
    "identityUrl": "identity_url",
    "password": "password",
}
"""What is read from a body, and the attribute that it sets; anything else is passed over."""

_LOGIN = re.compile(r"[a-z0-9_\-@.+ ]*", re.IGNORECASE)
_MAIL = re.compile(r"([^@\s]+)@((?:[-a-z0-9]+\.)+[a-z]{2,})", re.IGNORECASE)


def created(project: "OpenProject", caller: User, sent: Sent) -> User:
    user = User(0, "", "")
    _load(user, sent)
    found = Violations(caller.language)
    if user.status not in ("active", "invited"):
        found.wrong("status", "is not a valid status for new users.")
    if user.admin and not caller.admin:
        found.read_only("admin")
    if user.status == "invited":
        _fill_invited(user)
    elif not (user.password or user.auth_source or user.identity_url):
        found.wrong("password", "can't be blank.")
    seats = sum(other.status != "locked" for other in project.users.values())
    if project.user_limit is not None and seats >= project.user_limit:
        found.wrong("base", "User limit reached.")
    _judge(project, user, found)
    found.settle()
    return user


def updated(project: "OpenProject", caller: User, before: User, sent: Sent) -> User:
    """A value that is as it was may be sent, whether it can be written or not."""
    user = copy(before)
    _load(user, sent)
    found = Violations(caller.language)
    fixed = {"status"}  # for that, there is the lock
    fixed |= {"login", "admin"} if before is caller else set()
    fixed |= set() if caller.admin else {"admin"}
    fixed |= set() if caller.admin or before is caller else {"password"}
    for name in sorted(fixed):
        if getattr(user, name) != getattr(before, name):
            found.read_only(name)
    if before is caller and "password" in sent and sent.get("currentPassword") != before.password:
        found.wrong("currentPassword", "is invalid.")
    revoked = before.admin and not user.admin
    if revoked and not _another_admin(project, before):
        found.wrong("base", "At least one active administrator must remain.")
    _judge(project, user, found)
    found.settle()
    return user


def _load(user: User, sent: Sent) -> None:
    for name, attribute in FIELDS.items():
        if name in sent:
            value = sent[name]
            plain = value if value is None or attribute == "admin" else str(value)
            setattr(user, attribute, bool(plain) if attribute == "admin" else plain)
    links = sent.get("_links")
    source = links.get("auth_source") if isinstance(links, dict) else None
    number = str(source.get("href")).rpartition("/")[2] if isinstance(source, dict) else ""
    if number.isdecimal():
        user.auth_source = int(number)


def _fill_invited(user: User) -> None:
    """An e-mail is enough: `foo@example.org` is Foo's login and both of their names."""
    local, at, domain = (user.email or "").partition("@")
    user.login = user.login or user.email
    user.firstname, user.lastname = user.firstname or local, user.lastname or f"{at}{domain}"


def _judge(project: "OpenProject", user: User, found: Violations) -> None:
    lengths = {
        "login": (user.login, project.login_length),
        "firstName": (user.firstname, project.name_length),
        "lastName": (user.lastname, project.name_length),
        "email": (user.email, project.mail_length),
    }
    for name, (value, most) in lengths.items():
        if not value or not value.strip():
            found.wrong(name, "can't be blank.")
        elif len(value) > most:
            found.wrong(name, f"is too long (maximum is {most} characters).")
    if user.login and not _LOGIN.fullmatch(user.login):
        found.wrong("login", "is invalid.")
    if user.email and not _MAIL.fullmatch(user.email):
        found.wrong("email", "is invalid.")
    if user.language not in project.languages:
        found.wrong("language", "is invalid.")
    least = project.password_min_length
    if user.password and len(user.password) < least:
        found.wrong("password", f"is too short (minimum is {least} characters).")
    _taken(project, user, found)


def _taken(project: "OpenProject", user: User, found: Violations) -> None:
    """Without case, among the locked and those about to be deleted too."""
    for name in ("login", "email"):
        wanted = (getattr(user, name) or "").lower()
        others = (other for other in project.users.values() if other.id != user.id)
        if wanted and any(getattr(other, name).lower() == wanted for other in others):
            found.wrong(name, "has already been taken.")


def _another_admin(project: "OpenProject", user: User) -> bool:
    return any(
        other.admin and other.status == "active" and other is not user
        for other in project.users.values()
    )
