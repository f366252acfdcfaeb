"""Companies, and the export of their members (Company, Member Export)."""

import csv
import io
import uuid
from typing import TYPE_CHECKING

from tests.servers.huddle.auth import manages
from tests.servers.huddle.errors import data, not_found
from tests.servers.huddle.members import company
from tests.servers.huddle.store import User, iso_date, link
from tests.servers.web import Answer, Answered, Request, Routes, answer

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes("/people/companies")

_RELATIONS = {
    "self": "",
    "members": "/members",
    "members-search": "/members/search",
    "members-export": "/members/export",
    "workspaces": "/workspaces",
    "managers": "/managers",
    "bulk-delete": "/bulkdelete",
}
_COLUMNS = ["FirstName", "LastName", "Email", "Role", "LastLoginDate", "IsCompanyManager", "Status"]


def _shown(huddle: "Huddle") -> dict[str, object]:
    base = f"/people/companies/{huddle.company}"
    links = [link(rel, huddle.href(base + path)) for rel, path in _RELATIONS.items()]
    return {"links": links, "name": "Huddle"}


@ROUTES.on("GET", "")
def index(huddle: "Huddle", request: Request) -> Answer:
    """Those that one manages."""
    mine = [_shown(huddle)] if manages(huddle, request, huddle.company) else []
    return data({"links": [link("self", huddle.href(request.path))], "companies": mine})


@ROUTES.on("GET", "/{cid}")
def view(huddle: "Huddle", _request: Request, number: str) -> Answer:
    if number != str(huddle.company):
        raise not_found("company")
    return data(_shown(huddle))


@ROUTES.on("POST", "/{cid}/members/export")
def export(huddle: "Huddle", request: Request, number: str) -> Answer:
    """Made by and by, and for companies of less than ten thousand only."""
    at = company(huddle, request, number)
    if len(huddle.members) >= huddle.export_limit:
        raise Answered(data({"errors": ["MemberLimitExceeded"]}, 403))
    made = str(uuid.uuid4())
    huddle.exports[made] = huddle.now() + huddle.job_seconds
    path = huddle.href(f"/people/companies/{at}/members/export/{made}")
    told = {"links": [link("self", path)], "status": "InProgress"}
    return data(told, 202, Link=f'<{path}>;rel="progress"')


def _finished(huddle: "Huddle", name: str) -> bool:
    if name not in huddle.exports:
        raise not_found("progress")
    return huddle.exports[name] <= huddle.now()


@ROUTES.on("GET", "/{cid}/members/export/{id}")
def progress(huddle: "Huddle", request: Request, number: str, name: str) -> Answer:
    """200 each time: how it stands is in the body."""
    company(huddle, request, number)
    links, path = [link("self", huddle.href(request.path))], huddle.href(f"{request.path}/content")
    if not _finished(huddle, name):
        return data({"links": links, "status": "InProgress"})
    links.append(link("content", path))
    return data({"links": links, "status": "Finished"}, Link=f'<{path}>;rel="content"')


@ROUTES.on("GET", "/{cid}/members/export/{id}/content")
def content(huddle: "Huddle", request: Request, number: str, name: str) -> Answer:
    """The only list that tells who is suspended; it has no ids."""
    at = company(huddle, request, number)
    if not _finished(huddle, name):
        raise not_found("content")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for member in huddle.members.values():
        if member.company == at:
            writer.writerow(_row(huddle.users[member.user], member.manager))
    return answer(200, text.getvalue().encode(), "text/csv")


def _row(user: User, manager: bool) -> list[str | None]:
    last = "" if user.last_login is None else iso_date(user.last_login)
    words = ("Yes" if manager else "No", "Active" if user.active else "Inactive")
    return [user.first_name, user.last_name, user.email, user.role, last, *words]
