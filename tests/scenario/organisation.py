"""The organisation of the scenario, described plainly, and the store that must follow from it.

Nothing here knows how syncd works: who should have which account is worked out from
who is there, who has left and who is in which team.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Person:
    """`entry` is the name of a directory's entry where that is not the login."""

    login: str
    given_name: str
    family_name: str
    email: str | None
    entry: str = ""
    suspended: bool = False

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Team:
    """`inner` are the teams inside it."""

    name: str
    members: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()


class Account(NamedTuple):
    user_name: str
    email: str | None
    given_name: str | None
    family_name: str | None
    display_name: str | None
    active: bool


class Content(NamedTuple):
    """All of a store: accounts, groups by name, and pairs of group and login."""

    accounts: frozenset[Account]
    groups: frozenset[str]
    members: frozenset[tuple[str, str]]


@dataclass
class Organisation:
    """Who is there, by an id that never changes.

    `accounts` are those who ever got an account that is still there, as the source last had them;
    `stayed_in` are the teams, by id, that leavers were in when they left.
    """

    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    accounts: dict[str, Person] = field(default_factory=dict)
    stayed_in: dict[str, frozenset[str]] = field(default_factory=dict)
    disabled_by_hand: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Ids of those who cannot have an account, for another holds their login."""

    def left(self, key: str) -> None:
        self.stayed_in[key] = frozenset(self._teams_of(key))
        del self.people[key]

    def returned(self, key: str) -> None:
        self.people[key] = self.accounts[key]
        del self.stayed_in[key]

    def settled(self) -> Content:
        """The store once syncd has run: remembers the accounts that now exist."""
        for key, person in self.people.items():
            if key not in self.refused and (key in self.accounts or not person.suspended):
                self.accounts[key] = person
        accounts = frozenset(self._account(key, one) for key, one in self.accounts.items())
        groups = frozenset(team.name for team in self.teams.values())
        return Content(accounts, groups, frozenset(self._members()))

    def login(self, key: str) -> str:
        return self.accounts[key].login

    def _account(self, key: str, person: Person) -> Account:
        there = key in self.people and not person.suspended and key not in self.disabled_by_hand
        names = (person.given_name, person.family_name, person.display_name)
        return Account(person.login, person.email, *names, there)

    def _members(self) -> Iterable[tuple[str, str]]:
        for team, described in self.teams.items():
            for key in self.everybody_in(team) & self.people.keys() & self.accounts.keys():
                yield described.name, self.login(key)
        for key, teams in self.stayed_in.items():
            for team in teams & self.teams.keys() if key in self.accounts else ():
                yield self.teams[team].name, self.login(key)

    def _teams_of(self, key: str) -> Iterable[str]:
        return (team for team in self.teams if key in self.everybody_in(team))

    def everybody_in(self, team: str) -> set[str]:
        """Ids of all in it, by way of any inner team; teams may go round in a circle."""
        seen: set[str] = set()
        found: set[str] = set()
        pending = [team]
        while pending:
            current = pending.pop()
            if current not in seen:
                seen.add(current)
                found |= self.teams[current].members
                pending += self.teams[current].inner
        return found


_GIVEN = ("Anna", "Björn", "Chloé", "Dmitri", "Esra", "Faḍl", "Grace", "Håkon", "Ines", "Jürgen")
_FAMILY = ("Åberg", "Brontë", "Çelik", "Dvořák", "Núñez")
_ODD = (
    Person("zoe", "Zoë", "Ångström", "zoe@example.org", entry="Zoë Ångström"),
    Person("lukasz", "Łukasz", "Żółć", "Lukasz.Zolc@Example.ORG"),
    Person("li", "李", "小龍", "li@example.org", entry="李小龍"),
    Person("ada", "Ada", "Lovelace", "ada@example.org", entry="Lovelace, Ada"),
    Person("quote", 'Bo "Quote"', "O'Hara", "quote@example.org", entry='O\'Hara "Quote", Bo'),
    Person("plus", "Pia", "Plus+Minus", None, entry="Plus+Minus=Zero; <Pia>"),
    Person("spaced", "Sam", "Space", "sam@example.org", entry=" Sam  Space "),
    Person("hash", "#Hal", "Hash\\Back", "hal@example.org", entry="#Hal Hash\\Back"),
    Person("away", "Aya", "Away", "aya@example.org", suspended=True),
    Person("root.of.us", "Rut", "Sentinel", "rut@example.org"),
)
AWAY, SENTINEL = "p08", "p09"
"""Ids of one who is suspended from the first day, and of one who must always be seen."""


def founded(*, circle: bool) -> Organisation:
    """Sixty people in eight teams; two of these are inside each other where that may be."""
    everybody = [*_ODD]
    for number in range(len(everybody), 60):
        given, family = _GIVEN[number % 10], _FAMILY[number // 10 - 1]
        login = f"user{number:02}"
        everybody.append(Person(login, given, family, f"{login}@example.org"))
    people = {f"p{number:02}": person for number, person in enumerate(everybody)}
    keys = list(people)
    teams = {
        "all": Team("Everybody", frozenset(keys[:3]), frozenset({"dev", "sales", "ops"})),
        "dev": Team("Development", frozenset(keys[0:20]), frozenset({"core"})),
        "core": Team("Core team", frozenset(keys[18:26]), frozenset({"security"})),
        "security": Team("Sécurité, R+D", frozenset({*keys[3:9], "p31"})),
        "sales": Team("Vertrieb & Märkte", frozenset(keys[30:45])),
        "ops": Team("Ops", frozenset(keys[44:60]), frozenset({"night"})),
        "night": Team(
            "Night shift", frozenset({"p02", "p50"}), frozenset({"ops"} if circle else ())
        ),
        "empty": Team("Nobody yet"),
    }
    return Organisation(people, teams)
