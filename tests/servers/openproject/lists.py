"""Collections: filters, orders and pages (lib/api/decorators, lib/api/utilities, app/models/queries)."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from tests.servers.openproject.errors import hal, invalid_query
from tests.servers.openproject.store import Group, User
from tests.servers.web import Answer, Request

if TYPE_CHECKING:
    from tests.servers.openproject.server import OpenProject

T = TypeVar("T", User, Group)
Shown = dict[str, object]

STATUSES = frozenset({"active", "registered", "locked", "invited"})


def _parameter(request: Request, name: str) -> list[object]:
    try:
        found = json.loads(request.query.get(name) or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise invalid_query(f"The parameter {name} is not valid JSON.")
    return found


def ordered(
    request: Request, rows: Iterable[T], columns: dict[str, Callable[[T], object]], newest: bool
) -> list[T]:
    """By `sortBy`; whatever that leaves open is by the id, newest first where `newest`."""
    found = sorted(rows, key=lambda row: row.id, reverse=newest)
    for order in reversed(_parameter(request, "sortBy")):
        column, way = [*order, "asc"][:2] if isinstance(order, list) and order else ("", "asc")
        if column not in columns or way not in ("asc", "desc"):
            raise invalid_query("Unknown sort column.")
        found.sort(key=columns[column], reverse=way == "desc")
    return found


def filtered(project: "OpenProject", request: Request, rows: Iterable[User]) -> list[User]:
    """By all of `filters`: status, group, name and login, as users.yml names them."""
    found = [*rows]
    for one in _parameter(request, "filters"):
        try:
            ((name, wanted),) = one.items()
            operator, values = wanted["operator"], [str(value) for value in wanted["values"]]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise invalid_query("A filter is an object of one name.") from None
        if name not in _FILTERS:
            raise invalid_query(f"{name.capitalize()} filter does not exist.")
        if operator not in (("=", "!", "~", "!~") if name == "name" else ("=", "!")):
            raise invalid_query(f"{name.capitalize()} Operator is not set to one it allows.")
        fits = _FILTERS[name](project, values)
        found = [user for user in found if fits(user) is not operator.startswith("!")]
    return found


def _by_status(_project: "OpenProject", values: list[str]) -> Callable[[User], bool]:
    if not STATUSES.issuperset(values):
        raise invalid_query("Status filter has invalid values.")
    return lambda user: user.status in values


def _by_group(project: "OpenProject", values: list[str]) -> Callable[[User], bool]:
    """By the groups' ids: what users.yml calls their names."""
    if not {str(number) for number in project.groups}.issuperset(values):
        raise invalid_query("Group filter has invalid values.")
    members = {user for number in values for user in project.groups[int(number)].members}
    return lambda user: user.id in members


def _by_name(_project: "OpenProject", values: list[str]) -> Callable[[User], bool]:
    wanted = [value.lower() for value in values]
    return lambda user: any(one in f"{user.name} {user.email}".lower() for one in wanted)


def _by_login(_project: "OpenProject", values: list[str]) -> Callable[[User], bool]:
    return lambda user: user.login in values


_FILTERS = {"status": _by_status, "group": _by_group, "name": _by_name, "login": _by_login}


def _integer(request: Request, name: str, otherwise: int) -> int:
    try:
        return int(request.query[name])
    except (KeyError, ValueError):
        return otherwise


def paged(
    project: "OpenProject", request: Request, rows: Sequence[T], show: Callable[[T], Shown]
) -> Answer:
    """`offset` is the number of the page, from 1."""
    size, page = _integer(request, "pageSize", project.page_size), _integer(request, "offset", 1)
    size = project.max_page_size if size < 0 or size > project.max_page_size else size
    page = max(page, 1)
    taken = rows[(page - 1) * size : page * size]

    def link(offset: object, page_size: object) -> str:
        other = {name: request.query[name] for name in request.query if name in _KEPT}
        query = sorted({**other, "offset": offset, "pageSize": page_size}.items())
        return f"{request.path}?{urlencode(query, safe='{}')}"

    links: Shown = {
        "self": {"href": link(page, size)},
        "jumpTo": {"href": link("{offset}", size), "templated": True},
        "changeSize": {"href": link(page, "{size}"), "templated": True},
    }
    if page > 1:
        links["previousByOffset"] = {"href": link(page - 1, size)}
    if page * size < len(rows):
        links["nextByOffset"] = {"href": link(page + 1, size)}
    made = collection(len(rows), [show(row) for row in taken], links)
    made |= {"pageSize": size, "offset": page}
    return hal(200, selected(made, request.query["select"]) if "select" in request.query else made)


_KEPT = frozenset({"filters", "sortBy", "select"})


def collection(total: int, elements: list[Shown], links: Shown) -> Shown:
    return {
        "_type": "Collection",
        "total": total,
        "count": len(elements),
        "_embedded": {"elements": elements},
        "_links": links,
    }


def selected(made: Shown, select: str) -> Shown:
    """`?select=total,elements/id` is another representer, and gives nothing that was not named."""
    names = {name.strip() for name in select.split(",")}
    inner = {name.removeprefix("elements/") for name in names if name.startswith("elements/")}
    shown = {name: value for name, value in made.items() if name in names}
    if inner:
        elements = [_some(one, inner) for one in made["_embedded"]["elements"]]
        shown["_embedded"] = {"elements": elements}
    return shown | ({"_links": {"self": made["_links"]["self"]}} if "self" in names else {})


def _some(element: Shown, names: set[str]) -> Shown:
    if "*" in names:
        return element
    shown = {name: value for name, value in element.items() if name in names}
    links = {name: value for name, value in element["_links"].items() if name in names}
    return shown | ({"_links": links} if links else {})
