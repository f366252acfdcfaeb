"""HopFrame, where groups and suspensions are permissions."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.scenario.organisation import Person
from tests.scenario.targets.product import Each, Look, Product
from tests.servers.hopframe import HopFrame
from tests.servers.hopframe.store import User

_MARK = "syncd.suspended"


def _fit(person: Person) -> Person:
    return replace(person, email=person.email or f"{person.login}@example.org")


def _groups(user: User) -> list[str]:
    names = [one.name.removeprefix(f"{_MARK}.") for one in user.permissions]
    return [name.removeprefix("group.") for name in names if name.startswith("group.")]


def _look(hop: HopFrame) -> Look:
    with hop.lock:
        users = [*hop.users.values()]
        return Look(
            [
                {
                    "user_name": user.username,
                    "email": user.email,
                    "active": not any(one.name.startswith(_MARK) for one in user.permissions),
                }
                for user in users
            ],
            [name.removeprefix("group.") for name in hop.groups],
            [(group, user.username) for user in users for group in _groups(user)],
        )


def _foreign(hop: HopFrame) -> Any:
    robot = hop.add_user("robot", "robot@example.net", ["group.Theirs", "app.run"])
    theirs = hop.add_group("group.Theirs", ["app.*"])
    return lambda: deepcopy((robot, theirs, hop.admin))


HOPFRAME = Product(
    "hopframe",
    HopFrame,
    lambda hop: {
        "type": "hopframe",
        "server": hop.url,
        "email": hop.admin.email,
        "api_token": hop.token,
    },
    _look,
    _foreign,
    fields=frozenset({"user_name", "email"}),
    fit=_fit,
    renames_groups=False,
    emulates=True,
    each=Each(new=1.8, moved=2.7),
    why="a user is written whole, a member too, and nothing minds whether two have one name",
)
