"""Members of a company (Members, Member, CompanyManagers, BulkProcess)."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.servers.huddle.auth import need_manager
from tests.servers.huddle.errors import body, data, fail, not_found
from tests.servers.huddle.store import Member, http_date, iso_date, link
from tests.servers.web import Answer, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes("/people/companies/{cid}")
Shown = dict[str, object]
MANAGERS = 100_000
"""A manager's number is the member's and this one: again another name."""


def company(huddle: "Huddle", request: Request, number: str) -> int:
    """The company, whose manager the caller is."""
    if number != str(huddle.company):
        raise not_found("company")
    need_manager(huddle, request, huddle.company)
    return huddle.company


def _found(huddle: "Huddle", number: str) -> Member:
    member = huddle.members.get(int(number)) if number.isdecimal() else None
    if member is None:
        raise not_found("member")
    return member


def show(huddle: "Huddle", member: Member) -> Shown:
    """Whether somebody is suspended stands in none of it."""
    user, base = huddle.users[member.user], f"/people/companies/{member.company}"
    path = f"{base}/members/{member.id}"
    hrefs = {"self": path, "edit": f"{path}/edit", "delete": path, "company": base}
    hrefs |= {"user": f"/users/{user.id}", "avatar": f"/files/users/{user.id}/avatar"}
    hrefs |= {"profile": f"{path}/profile"}
    if member.manager:
        hrefs["companyManager"] = f"{base}/managers/{member.id + MANAGERS}"
    date = iso_date if huddle.iso_dates else http_date
    shown: Shown = {
        "links": [link(rel, huddle.href(href)) for rel, href in hrefs.items()],
        "firstName": user.first_name,
        "lastName": user.last_name,
        "displayName": user.display_name,
        "emailAddress": user.email,
        "role": user.role,
        "internal": member.internal,
        "companyManager": member.manager,
        "lastLoginDate": None if user.last_login is None else date(user.last_login),
    }
    return {name: value for name, value in shown.items() if value is not None}


@ROUTES.on("GET", "/members")
def index(huddle: "Huddle", request: Request, number: str) -> Answer:
    """Ordered by a name that two may have, and that anybody may change between two pages."""
    at = company(huddle, request, number)
    rows = [one for one in huddle.members.values() if one.company == at]
    total = len(rows)
    rows = [one for one in rows if matches(huddle, one, request.query.get("q", ""))]
    rows = _ordered(huddle, request, rows)
    return paged(huddle, request, [show(huddle, one) for one in rows], total)


def matches(huddle: "Huddle", member: Member, query: str) -> bool:
    """Commas are between phrases, of which one must fit; of its words all must."""
    user = huddle.users[member.user]
    words = (user.first_name, user.last_name, user.display_name, user.email, user.role)
    text = " ".join(word for word in words if word).lower()
    phrases = [one.split() for one in query.lower().split(",") if one.strip()]
    return not phrases or any(all(word in text for word in phrase) for phrase in phrases)


def _ordered(huddle: "Huddle", request: Request, rows: list[Member]) -> list[Member]:
    field, _, way = request.query.get("sort", "displayname").partition(":")
    keys = {
        "displayname": lambda one: huddle.users[one.user].display_name.lower(),
        "lastlogindate": lambda one: huddle.users[one.user].last_login or 0.0,
    }
    if field not in keys or way not in ("", "asc", "desc"):
        raise fail(400, "Validation", "Specified field is not available for sorting")
    return sorted(rows, key=keys[field], reverse=way == "desc")


def paged(huddle: "Huddle", request: Request, rows: list[Shown], total: int) -> Answer:
    """A page after the last is not there; one before the first is no page."""
    told = request.query.get("page", "1")
    page = int(told) if re.fullmatch(r"-?\d+", told) else 0
    last = max(-(-len(rows) // huddle.page_size), 1)
    if page < 1:
        raise fail(400, "Validation", "Requested page is invalid")
    if page > last:
        raise not_found("page")
    wanted = {"first": 1, "prev": page - 1, "next": page + 1, "last": last} if last > 1 else {}
    links = [link("self", huddle.href(request.target))]
    for rel, number in wanted.items():
        if 1 <= number <= last:
            query = urlencode({**request.query, "page": number})
            links.append(link(rel, huddle.href(f"{request.path}?{query}")))
    start = (page - 1) * huddle.page_size
    shown = rows[start : start + huddle.page_size]
    counts = {"filteredMembers": len(rows), "totalMembers": total}
    return data({"links": links, "members": shown, **counts})


@ROUTES.on("GET", "/members/{id}")
def view(huddle: "Huddle", request: Request, number: str, member: str) -> Answer:
    company(huddle, request, number)
    return data(show(huddle, _found(huddle, member)))


@ROUTES.on("DELETE", "/members/{id}")
def delete(huddle: "Huddle", request: Request, number: str, member: str) -> Answer:
    """From the company: the account is as it was."""
    company(huddle, request, number)
    huddle.remove_member(_found(huddle, member))
    return answer(204)


@ROUTES.on("POST", "/bulkdelete")
def bulk_delete(huddle: "Huddle", request: Request, number: str) -> Answer:
    """All of them or none. Who was deleted before is a success."""
    company(huddle, request, number)
    told = body(request).get("links")
    found = [_linked(one) for one in told] if isinstance(told, list) else [None]
    if any(one not in huddle.members and one not in huddle.gone for one in found):
        raise fail(400, "BadRequest", "Member does not exist")
    for one in found:
        if one in huddle.members:
            huddle.remove_member(huddle.members[one])
    return answer(204)


@ROUTES.on("POST", "/managers")
def make_manager(huddle: "Huddle", request: Request, number: str) -> Answer:
    """201 for who is one already, too; 400 for who is no member."""
    at = company(huddle, request, number)
    member = huddle.members.get(_linked(body(request)) or 0)
    if member is None:
        raise fail(400, "BadRequest", "Member does not exist")
    member.manager = True
    path = f"/people/companies/{at}/managers/{member.id + MANAGERS}"
    return data(None, 201, Location=huddle.href(path))


@ROUTES.on("DELETE", "/managers/{id}")
def unmake_manager(huddle: "Huddle", request: Request, number: str, manager: str) -> Answer:
    company(huddle, request, number)
    wanted = int(manager) - MANAGERS if manager.isdecimal() else 0
    member = huddle.members.get(wanted)
    if member is None or not member.manager:
        raise not_found("manager")
    member.manager = False
    return answer(204)


def _linked(one: object) -> int | None:
    """The number in a link to a member."""
    if not isinstance(one, dict) or one.get("rel") != "member":
        return None
    found = re.search(r"/people/companies/\d+/members/(\d+)$", str(one.get("href")))
    return int(found[1]) if found else None
