"""Users (lib/api/v3/users/users_api.rb)."""

from typing import TYPE_CHECKING

from tests.servers.openproject import contracts
from tests.servers.openproject.auth import body
from tests.servers.openproject.errors import fail, hal, missing_permission, not_found
from tests.servers.openproject.lists import filtered, ordered, paged
from tests.servers.openproject.store import User, show_user
from tests.servers.web import Answer, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

ROUTES = Routes("/api/v3/users")

COLUMNS = {
    "id": lambda user: user.id,
    "name": lambda user: user.name.lower(),
    "login": lambda user: user.login.lower(),
    "status": lambda user: user.status,
}


def found(project: "OpenProject", caller: User, number: str) -> User:
    """By id, or else by login; `me` is the caller. Built-ins are found too."""
    if number == "me":
        return caller
    by_id = int(number) if number.isdecimal() else 0
    user = project.users.get(by_id) or (
        project.anonymous if by_id == project.anonymous.id else None
    )
    user = user or project.find(number)
    if user is None or caller is project.anonymous:
        raise not_found()
    return user


@ROUTES.on("GET", "")
def index(project: "OpenProject", request: Request) -> Answer:
    """Newest first, unless `sortBy` says otherwise: who is created pushes the others down."""
    caller = request.caller
    if not project.may(caller, "manage_user"):
        raise missing_permission("You are not allowed to list users.")
    rows = filtered(project, request, project.users.values())
    rows = ordered(request, rows, COLUMNS, newest=True)
    return paged(project, request, rows, lambda user: show_user(project, user, caller))


@ROUTES.on("POST", "")
def create(project: "OpenProject", request: Request) -> Answer:
    caller = request.caller
    if not project.may(caller, "create_user"):
        raise missing_permission("You are not allowed to create new users.")
    user = contracts.created(project, caller, body(request))
    user.id = project.next_id()
    project.users[user.id] = user
    if user.status == "invited":
        project.mails.append(user.email)
    return hal(201, show_user(project, user, caller))


@ROUTES.on("GET", "/schema")
def schema(project: "OpenProject", _request: Request) -> Answer:
    lengths = {
        "login": project.login_length,
        "firstName": project.name_length,
        "lastName": project.name_length,
        "email": project.mail_length,
    }
    made = {
        name: {
            "type": "String",
            "name": name,
            "required": True,
            "writable": True,
            "maxLength": most,
        }
        for name, most in lengths.items()
    }
    return hal(200, {"_type": "Schema", **made})


@ROUTES.on("GET", "/{id}")
def view(project: "OpenProject", request: Request, number: str) -> Answer:
    return hal(200, show_user(project, found(project, request.caller, number), request.caller))


@ROUTES.on("PATCH", "/{id}")
def update(project: "OpenProject", request: Request, number: str) -> Answer:
    caller = request.caller
    before = found(project, caller, number)
    if before is not caller and not project.may(caller, "manage_user"):
        raise missing_permission("You are not allowed to update the account of this user.")
    if before.admin and not caller.admin:
        raise missing_permission("You are not allowed to update the account of this user.")
    user = contracts.updated(project, caller, before, body(request))
    user.updated_at = project.now()
    vars(before).update(vars(user))
    return hal(200, show_user(project, before, caller))


@ROUTES.on("DELETE", "/{id}")
def delete(project: "OpenProject", request: Request, number: str) -> Answer:
    """The account is locked at once and removed by a job, until when it is listed as locked."""
    user = found(project, request.caller, number)
    if not project.may_delete(request.caller, user):
        raise missing_permission("You are not allowed to delete the account of this user.")
    user.status = "locked"
    if user.deleted_at is None:
        user.deleted_at = project.now() + project.job_seconds
    return answer(202)


@ROUTES.on("POST", "/{id}/lock")
def lock(project: "OpenProject", request: Request, number: str) -> Answer:
    return _transition(project, request, number, "locked")


@ROUTES.on("DELETE", "/{id}/lock")
def unlock(project: "OpenProject", request: Request, number: str) -> Answer:
    return _transition(project, request, number, "active")


def _transition(project: "OpenProject", request: Request, number: str, status: str) -> Answer:
    """Between active and locked only, and without any check: oneself and the last administrator too."""
    user = found(project, request.caller, number)
    if not request.caller.admin:
        raise missing_permission("You are not allowed to lock the account of this user.")
    if user.status not in ("active", "locked"):
        told = "The current user account status does not allow this operation."
        raise fail(400, "InvalidUserStatusTransition", told)
    user.status = status
    return hal(200, show_user(project, user, request.caller))
