"""Vikunja, by the admin API of 2018."""

from copy import copy
from dataclasses import replace
from typing import Any

from tests.scenario.organisation import Person
from tests.scenario.targets.product import Each, Look, Product
from tests.servers.vikunja import Vikunja

_MARK = "[suspended] "


def _fit(person: Person) -> Person:
    return replace(person, email=person.email or f"{person.login}@example.org")


def _look(vikunja: Vikunja) -> Look:
    with vikunja.lock:
        return Look(
            [
                {
                    "user_name": user.username,
                    "email": user.email,
                    "display_name": user.name.removeprefix(_MARK),
                    "active": not user.name.startswith(_MARK),
                }
                for user in vikunja.users.values()
            ],
            (),
            (),
        )


def _foreign(vikunja: Vikunja) -> Any:
    robot = vikunja.add_user("robot", email="robot@example.net", name="Robot")
    return lambda: [copy(vikunja.users[1]), copy(robot)]


VIKUNJA = Product(
    "vikunja",
    Vikunja,
    lambda vikunja: {
        "type": "vikunja",
        "server": vikunja.url,
        "user": "admin",
        "password": vikunja.password,
    },
    _look,
    _foreign,
    fields=frozenset({"user_name", "email", "display_name"}),
    fit=_fit,
    groups=False,
    makes_groups=False,
    removes_members=False,
    emulates=True,
    each=Each(moved=2.2),
    why="a suspension is a password and a mark in the name, which has to be known",
)
