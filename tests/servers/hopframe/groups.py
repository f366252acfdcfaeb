"""Groups (GroupController.cs, GroupLogic.cs, GroupRepository.cs).

Who is in a group is written nowhere but among the permissions of users, as the group's name.
"""

from typing import TYPE_CHECKING

from tests.servers.hopframe import permissions, users
from tests.servers.hopframe.auth import need
from tests.servers.hopframe.results import Sent, body, invalid, limits, ok, said, texts
from tests.servers.hopframe.store import Group, Permission, show_group
from tests.servers.web import Answer, Request, Routes

if TYPE_CHECKING:
    from tests.servers.hopframe.server import HopFrame

ROUTES = Routes("/api/v1/groups")


@ROUTES.on("GET", "")
def index(hop: "HopFrame", request: Request) -> Answer:
    need(hop, request, "groups.read")
    return ok([show_group(group) for group in hop.groups.values()])


@ROUTES.on("GET", "/default")
def default(hop: "HopFrame", request: Request) -> Answer:
    need(hop, request, "groups.read")
    return ok([show_group(group) for group in hop.groups.values() if group.is_default])


@ROUTES.on("GET", "/user/{id}")
def of_user(hop: "HopFrame", request: Request, number: str) -> Answer:
    """Those groups that are there; a name that is no group any more shows with the user only."""
    need(hop, request, "groups.read")
    held = {one.name for one in users.found(hop, request, number).permissions}
    return ok([show_group(group) for group in hop.groups.values() if group.name in held])


@ROUTES.on("GET", "/{name}")
def view(hop: "HopFrame", request: Request, name: str) -> Answer:
    need(hop, request, "groups.read")
    group = hop.groups.get(name)
    return ok(show_group(group)) if group else said(request, 404, "That group does not exist")


@ROUTES.on("POST", "")
def create(hop: "HopFrame", request: Request) -> Answer:
    sent = _model(body(request))
    need(hop, request, "groups.create")
    name = str(sent["name"])
    if not name.startswith("group."):
        return said(request, 400, "Group names must start with 'group.'")
    if name in hop.groups:
        return said(request, 409, "That group already exists")
    told = sent.get("permissions") or []
    names = [str(permissions.lower(one)["permissionname"]) for one in told]
    held = [Permission(hop.next_id(), one, hop.now()) for one in names]
    group = Group(name, sent.get("description"), _default(sent), hop.now(), held)
    hop.groups[name] = group
    return ok(show_group(group))


@ROUTES.on("PUT", "")
def update(hop: "HopFrame", request: Request) -> Answer:
    """By the name in the body, which cannot change. The answer is what was sent."""
    sent = _model(body(request))
    need(hop, request, "groups.update")
    group = hop.groups.get(str(sent["name"]))
    if group is None:  # in these words
        return said(request, 404, "That user does not exist")
    group.permissions = permissions.replaced(hop, group.permissions, sent)
    group.description, group.is_default = sent.get("description"), _default(sent)
    told = {
        "name": group.name,
        "isDefaultGroup": group.is_default,
        "description": group.description,
    }
    told["createdAt"] = sent.get("createdat", "0001-01-01T00:00:00")
    return ok({**told, "permissions": sent["permissions"]})


@ROUTES.on("DELETE", "/{name}")
def delete(hop: "HopFrame", request: Request, name: str) -> Answer:
    """Whoever was in it goes on holding its name."""
    need(hop, request, "groups.delete")
    if name not in hop.groups:
        return said(request, 404, "That group does not exist")
    del hop.groups[name]
    return ok()


def _model(sent: Sent) -> Sent:
    texts(sent, ["name", "description", "createdat"])
    if type(sent.get("isdefaultgroup", False)) is not bool:
        raise invalid({"$.isDefaultGroup": ["The JSON value could not be converted."]})
    if errors := limits(sent, {"name": 50}, {"description": 500}):
        raise invalid(errors)
    permissions.checked(sent)
    return sent


def _default(sent: Sent) -> bool:
    return sent.get("isdefaultgroup", False) is True
