"""Huddle: an e-mail is the name of an account, and teams are there already, to be joined."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.scenario.organisation import Person
from tests.scenario.targets.product import Each, Look, Product
from tests.servers.huddle import Huddle

_WORKSPACE = 7
_TEAMS = ("Everybody", "Development", "Core team", "Sécurité, R+D", "Vertrieb & Märkte", "Ops")
_MORE = ("Night shift", "Nobody yet", "The desk", "Club", "Choir", "Band", "Theirs")


def _start() -> Huddle:
    huddle = Huddle()
    for name in (*_TEAMS, *_MORE):
        huddle.add_team(_WORKSPACE, name)
    return huddle


def _fit(person: Person) -> Person:
    login = person.login if "@" in person.login else f"{person.login}@example.org"
    return replace(person, login=login, email=login)


def _look(huddle: Huddle) -> Look:
    """The members of the company, and no teams: these are there anyway."""
    with huddle.lock:
        users = [huddle.users[one.user] for one in huddle.members.values()]
        logins = {user.id: user.email for user in huddle.users.values()}
        return Look(
            [
                {
                    "user_name": user.email,
                    "given_name": user.first_name,
                    "family_name": user.last_name,
                    "active": user.active,
                }
                for user in users
            ],
            (),
            [(team.name, logins[at]) for team in huddle.teams.values() for at in team.members],
        )


def _team(huddle: Huddle, name: str) -> Any:
    return next(one for one in huddle.teams.values() if one.name == name)


def _foreign(huddle: Huddle) -> Any:
    robot = huddle.add_user("robot", "R", "Robot", active=False, role="Dr")
    theirs = _team(huddle, "Theirs")
    theirs.members.add(robot.id)
    others = (robot, theirs, huddle.users[1], huddle.members[501], huddle.mails)
    return lambda: deepcopy(others)


HUDDLE = Product(
    "huddle",
    _start,
    lambda huddle: {
        "type": "huddle",
        "server": huddle.url,
        "auth": {"token": huddle.token},
        "company": huddle.company,
        "workspaces": [_WORKSPACE],
        "delete_as": "account",
    },
    _look,
    _foreign,
    lambda huddle, name: _team(huddle, name).members.add(huddle.find("robot").id),
    fields=frozenset({"user_name", "given_name", "family_name"}),
    fit=_fit,
    policy={"adopt_groups": True},
    makes_groups=False,
    renames_groups=False,
    removes_members=False,
    mends_halves=False,  # no call puts a provisioned account into the company
    each=Each(new=1.5, moved=2.3),
    why="SCIM does not tell the number of whom it made; a change has two stages; who is suspended"
    " already is looked at first",
)
