"""Teams of a workspace (Teams, Membership, Invitations): one can join by invitation, and not leave."""

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.servers.huddle import members
from tests.servers.huddle.auth import need_manager
from tests.servers.huddle.errors import body, data, fail, not_found
from tests.servers.huddle.store import Team, User, link
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes()
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _workspace(huddle: "Huddle", request: Request, number: str) -> int:
    need_manager(huddle, request, huddle.company)
    if not number.isdecimal() or int(number) not in huddle.workspaces:
        raise not_found("workspace")
    return int(number)


def _path(team: Team) -> str:
    return f"/people/workspaces/{team.workspace}/teams/{team.id}"


@ROUTES.on("GET", "/people/workspaces/{wid}/teams")
def index(huddle: "Huddle", request: Request, number: str) -> Answer:
    """Names with a link each: neither ids nor members."""
    at = _workspace(huddle, request, number)
    shown = [
        {"links": [link("self", huddle.href(_path(team)))], "name": team.name}
        for team in huddle.teams.values()
        if team.workspace == at
    ]
    return data({"links": [link("self", huddle.href(request.path))], "teams": shown})


@ROUTES.on("GET", "/v2/workspaces/{wid}/members")
def people(huddle: "Huddle", request: Request, number: str) -> Answer:
    """An older API, in XML only, and the only one that tells who is in which team."""
    at = _workspace(huddle, request, number)
    teams = [team for team in huddle.teams.values() if team.workspace == at]
    inside = sorted({user for team in teams for user in team.members})
    told = "".join(_person(huddle, huddle.users[user], teams) for user in inside)
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return answer(
        200, f"{head}<WorkspaceMembers>{told}</WorkspaceMembers>".encode(), "application/xml"
    )


def _person(huddle: "Huddle", user: User, teams: list[Team]) -> str:
    mine = "".join(
        f'<Team Id="{team.id}"><DisplayName>{escape(team.name)}</DisplayName></Team>'
        for team in teams
        if user.id in team.members
    )
    names = (
        f"<DisplayName>{escape(user.display_name)}</DisplayName><Email>{escape(user.email)}</Email>"
    )
    return f'<User Id="{user.id}" Uri="{huddle.url}/users/{user.id}">{names}{mine}</User>'


@ROUTES.on("POST", "/people/workspaces/{wid}/invitations")
def invite(huddle: "Huddle", request: Request, number: str) -> Answer:
    """Who is in a company of Huddle's is added at once; who is not gets mail. All of them, or nobody."""
    at, sent = _workspace(huddle, request, number), body(request)
    teams, emails = _teams(huddle, sent, at), [str(one) for one in sent.get("emails") or []]
    if len(str(sent.get("message", ""))) > 2500:
        raise fail(400, "Validation", "Message: Must be between 0 and 2500 characters")
    reasons = {email: _refusal(huddle, request, email) for email in emails}
    if any(reasons.values()):
        wrong = [{"value": email, "reason": reason} for email, reason in reasons.items() if reason]
        raise Answered(data({"links": [], "emails": wrong}, 400))
    return data({"invitations": [_invited(huddle, email, teams) for email in emails]}, 202)


def _teams(huddle: "Huddle", sent: dict[str, object], at: int) -> list[Team]:
    paths = {_path(team): team for team in huddle.teams.values() if team.workspace == at}
    told = [one for one in sent.get("links") or [] if isinstance(one, dict)]
    hrefs = [str(one.get("href")) for one in told if one.get("rel") == "parent"]
    found = [paths.get(href.removeprefix(huddle.url)) for href in hrefs]
    if not found or None in found:
        raise fail(400, "BadRequest", "The team does not exist in the workspace")
    return [team for team in found if team is not None]


def _refusal(huddle: "Huddle", request: Request, email: str) -> str | None:
    own = request.caller.user
    if not _EMAIL.fullmatch(email):
        return "Invalid"
    if own is not None and own.email.casefold() == email.casefold():
        return "SelfInvited"
    domain = email.rpartition("@")[2].lower()
    return "NotInWhitelist" if huddle.domains is not None and domain not in huddle.domains else None


def _invited(huddle: "Huddle", email: str, teams: list[Team]) -> dict[str, object]:
    user = huddle.find(email)
    member = user and huddle.member_of(user)
    if user is None or member is None:
        huddle.mails.append(email)
        return {"email": email, "accepted": False, "member": None}
    for team in teams:
        team.members.add(user.id)
    return {"email": email, "accepted": True, "member": members.show(huddle, member)}
