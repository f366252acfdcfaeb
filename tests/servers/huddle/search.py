"""Searches for members: snapshots, that can be paged while the company moves on (Members)."""

import uuid
from typing import TYPE_CHECKING

from tests.servers.huddle.errors import data, not_found
from tests.servers.huddle.members import company, matches, paged, show
from tests.servers.huddle.store import http_date, link
from tests.servers.web import Answer, Request, Routes

if TYPE_CHECKING:
    from tests.servers.huddle.server import Huddle

ROUTES = Routes("/people/companies/{cid}/members/search")


@ROUTES.on("POST", "")
def create(huddle: "Huddle", request: Request, number: str) -> Answer:
    at, query = company(huddle, request, number), request.form().get("q", "")
    found = [
        show(huddle, one)
        for one in huddle.members.values()
        if one.company == at and matches(huddle, one, query)
    ]
    for one in found:  # these have no link to their user, as the page shows them
        one["links"] = [each for each in one["links"] if each["rel"] != "user"]
    made = str(uuid.uuid4())
    huddle.searches[made] = sorted(found, key=lambda one: str(one["displayName"]).lower())
    path = huddle.href(f"{request.path}/{made}")
    return data({"links": [link("self", path)], "query": query}, 201, Location=path)


@ROUTES.on("GET", "/{id}")
def view(huddle: "Huddle", request: Request, number: str, name: str) -> Answer:
    company(huddle, request, number)
    if name not in huddle.searches:
        raise not_found("search")
    rows = huddle.searches[name]
    made = paged(huddle, request, rows, len(rows))
    return type(made)(
        made.status, made.body, {**made.headers, "Expires": http_date(huddle.now() + 3600)}
    )
