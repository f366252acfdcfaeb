"""A SCIM server made by hand, from RFC 7643, RFC 7644 and RFC 9865: right, unless a test says otherwise.

Everything that it can do wrongly is a field of `Ways`, or an `Answer` given for a moment.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.servers import web
from tests.servers.scim_patch import NoTargetError, patch

TOKEN = "made-up-token"
_BASE = "/scim/v2"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What is said instead; `effect` is whether the server did what it was asked, `cut` whether it
    says nothing at all."""

    status: int = 500
    body: Any = None
    effect: bool = False
    cut: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Ways:
    """How the server is. `between` is called after each page of a list, with how many there were."""

    config: dict[str, Any] = field(default_factory=lambda: {"patch": {"supported": True}})
    types: Any = None
    schemas: Any = None
    most: int = 50
    filters: bool = False
    versions: bool = False
    patch_status: int = 204
    by_cursor: bool = False
    expire: set[int] = field(default_factory=set)
    stuck: bool = False
    total: Callable[[int], int | None] = lambda there: there
    between: Callable[[int], None] = lambda _page: None
    me: str | None = None
    body_on_create: bool = True


class FakeScim(web.WebServer):
    """`url` is the base of SCIM. Of `asked`, there is all that reached the server's code."""

    def __init__(self, ways: Ways | None = None) -> None:
        super().__init__()
        self.ways = ways or Ways()
        self.kept: dict[str, dict[str, dict[str, Any]]] = {"Users": {}, "Groups": {}}
        self.asked: list[Asked] = []
        self.instead: list[tuple[str, str, Answer]] = []
        self._pages = self._count = 0

    @property
    def url(self) -> str:
        return f"{super().url}{_BASE}"

    def once(self, method: str, path: str, answer: Answer) -> None:
        """The next such call is answered so."""
        self.instead.append((method, path, answer))

    def put(self, kind: str = "Users", **resource: Any) -> str:
        """Another program stores something; returns its id."""
        self._count += 1
        id_ = resource.pop("id", f"{kind[0].lower()}{self._count}")
        self.kept[kind][id_] = {"id": id_, **resource}
        self._touch(kind, id_)
        return id_

    def fill(self, count: int) -> list[str]:
        return [self.put(userName=f"user{number}", active=True) for number in range(count)]

    def change(self, kind: str, id_: str, **values: Any) -> None:
        """Another program changes something."""
        self.kept[kind][id_].update(values)
        self._touch(kind, id_)

    def lines(self, *methods: str) -> list[str]:
        """Lines of what was asked, without what is asked of the server itself."""
        own = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Me")
        return [
            f"{one.method} {one.path}"
            for one in self.asked
            if one.path not in own and (not methods or one.method in methods)
        ]

    def bodies(self, method: str) -> list[Any]:
        return [one.body for one in self.asked if one.method == method]

    def handle(self, request: web.Request) -> web.Answer:
        path = unquote(request.path.removeprefix(_BASE))
        body = request.json() if request.body else None
        asked = Asked(request.method, path, request.query, dict(request.headers), body)
        self.asked.append(asked)
        told = self._instead_of(asked)
        if told.cut:
            raise web.Dropped
        content = b"" if told.body is None else json.dumps(told.body).encode()
        return web.answer(told.status, content, "application/scim+json", **told.headers)

    def _instead_of(self, asked: Asked) -> Answer:
        for found in self.instead:
            if found[0] == asked.method and asked.path.startswith(found[1]):
                self.instead.remove(found)
                if found[2].effect:
                    self._told(asked)
                return found[2]
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "who is this?")
        return self._told(asked)

    def _told(self, asked: Asked) -> Answer:
        told = {
            "/ServiceProviderConfig": self.ways.config,
            "/ResourceTypes": self.ways.types,
            "/Schemas": self.ways.schemas,
        }
        if asked.path in told:
            found = told[asked.path]
            return Answer(200, found) if found is not None else _error(404, "not told")
        if asked.path == "/Me":
            me = self.kept["Users"].get(self.ways.me or "")
            return Answer(200, me) if me else _error(501, "nobody")
        return self._of_kind(*asked.path.strip("/").partition("/")[::2], asked)

    def _of_kind(self, kind: str, id_: str, asked: Asked) -> Answer:
        if kind not in self.kept:
            return _error(404, "no such path")
        if not id_:
            return self._list(kind, asked) if asked.method == "GET" else self._create(kind, asked)
        if id_ not in self.kept[kind]:
            return _error(404, f"there is no {id_}")
        wanted = asked.headers.get("if-match")
        if wanted and wanted != self.kept[kind][id_].get("meta", {}).get("version"):
            return _error(412, "it has another version")
        return getattr(self, f"_{asked.method.lower()}")(kind, id_, asked)

    def _get(self, kind: str, id_: str, _asked: Asked) -> Answer:
        return Answer(200, self.kept[kind][id_])

    def _create(self, kind: str, asked: Asked) -> Answer:
        name = "userName" if kind == "Users" else "displayName"
        if self._taken(kind, "", asked.body.get(name), name):
            return _error(409, "taken", "uniqueness")
        id_ = self.put(kind, **copy.deepcopy(asked.body))
        headers = {"Location": f"{self.url}/{kind}/{id_}"}
        return Answer(
            201, self.kept[kind][id_] if self.ways.body_on_create else None, headers=headers
        )

    def _put(self, kind: str, id_: str, asked: Asked) -> Answer:
        self.kept[kind][id_] = {**copy.deepcopy(asked.body), "id": id_}
        self._touch(kind, id_)
        return Answer(200, self.kept[kind][id_])

    def _patch(self, kind: str, id_: str, asked: Asked) -> Answer:
        if not self.ways.config.get("patch", {}).get("supported"):
            return _error(501, "no PATCH here")
        try:
            changed = patch(self.kept[kind][id_], asked.body["Operations"])
        except NoTargetError:
            return _error(400, "nothing is there", "noTarget")
        if self._taken(kind, id_, changed.get("userName"), "userName"):
            return _error(409, "taken", "uniqueness")
        self.kept[kind][id_] = changed
        self._touch(kind, id_)
        status = self.ways.patch_status
        return Answer(status, changed if status == 200 else None)

    def _delete(self, kind: str, id_: str, _asked: Asked) -> Answer:
        del self.kept[kind][id_]
        return Answer(204)

    def _list(self, kind: str, asked: Asked) -> Answer:
        everything = list(self.kept[kind].values())
        if self.ways.filters and (wanted := asked.query.get("filter")):
            name = json.loads(wanted.partition(" eq ")[2])
            everything = [one for one in everything if one["userName"].lower() == name.lower()]
        count = min(self.ways.most, int(asked.query.get("count", self.ways.most)))
        page: dict[str, Any] = {"schemas": [LIST], "itemsPerPage": count}
        cursor = asked.query.get("cursor")
        if self.ways.by_cursor:
            if cursor and int(cursor) in self.ways.expire:
                self.ways.expire.remove(int(cursor))
                return _error(400, "too late", "expiredCursor")
            start = int(cursor or 0)
            if start + count < len(everything):
                page["nextCursor"] = str(start if self.ways.stuck else start + count)
        else:
            start = 0 if self.ways.stuck else int(asked.query.get("startIndex", 1)) - 1
            page["startIndex"] = start + 1
        total = self.ways.total(len(everything))
        page |= {"totalResults": total} if total is not None else {}
        page["Resources"] = copy.deepcopy(everything[start : start + count])
        self._pages += 1
        self.ways.between(self._pages)
        return Answer(200, page)

    def _taken(self, kind: str, id_: str, name: Any, attribute: str) -> bool:
        return bool(name) and any(
            one["id"] != id_ and str(one.get(attribute, "")).lower() == name.lower()
            for one in self.kept[kind].values()
        )

    def _touch(self, kind: str, id_: str) -> None:
        self._count += 1
        version = {"version": f'W/"{self._count}"'} if self.ways.versions else {}
        self.kept[kind][id_]["meta"] = {"resourceType": kind[:-1], **version}


def _error(status: int, why: str, kind: str = "") -> Answer:
    told = {"schemas": [ERROR], "status": str(status), "detail": why}
    return Answer(status, told | ({"scimType": kind} if kind else {}))
