"""SCIM: the server that is made by hand, and a real one."""

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.scenario.targets.product import NAMES, Fields, Look, Product
from tests.servers.plain import Caller
from tests.servers.scim_fake import TOKEN, FakeScim, Ways
from tests.servers.scim_real import Scim2Server

Resources = Iterable[dict[str, Any]]


def _account(user: dict[str, Any]) -> Fields:
    emails, name = user.get("emails") or [{}], user.get("name", {})
    return {
        "user_name": user["userName"],
        "email": emails[0].get("value"),
        "given_name": name.get("givenName"),
        "family_name": name.get("familyName"),
        "display_name": user.get("displayName"),
        "active": user["active"],
    }


def _look(users: Resources, groups: Resources) -> Look:
    logins = {user["id"]: user["userName"] for user in users}
    return Look(
        [_account(user) for user in users],
        [group["displayName"] for group in groups],
        [
            (group["displayName"], logins[member["value"]])
            for group in groups
            for member in group.get("members") or ()
            if member["value"] in logins
        ],
    )


def _made_by_hand(server: FakeScim) -> Look:
    return _look(*([*kept.values()] for kept in server.kept.values()))


def _foreign(server: FakeScim) -> Any:
    robot = server.put(id="robot", userName="robot", active=False, title="Dr")
    server.put("Groups", id="theirs", displayName="Theirs", members=[{"value": robot}])
    kept = server.kept
    return lambda: copy.deepcopy((kept["Users"]["robot"], kept["Groups"]["theirs"]))


def _join(server: FakeScim, name: str) -> None:
    for id_, group in server.kept["Groups"].items():
        if group["displayName"] == name:
            members = [*(group.get("members") or ()), {"value": "robot"}]
            server.change("Groups", id_, members=members)


SCIM = Product(
    "scim",
    lambda: FakeScim(Ways(filters=True)),
    lambda server: {"type": "scim", "server": server.url, "auth": {"token": TOKEN}},
    _made_by_hand,
    _foreign,
    _join,
    fields=NAMES | {"display_name"},
)


class _Real:
    """scim2-server, and a caller that is not syncd."""

    def __init__(self) -> None:
        self.server = Scim2Server()
        self.server.reset()
        self.call = Caller(self.server.url, Authorization=f"Bearer {self.server.token}")
        self.path = self.server.url.partition(str(self.server.port))[2]

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        found = self.call("GET", f"{self.path}/{kind}", count=1000).body
        assert found["totalResults"] == len(found.get("Resources", []))
        return found.get("Resources", [])

    def post(self, kind: str, **resource: Any) -> dict[str, Any]:
        made = self.call("POST", f"{self.path}/{kind}", resource, "application/scim+json")
        assert made.status == 201
        return made.body


@contextmanager
def _real() -> Iterator[_Real]:
    real = _Real()
    try:
        yield real
    finally:
        real.call.close()
        real.server.stop()


def _foreign_to_real(real: _Real) -> Any:
    user = "urn:ietf:params:scim:schemas:core:2.0:User"
    group = "urn:ietf:params:scim:schemas:core:2.0:Group"
    robot = real.post("Users", schemas=[user], userName="robot", active=False, title="Dr")
    member = [{"value": robot["id"]}]
    theirs = real.post("Groups", schemas=[group], displayName="Theirs", members=member)

    def now() -> object:
        every = [*real.all_of("Users"), *real.all_of("Groups")]
        return [one for one in every if one["id"] in (robot["id"], theirs["id"])]

    return now


SCIM2_SERVER = Product(
    "scim2-server",
    _real,
    lambda real: {
        "type": "scim",
        "server": real.server.url,
        "auth": {"token": real.server.token},
    },
    lambda real: _look(real.all_of("Users"), real.all_of("Groups")),
    _foreign_to_real,
    fields=NAMES | {"display_name"},
)
