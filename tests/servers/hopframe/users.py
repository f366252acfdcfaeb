"""Users (UserController.cs, UserLogic.cs, UserRepository.cs)."""

import uuid
from typing import TYPE_CHECKING

from tests.servers.hopframe import permissions
from tests.servers.hopframe.auth import need, one_by
from tests.servers.hopframe.results import Sent, body, fell, invalid, limits, ok, said, texts
from tests.servers.hopframe.store import Permission, User, guid, show_user
from tests.servers.web import Answer, Answered, Request, Routes

if TYPE_CHECKING:
    from tests.servers.hopframe.server import HopFrame

ROUTES = Routes("/api/v1/users")


def _guid(request: Request, number: str) -> str:
    found = guid(number)
    if found is None:
        raise Answered(said(request, 400, "Invalid user id"))
    return found


def found(hop: "HopFrame", request: Request, number: str) -> User:
    user = hop.users.get(_guid(request, number))
    if user is None:
        raise Answered(said(request, 404, "That user does not exist"))
    return user


@ROUTES.on("GET", "")
def index(hop: "HopFrame", request: Request) -> Answer:
    """All at once, in no promised order."""
    need(hop, request, "users.read")
    return ok([show_user(user) for user in hop.users.values()])


def _look_up(hop: "HopFrame", request: Request, field: str, value: str) -> Answer:
    need(hop, request, "users.read")
    user = one_by(hop, field, value)
    return ok(show_user(user)) if user else said(request, 404, "That user does not exist")


@ROUTES.on("GET", "/username/{username}")
def by_username(hop: "HopFrame", request: Request, username: str) -> Answer:
    return _look_up(hop, request, "username", username)


@ROUTES.on("GET", "/email/{email}")
def by_email(hop: "HopFrame", request: Request, email: str) -> Answer:
    return _look_up(hop, request, "email", email)


@ROUTES.on("POST", "")
def create(hop: "HopFrame", request: Request) -> Answer:
    """UserCreator has no rules. Default groups are added to what was asked for, even where they were."""
    sent = body(request)
    texts(sent, ["username", "email", "password"])
    need(hop, request, "users.create")
    for field in ("email", "username"):
        if one_by(hop, field, sent.get(field)):
            return said(request, 409, "That user already exists")
    wanted = sent.get("permissions") or []
    if None in (sent.get("username"), sent.get("email"), sent.get("password")):
        raise fell()
    names = [str(name) for name in wanted] if isinstance(wanted, list) else []
    names += [group.name for group in hop.groups.values() if group.is_default]
    held = [Permission(hop.next_id(), name, hop.now()) for name in names]
    user = User(
        str(uuid.uuid4()), sent["username"], sent["email"], sent["password"], hop.now(), held
    )
    hop.users[user.id] = user
    return ok(show_user(user))


@ROUTES.on("GET", "/{id}")
def view(hop: "HopFrame", request: Request, number: str) -> Answer:
    need(hop, request, "users.read")
    return ok(show_user(found(hop, request, number)))


@ROUTES.on("PUT", "/{id}")
def update(hop: "HopFrame", request: Request, number: str) -> Answer:
    """The whole user. The answer is what was sent, whatever became of it."""
    sent = _model(body(request))
    need(hop, request, "users.update")
    if _guid(request, number) != guid(sent.get("id", uuid.UUID(int=0))):
        return said(request, 409, "Cannot edit user with different user id")
    user = found(hop, request, number)
    held = permissions.replaced(hop, user.permissions, sent)
    if hop.update == "breaks":
        raise fell()
    if hop.update == "logs out":
        hop.tokens = {key: one for key, one in hop.tokens.items() if one.owner != user.id}
    # Nobody asks whether another one has that name or that e-mail.
    user.username, user.email, user.permissions = sent["username"], sent["email"], held
    return ok(_echo(sent))


def _model(sent: Sent) -> Sent:
    """The rules of the model User, which hold here and not where users are created."""
    texts(sent, ["username", "email", "createdat"])
    if "id" in sent and guid(sent["id"]) is None:
        raise invalid({"$.id": ["The JSON value could not be converted to System.Guid."]})
    errors = limits(sent, {"username": 50, "email": 50}, {})
    name, _, host = str(sent.get("email")).partition("@")
    if "Email" not in errors and (not name or not host or "@" in host):
        errors["Email"] = ["The Email field is not a valid e-mail address."]
    if errors:
        raise invalid(errors)
    permissions.checked(sent)
    return sent


def _echo(sent: Sent) -> Sent:
    told = {"id": guid(sent["id"]), "username": sent["username"], "email": sent["email"]}
    told["createdAt"] = sent.get("createdat", "0001-01-01T00:00:00")
    return {**told, "permissions": sent["permissions"]}


@ROUTES.on("DELETE", "/{id}")
def delete(hop: "HopFrame", request: Request, number: str) -> Answer:
    """Anybody, with their permissions and tokens: oneself and the last administrator too."""
    need(hop, request, "users.delete")
    user = found(hop, request, number)
    del hop.users[user.id]
    hop.tokens = {key: one for key, one in hop.tokens.items() if one.owner != user.id}
    return ok()


@ROUTES.on("PUT", "/{id}/password")
def set_password(hop: "HopFrame", request: Request, number: str) -> Answer:
    """Of any length. Oneself is told by the letters of the path: in capitals one is somebody else."""
    sent = body(request)
    texts(sent, ["oldpassword", "newpassword"])
    caller = request.caller.owner
    if number != caller:
        need(hop, request, "users.update")
    user = found(hop, request, number)
    if user.id == caller and user.password != sent.get("oldpassword"):
        return said(request, 409, "Old password is not correct")
    if sent.get("newpassword") is None:
        raise fell()
    user.password = sent["newpassword"]
    return ok()
