"""The Users API."""

import re
from typing import TYPE_CHECKING

from tests.servers.huddle.auth import manages
from tests.servers.huddle.errors import body, data, fail, field_errors, forbidden, not_found
from tests.servers.huddle.store import FIELDS, User, link, profile
from tests.servers.web import Answer, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes()
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _found(huddle: "Huddle", number: str) -> User:
    user = huddle.users.get(int(number)) if number.isdecimal() else None
    if user is None and number.isdecimal() and int(number) in huddle.deleted:
        raise fail(410, "ObjectDeleted", "The object has been deleted")
    if user is None:
        raise not_found("user")
    return user


def _may_update(huddle: "Huddle", request: Request, user: User) -> bool:
    actor = request.caller
    companies = {one.company for one in huddle.members.values() if one.user == user.id}
    return actor.user is user or any(manages(huddle, request, one) for one in companies or {0})


def _need_update(huddle: "Huddle", request: Request, number: str) -> User:
    user = _found(huddle, number)
    if not _may_update(huddle, request, user):
        raise forbidden("Insufficient permissions to update User")
    return user


def show(huddle: "Huddle", request: Request, user: User) -> dict[str, object]:
    """No id: it stands in the link `self`. What is null is left out, and so is what one may not do."""
    path = f"/users/{user.id}"
    links = [link("self", huddle.href(path))]
    if _may_update(huddle, request, user):
        links.append(link("update", huddle.href(f"{path}/editable")))
        links.append(link("update-status", huddle.href(f"{path}/status")))
    status = "Active" if user.active else huddle.suspended_word
    return {**profile(user), "status": status, "links": links}


@ROUTES.on("GET", "/entry")
def entry(huddle: "Huddle", request: Request) -> Answer:
    user = request.caller.user
    if user is None:
        raise not_found("user")
    return answer(303, None, Location=huddle.href(f"/users/{user.id}"))


@ROUTES.on("GET", "/users/{id}")
def view(huddle: "Huddle", request: Request, number: str) -> Answer:
    return data(show(huddle, request, _found(huddle, number)))


@ROUTES.on("POST", "/users")
def create(huddle: "Huddle", request: Request) -> Answer:
    """For Huddle administrators only. There is no Location."""
    if not request.caller.client.staff:
        raise forbidden("Insufficient permissions to create User")
    sent = body(request)
    wrong = {
        name: "You must provide a value" for name in ("email", "password") if not sent.get(name)
    }
    wrong |= _invalid(sent)
    if wrong:
        raise field_errors("/users", wrong)
    if huddle.find(str(sent["email"])):
        raise fail(409, "Conflict", "Email already in use")
    user = User(huddle.next_id("user"), "")
    _write(user, sent, FIELDS)
    user.password = str(sent["password"])
    huddle.users[user.id] = user
    if huddle.joins is not None:
        huddle.join(user, huddle.joins)
    return data(show(huddle, request, user), 201)


@ROUTES.on("GET", "/users/{id}/editable")
def editable(huddle: "Huddle", request: Request, number: str) -> Answer:
    user = _need_update(huddle, request, number)
    path = f"/users/{user.id}"
    own = huddle.href(f"{path}/editable")
    links = [link("self", own), link("parent", huddle.href(path)), link("update", own)]
    return data({**profile(user), "links": links})


@ROUTES.on("PUT", "/users/{id}/editable")
def update(huddle: "Huddle", request: Request, number: str) -> Answer:
    """The second stage, with the whole of what the first one gave."""
    user = _need_update(huddle, request, number)
    path, sent = f"/users/{user.id}", body(request)
    required = ("firstName", "lastName", "email")
    wrong = {name: "You must provide a value" for name in required if not sent.get(name)}
    wrong |= _invalid(sent)
    if wrong:
        raise field_errors(path, wrong)
    moved = str(sent["email"]).casefold() != user.email.casefold()
    if moved and user.email in huddle.whitelisted:
        told = "Existing email address is part of a workspace whitelist. It cannot be changed."
        raise field_errors(path, {"email": told})
    if moved and huddle.find(str(sent["email"])):
        raise fail(409, "Conflict", "Email already in use")
    before = show(huddle, request, user)
    fields = {
        name: value for name, value in FIELDS.items() if name in sent or huddle.omitted != "kept"
    }
    if not huddle.company_writable:
        fields.pop("company", None)
    _write(user, sent, fields)
    shown = before if huddle.answers_stale else show(huddle, request, user)
    return data(shown, Content_Location=huddle.href(path))


@ROUTES.on("POST", "/users/{id}/status")
def set_status(huddle: "Huddle", request: Request, number: str) -> Answer:
    """In small letters, whereas it is read with a capital."""
    user = _need_update(huddle, request, number)
    wanted = body(request).get("status")
    if wanted not in ("active", "suspended"):
        raise fail(400, "Validation", "Status not recognised")
    user.active = wanted == "active"
    return answer(204, None, Content_Location=huddle.href(f"/users/{user.id}"))


def _invalid(sent: dict[str, object]) -> dict[str, str]:
    wrong = {
        name: "Must be a text"
        for name in FIELDS
        if sent.get(name) is not None and not isinstance(sent[name], str)
    }
    if sent.get("email") and not _EMAIL.fullmatch(str(sent["email"])):
        wrong["email"] = "Must be an email address"
    return wrong


def _write(user: User, sent: dict[str, object], fields: dict[str, str]) -> None:
    for name, attribute in fields.items():
        setattr(user, attribute, sent.get(name) or None)
