"""Users (routes/api/v1/user_*.go, models/user_add_update.go, user_delete.go and users_list.go)."""

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.servers.vikunja.auth import FORM, message, only_admins
from tests.servers.vikunja.store import User, fits, shown
from tests.servers.web import Answer, Answered, Dropped, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.vikunja.server import Vikunja

ROUTES = Routes("/api/v1/users")

_KINDS = {"id": int, "name": str, "username": str, "password": str, "email": str, "isAdmin": bool}


@ROUTES.on("GET", "")
def index(vikunja: "Vikunja", request: Request) -> Answer:
    """All at once. `s` is looked for in names, not in e-mails; what is not found is `null`."""
    only_admins(request)
    like = _like(request.query.get("s", ""))
    rows = [vikunja.seen(user) for user in vikunja.users.values()]
    found = [shown(row) for row in rows if like.search(row.username) or like.search(row.name)]
    # Go writes a slice that nothing was ever put into as null.
    return answer(200, found) if found else answer(200, b"null")


def _like(text: str) -> re.Pattern[str]:
    """SQL's LIKE '%text%', in which % and _ are what they are there."""
    parts = {"%": ".*", "_": "."}
    pattern = "".join(parts.get(letter) or re.escape(letter) for letter in text)
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _number(number: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", number):
        raise Answered(message(400, "User ID is invalid."))
    return int(number)


def _found(vikunja: "Vikunja", number: int) -> User:
    user = vikunja.users.get(number)
    if user is None and vikunja.absent == 404:
        raise Answered(message(404, "The user does not exist."))
    if user is None:
        raise Answered(message(vikunja.absent, "Could not get user."))
    return user


@ROUTES.on("GET", "/{id}")
def view(vikunja: "Vikunja", request: Request, number: str) -> Answer:
    only_admins(request)
    return answer(200, shown(vikunja.seen(_found(vikunja, _number(number)))))


@ROUTES.on("PUT", "")
def put(vikunja: "Vikunja", request: Request) -> Answer:
    """Creates, or, where the body names an id that is there, updates that user: one handler for both."""
    only_admins(request)
    sent = _user(request)
    user = vikunja.users.get(sent.id)
    return _update(vikunja, user, sent) if user else _create(vikunja, sent)


@ROUTES.on("POST", "/{id}")
def post(vikunja: "Vikunja", request: Request, number: str) -> Answer:
    only_admins(request)
    sent = _user(request)
    return _update(vikunja, _found(vikunja, _number(number)), sent)


@ROUTES.on("DELETE", "/{id}")
def delete(vikunja: "Vikunja", request: Request, number: str) -> Answer:
    """Anybody, the caller and the last administrator too, but for the last user of all."""
    only_admins(request)
    user = _found(vikunja, _number(number))
    if len(vikunja.users) < 2:
        return message(400, "Cannot delete last user.")
    del vikunja.users[user.id]
    vikunja.written(user)
    return message(200, "success")


@ROUTES.on("POST", "/{id}/password")
def set_password(vikunja: "Vikunja", request: Request, number: str) -> Answer:
    """Of any length, none too. A refusal is a 401, although the token is good."""
    wanted, doer = _number(number), request.caller
    if doer.id != wanted and (vikunja.own_password_only or not doer.admin):
        return message(401, "Unauthorized")
    sent = _password(request)
    user = _found(vikunja, wanted)
    user.password, user.updated = sent, int(vikunja.now())
    vikunja.written(user)
    return vikunja.hashed(message(200, "The password was updated successfully"))


def _create(vikunja: "Vikunja", sent: User) -> Answer:
    if not sent.username or not sent.password:
        return message(400, "Please specify a username and a password.")
    if _taken(vikunja, "username", sent.username):
        return message(400, "A user with this username already exists.")
    # A look-up by an empty e-mail has no condition at all, and finds whoever is there.
    if _taken(vikunja, "email", sent.email) if sent.email else vikunja.needs_email:
        return message(400, "A user with this email address already exists.")
    if not fits([sent.name, sent.username, sent.email]):
        return vikunja.hashed(message(500, "Error"))
    return vikunja.hashed(answer(200, shown(vikunja.insert(sent))))


def _update(vikunja: "Vikunja", user: User, sent: User) -> Answer:
    """Nothing can be emptied, and a bool never changes: xorm leaves out what is Go's zero, and bools."""
    wanted = {"name": sent.name, "username": sent.username, "email": sent.email}
    new = {field: value for field, value in wanted.items() if value}
    renamed = new.get("username", user.username) != user.username
    # Only the database minds a user name that is another's; nothing minds an e-mail that is.
    if not fits([*new.values()]) or (renamed and _taken(vikunja, "username", sent.username, user)):
        return message(500, "Error")
    vars(user).update(new, updated=int(vikunja.now()))
    vikunja.written(user)
    whole = shown(user)
    some = {name: whole[name] for name in ("id", "name", "created", "updated")}
    return answer(200, whole if vikunja.answers_whole else some)


def _taken(vikunja: "Vikunja", field: str, value: str, but: User | None = None) -> bool:
    """MySQL compares without case."""
    wanted = value.casefold()
    return any(
        getattr(user, field).casefold() == wanted
        for user in vikunja.users.values()
        if user is not but
    )


def _user(request: Request) -> User:
    """JSON, or a form's field `user` that holds JSON."""
    told = request.form().get("user", "") if request.kind == FORM else ""
    if not told and request.kind != "application/json":
        raise Answered(message(400, "No user model provided."))
    try:
        made = json.loads(told or request.body)
    except ValueError as error:
        what = f"Error decoding user: {error}" if told else "No user model provided."
        raise Answered(message(400, what)) from None
    if made is None:  # a nil pointer, and nothing that recovers: the connection ends
        raise Dropped
    if not isinstance(made, dict):
        raise Answered(message(400, "No user model provided."))
    return _decoded(made)


def _decoded(made: dict[str, object]) -> User:
    """Names are found without case, null leaves Go's zero, another kind is an error."""
    given = {name.lower(): value for name, value in made.items() if value is not None}
    known = {name: given[name.lower()] for name in _KINDS if name.lower() in given}
    if any(type(value) is not _KINDS[name] for name, value in known.items()):
        raise Answered(message(400, "No user model provided."))
    user = User(0, "", is_admin=bool(known.pop("isAdmin", False)))
    return replace(user, **known)


def _password(request: Request) -> str:
    if request.kind == FORM:
        return request.form().get("password", "")
    try:
        made = request.json() if request.kind == "application/json" else []
    except ValueError:
        made = []
    if not isinstance(made, dict) or not isinstance(made.get("password", ""), str):
        raise Answered(message(400, "No password provided."))
    return made.get("password", "")
