"""Groups (docs/api/apiv3/paths/groups.yml and group.yml)."""

import re
from typing import TYPE_CHECKING

from tests.servers.openproject.auth import body
from tests.servers.openproject.errors import (
    Violations,
    error,
    hal,
    missing_permission,
    not_found,
)
from tests.servers.openproject.lists import collection, ordered, selected
from tests.servers.openproject.store import Group, User, show_group
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

ROUTES = Routes("/api/v3/groups")

COLUMNS = {
    "id": lambda group: group.id,
    "created_at": lambda group: group.created_at,
    "updated_at": lambda group: group.updated_at,
}
_USER = re.compile(r"/api/v3/users/(\d+)")


def _found(project: "OpenProject", number: str) -> Group:
    group = project.groups.get(int(number)) if number.isdecimal() else None
    if group is None:
        raise not_found("group")
    return group


def _administrator(request: Request) -> User:
    if not request.caller.admin:
        raise missing_permission()
    return request.caller


@ROUTES.on("GET", "")
def index(project: "OpenProject", request: Request) -> Answer:
    """All at once: this collection has no pages."""
    caller = request.caller
    if not project.may(caller, "manage_members", "view_members"):
        raise missing_permission()
    rows = ordered(request, project.groups.values(), COLUMNS, newest=False)
    elements = [show_group(project, row, caller, whole=False) for row in rows]
    made = collection(len(rows), elements, {"self": {"href": "/api/v3/groups"}})
    return hal(200, selected(made, request.query["select"]) if "select" in request.query else made)


@ROUTES.on("POST", "")
def create(project: "OpenProject", request: Request) -> Answer:
    caller, group = _administrator(request), Group(0, "")
    _load(project, group, body(request), caller)
    group.id = project.next_id()
    project.groups[group.id] = group
    return hal(201, show_group(project, group, caller, whole=True))


@ROUTES.on("GET", "/{id}")
def view(project: "OpenProject", request: Request, number: str) -> Answer:
    return hal(200, show_group(project, _found(project, number), request.caller, whole=True))


@ROUTES.on("PATCH", "/{id}")
def update(project: "OpenProject", request: Request, number: str) -> Answer:
    caller, group = _administrator(request), _found(project, number)
    _load(project, group, body(request), caller)
    group.updated_at = project.now()
    return hal(200, show_group(project, group, caller, whole=True))


@ROUTES.on("DELETE", "/{id}")
def delete(project: "OpenProject", request: Request, number: str) -> Answer:
    """A job removes it later."""
    _administrator(request)
    group = _found(project, number)
    if group.deleted_at is None:
        group.deleted_at = project.now() + project.job_seconds
    return answer(202)


def _load(project: "OpenProject", group: Group, sent: dict[str, object], caller: User) -> None:
    """`_links.members` is the whole set: who is not in it is a member no more."""
    found = Violations(caller.language)
    name = sent.get("name", group.name)
    if not name:
        found.wrong("name", "can't be blank.")
    elif any(other.name == name for other in project.groups.values() if other is not group):
        found.wrong("name", "has already been taken.")
    elif len(str(name)) > 256:
        found.wrong("name", "is too long (maximum is 256 characters).")
    links = sent.get("_links")
    told = links.get("members") if isinstance(links, dict) else None
    members = group.members if told is None else [_member(one) for one in told]
    if len({*members}) < len(members):
        found.wrong("members", "is already taken.")
    if any(number not in project.users for number in members):
        found.wrong("members", "is invalid.")
    found.settle()
    group.name, group.members = str(name), members


def _member(link: object) -> int:
    href = str(link.get("href") if isinstance(link, dict) else link)
    if told := _USER.fullmatch(href):
        return int(told[1])
    message = (
        f"For property 'members' a link like '/api/v3/users/:id' is expected, but got '{href}'."
    )
    raise Answered(hal(422, error("ResourceTypeMismatch", message, "members")))
