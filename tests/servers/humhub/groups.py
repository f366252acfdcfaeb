"""Groups and their members (controllers/user/GroupController.php, user/models/Group.php)."""

from copy import copy
from typing import TYPE_CHECKING

from tests.servers.humhub import store, users
from tests.servers.humhub.auth import body, need, told
from tests.servers.humhub.rules import Errors, Judged
from tests.servers.humhub.store import Group
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.humhub.server import HumHub

ROUTES = Routes("/api/v1/user/group")


def _found(hub: "HumHub", number: str) -> Group:
    group = hub.groups.get(int(number)) if number.isdecimal() else None
    if group is None:
        raise Answered(told(404, "Group not found!"))
    return group


@ROUTES.on("GET", "")
def index(hub: "HumHub", request: Request) -> Answer:
    need(hub, request, "ManageGroups")
    return hub.page(request, [*hub.groups.values()], store.group)


@ROUTES.on("POST", "")
def create(hub: "HumHub", request: Request) -> Answer:
    """A name is neither required nor unique; what is invalid is an error of the server."""
    need(hub, request, "ManageGroups")
    group = Group(0, None)
    if _load(group, body(request)):
        return told(500, "Internal error while save group!")
    group.id = hub.next_id("group")
    _keep(hub, group, body(request))
    return answer(200, store.group(group))


@ROUTES.on("GET", "/{id}")
def view(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageGroups")
    return answer(200, store.group(_found(hub, number)))


@ROUTES.on("PUT PATCH", "/{id}")
def update(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageGroups")
    before = _found(hub, number)
    group = copy(before)
    if wrong := _load(group, body(request)):
        return told(422, "Validation failed", group=wrong)
    vars(before).update(vars(group))
    _keep(hub, before, body(request))
    return answer(200, store.group(before))


@ROUTES.on("DELETE", "/{id}")
def delete(hub: "HumHub", request: Request, number: str) -> Answer:
    """Any group, the administrators' too. Who is in no other one is put into the default group."""
    need(hub, request, "ManageGroups")
    gone = _found(hub, number)
    del hub.groups[gone.id]
    placed = {user for group in hub.groups.values() for user in group.members}
    if hub.default_group in hub.groups:
        for user in gone.members.keys() - placed:
            hub.groups[hub.default_group].members[user] = False
    return told(200, "Group successfully deleted!")


def _load(group: Group, sent: dict[str, object]) -> Errors:
    """`show_at_directory` and `space_id` are no safe attributes: they are passed over."""
    found = Judged("en")
    for name, most in (("name", 120), ("description", 65535)):
        if name in sent and (sent[name] is None or found.text(name, sent[name], 0, most)):
            setattr(group, name, sent[name])
    if "sort_order" in sent:
        if str(sent["sort_order"]).isdecimal():
            group.sort_order = int(sent["sort_order"])
        else:
            found.wrong("sort_order", "{} must be an integer.")
    if "show_at_registration" in sent:
        group.show_at_registration = int(bool(sent["show_at_registration"]))
    return found.errors


def _keep(hub: "HumHub", group: Group, sent: dict[str, object]) -> None:
    hub.groups[group.id] = group
    if sent.get("is_default_group"):  # it moves, for everybody who comes from now on
        hub.default_group = group.id


@ROUTES.on("GET", "/{id}/member")
def members(hub: "HumHub", request: Request, number: str) -> Answer:
    """Of a group that is not there: none, and no word of it."""
    need(hub, request, "ManageGroups")
    group = hub.groups.get(int(number)) if number.isdecimal() else None
    rows = [hub.users[user] for user in group.members] if group else []
    return hub.page(request, rows, lambda user: store.short(user, hub.url))


@ROUTES.on("PUT", "/{id}/member")
def add(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageGroups")
    group = _found(hub, number)
    user = users.found(hub, request.query.get("userId", ""))
    if user.id in group.members:
        return told(400, "User is already a member of the group!")
    # PHP's empty(): "false" is a text like any other, and makes a manager.
    group.members[user.id] = request.query.get("isManager", "") not in ("", "0")
    hub.mails.append((user.id, f"You were added to {group.name}"))
    return told(200, "Member added!")


@ROUTES.on("DELETE", "/{id}/member")
def remove(hub: "HumHub", request: Request, number: str) -> Answer:
    need(hub, request, "ManageGroups")
    group = _found(hub, number)
    user = users.found(hub, request.query.get("userId", ""))
    if user.id not in group.members:
        return told(400, "User is not a member of the group!")
    del group.members[user.id]
    return told(200, "Member removed!")
