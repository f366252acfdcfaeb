"""Users by SCIM (Integrating with SCIM): by themselves, never as a list, and always active."""

import re
from typing import TYPE_CHECKING

from tests.servers.huddle.errors import body, fail, forbidden, not_found
from tests.servers.huddle.store import User
from tests.servers.web import Answer, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes("/people/companies/{cid}/users")
_KIND = "application/scim+json"
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_FILTER = re.compile(r'username eq "([^"]+)"', re.IGNORECASE)
Sent = dict[str, object]


def _need(huddle: "Huddle", request: Request, number: str) -> None:
    if number != str(huddle.company):
        raise forbidden("Actor is not in company")
    if not request.caller.client.provisions:
        raise forbidden("Actor does not have provisioning permissions")


def _found(huddle: "Huddle", guid: str) -> User:
    for user in huddle.users.values():
        if user.guid == guid and user.provisioned:
            return user
    raise not_found("SCIM user")


def _location(huddle: "Huddle", user: User) -> str:
    return f"{huddle.url}/people/companies/{huddle.company}/users/{user.guid}"


def show(huddle: "Huddle", user: User) -> dict[str, object]:
    name = {"familyName": user.last_name, "givenName": user.first_name}
    shown = {
        "schemas": [_SCHEMA],
        "id": user.guid,
        "userName": user.email,
        "name": {part: value for part, value in name.items() if value is not None},
        "phoneNumbers": [{"value": user.phone}] if user.phone else None,
        "title": user.role,
        "preferredLanguage": user.locale,
        "timezone": user.timezone,
        "meta": {"location": _location(huddle, user)},
    }
    return {part: value for part, value in shown.items() if value is not None}


def _answered(huddle: "Huddle", user: User, status: int = 200) -> Answer:
    return answer(status, show(huddle, user), _KIND, Location=_location(huddle, user))


@ROUTES.on("GET", "")
def query(huddle: "Huddle", request: Request, number: str) -> Answer:
    """By the user name, and by `eq`; anything else, and nothing, is a 400."""
    _need(huddle, request, number)
    asked = _FILTER.fullmatch(request.query.get("filter", "").strip())
    if asked is None:
        raise fail(400, "BadRequest", "Request is invalid")
    _need_domain(huddle, asked[1])
    user = huddle.find(asked[1])
    found = [show(huddle, user)] if user and user.provisioned else []
    return answer(200, {"schemas": [_LIST], "totalResults": len(found), "Resources": found}, _KIND)


@ROUTES.on("POST", "")
def create(huddle: "Huddle", request: Request, number: str) -> Answer:
    _need(huddle, request, number)
    sent = _checked(huddle, request)
    if huddle.find(str(sent["userName"])):
        raise fail(409, "Conflict", "Provisioned user already exists")
    user = User(huddle.next_id("user"), "")
    _write(user, sent)
    huddle.users[user.id] = user
    request.midway()
    huddle.join(user, huddle.company)
    return _answered(huddle, user, 201)


@ROUTES.on("GET", "/{guid}")
def view(huddle: "Huddle", request: Request, number: str, guid: str) -> Answer:
    _need(huddle, request, number)
    return _answered(huddle, _found(huddle, guid))


@ROUTES.on("PUT", "/{guid}")
def replace(huddle: "Huddle", request: Request, number: str, guid: str) -> Answer:
    _need(huddle, request, number)
    user, sent = _found(huddle, guid), _checked(huddle, request)
    if sent.get("id") != guid:
        raise fail(400, "BadRequest", "SCIM id in url does not match id in request")
    if huddle.member_of(user) is None:
        raise not_found("member")
    if huddle.find(str(sent["userName"])) not in (None, user):
        raise fail(409, "Conflict", "The new requested username (email) is already in use")
    _write(user, sent)
    return _answered(huddle, user)


@ROUTES.on("DELETE", "/{guid}")
def delete(huddle: "Huddle", request: Request, number: str, guid: str) -> Answer:
    """The account, and the member with it."""
    _need(huddle, request, number)
    user = _found(huddle, guid)
    _need_domain(huddle, user.email)
    if member := huddle.member_of(user):
        huddle.remove_member(member)
    for team in huddle.teams.values():
        team.members.discard(user.id)
    del huddle.users[user.id]
    huddle.deleted.add(user.id)
    return answer(204)


def _need_domain(huddle: "Huddle", email: str) -> None:
    if huddle.domains is not None and email.rpartition("@")[2].lower() not in huddle.domains:
        raise forbidden("Email domain of provisioned user is not authorized for company")


def _checked(huddle: "Huddle", request: Request) -> Sent:
    sent = body(request)
    name = sent.get("userName")
    if request.kind not in (_KIND, "application/json") or _SCHEMA not in (
        sent.get("schemas") or []
    ):
        raise fail(400, "BadRequest", "Request is invalid")
    if not isinstance(name, str) or "@" not in name or not isinstance(sent.get("name"), dict):
        raise fail(400, "BadRequest", "Request is invalid")
    _need_domain(huddle, name)
    return sent


def _write(user: User, sent: Sent) -> None:
    """All of it, and no `active`: nobody is suspended in this way."""
    name, phones = sent["name"], sent.get("phoneNumbers") or [{}]
    user.email = str(sent["userName"])
    user.first_name, user.last_name = name.get("givenName"), name.get("familyName")
    user.phone, user.role = phones[0].get("value"), sent.get("title")
    user.locale, user.timezone = sent.get("preferredLanguage"), sent.get("timezone")
