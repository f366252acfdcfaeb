"""What OpenProject keeps, and how it is shown (lib/api/v3/users, lib/api/v3/groups)."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

ANONYMOUS = 2
Links = dict[str, object]


@dataclass
class User:
    """`deleted_at` is when the job that removes an account, or a group, will run."""

    id: int
    login: str
    email: str
    firstname: str = ""
    lastname: str = ""
    admin: bool = False
    status: str = "active"
    language: str = "en"
    password: str | None = None
    identity_url: str | None = None
    auth_source: int | None = None
    hide_mail: bool = False
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    deleted_at: float | None = None

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass
class Group:
    id: int
    name: str
    members: list[int] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    deleted_at: float | None = None


def _stamp(at: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return f"{whole}.{int(at % 1 * 1000):03d}Z"


def show_user(project: "OpenProject", user: User, caller: User) -> dict[str, object]:
    """What the caller may not see is absent, not null."""
    shown: dict[str, object] = {"_type": "User", "id": user.id, "name": user.name}
    trusted = user is caller or project.may(caller, "create_user", "manage_user")
    if caller.admin or user is caller:
        shown |= {"createdAt": _stamp(user.created_at), "updatedAt": _stamp(user.updated_at)}
    if trusted:
        shown |= {
            "login": user.login,
            "firstName": user.firstname,
            "lastName": user.lastname,
            "status": user.status,
            "identityUrl": user.identity_url,
            "language": user.language,
        }
    if caller.admin:
        shown["admin"] = user.admin
    if trusted or not user.hide_mail:
        shown["email"] = user.email
    return {**shown, "avatar": "", "_links": _user_links(project, user, caller)}


def _user_links(project: "OpenProject", user: User, caller: User) -> Links:
    """Only what the caller may do is linked. `update`, as users.yml has it, is updateImmediately."""
    href = f"/api/v3/users/{user.id}"
    links: Links = {"self": {"href": href, "title": user.name}}
    if user.status != "locked":
        links["showUser"] = {"href": f"/users/{user.id}", "type": "text/html"}
    if project.may(caller, "manage_user"):
        links["updateImmediately"] = _action(href, f"Update {user.login}", "patch")
    if caller.admin and user.status == "active":
        links["lock"] = _action(f"{href}/lock", f"Set lock on {user.login}", "post")
    if caller.admin and user.status == "locked":
        links["unlock"] = _action(f"{href}/lock", f"Remove lock on {user.login}", "delete")
    if project.may_delete(caller, user):
        links["delete"] = _action(href, f"Delete {user.login}", "delete")
    if caller.admin and user.auth_source:
        links["auth_source"] = {"href": f"/api/v3/auth_sources/{user.auth_source}", "title": "LDAP"}
    return links


def _action(href: str, title: str, method: str) -> Links:
    return {"href": href, "title": title, "method": method}


def show_group(
    project: "OpenProject", group: Group, caller: User, whole: bool
) -> dict[str, object]:
    """The members are embedded where a group stands by itself, and linked in a list too."""
    members = [project.users[number] for number in group.members]
    href = f"/api/v3/groups/{group.id}"
    links: Links = {"self": {"href": href, "title": group.name}}
    if caller.admin:
        links |= {
            "delete": {"href": href, "method": "delete"},
            "updateImmediately": {"href": href, "method": "patch"},
        }
        links["members"] = [
            {"href": f"/api/v3/users/{one.id}", "title": one.name} for one in members
        ]
    shown: dict[str, object] = {"_type": "Group", "id": group.id, "name": group.name}
    if caller.admin:
        shown |= {"createdAt": _stamp(group.created_at), "updatedAt": _stamp(group.updated_at)}
    if whole:
        shown["_embedded"] = {"members": [show_user(project, one, caller) for one in members]}
    return {**shown, "_links": links}
