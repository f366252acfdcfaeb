"""HumHub, in both generations."""

from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

from tests.scenario.organisation import Person
from tests.scenario.targets.product import Each, Look, Product
from tests.servers.humhub import HumHub
from tests.servers.humhub.store import DELETED, ENABLED


def _fit(person: Person) -> Person:
    """User names have four characters at least, and everybody an e-mail."""
    login = person.login if len(person.login) > 3 else f"{person.login}.x"
    return replace(person, login=login, email=person.email or f"{login}@example.org")


def _look(hub: HumHub) -> Look:
    """Without the group into which HumHub puts everybody."""
    with hub.lock:
        users = {one.id: one for one in hub.users.values() if one.status != DELETED}
        groups = [one for one in hub.groups.values() if one.id != hub.default_group]
        return Look(
            [
                {
                    "user_name": user.username,
                    "email": user.email,
                    "given_name": user.profile.get("firstname"),
                    "family_name": user.profile.get("lastname"),
                    "active": user.status == ENABLED,
                }
                for user in users.values()
            ],
            [str(group.name) for group in groups],
            [(str(group.name), users[at].username) for group in groups for at in group.members],
        )


def _foreign(hub: HumHub) -> Any:
    robot = hub.add_user("robot", "robot@example.net", status=0, profile={"title": "Dr"})
    theirs = hub.add_group("Theirs", [robot.id])
    own = hub.users[1]

    def now() -> object:
        with hub.lock:
            return deepcopy((robot, theirs, vars(own) | {"last_login": None}))

    return now


def _join(hub: HumHub, name: str) -> None:
    group = next(one for one in hub.groups.values() if one.name == name)
    group.members[hub.find("robot").id] = True


def _product(version: str, **settings: object) -> Product:
    return Product(
        f"humhub-{version}",
        partial(HumHub, version),
        lambda hub: {
            "type": "humhub",
            "server": hub.url,
            "auth": {"token": hub.token},
            **settings,
        },
        _look,
        _foreign,
        _join,
        fit=_fit,
        each=Each(moved=1.5),
        why="who is not there is a 500, and what is changed may erase what is not told again",
    )


HUMHUB = (_product("1.18"), _product("1.19", delete_as="hard"))
