"""The sixty people and eight teams of the scenario, run into a product and counted."""

from collections.abc import Callable
from typing import NamedTuple

from syncd.core.model import GroupRecord, Key, State, UserRecord
from syncd.ports import Backend
from syncd.report import Exit
from tests.scenario.organisation import Organisation, founded
from tests.servers.web import WebServer
from tests.world import MemorySource, Office, group, person

FIELDS = frozenset({"user_name", "email", "given_name", "family_name", "display_name"})


def sixty(backend: Backend, name_of: Callable[[str, str], str] = lambda _key, name: name) -> Office:
    """An office that knows all of them; `name_of` tells a team's name by its key and its name."""
    organisation = founded(circle=False)
    people = [_record(organisation, key) for key in organisation.people]
    teams = [_team(organisation, key, name_of) for key in organisation.teams]
    source = MemorySource(people, teams, supplies=FIELDS)
    return Office(sources={"p": source}, backend=backend)


def replaced(here: Office, key: str, **attributes: str) -> None:
    """Somebody's attributes are others in the source."""
    people = here.source.people
    for at, one in enumerate(people):
        if one.key == key:
            told = {**{name: str(value) for name, value in one.attributes.items()}, **attributes}
            people[at] = person(key, told.pop("user_name"), one.state, **told)


def without(here: Office, key: str) -> None:
    """Somebody leaves."""
    here.source.people = [one for one in here.source.people if one.key != key]


class Cost(NamedTuple):
    """Of one apply: its changes, all calls and those among them that write; and the calls of one
    reading of everything."""

    changes: int
    calls: int
    writes: int
    reading: int


def settled(here: Office, server: WebServer) -> Cost:
    """Applies, and plans once more: nothing is left."""
    before = len(server.calls)
    report = here.apply()
    assert (report.exit_code, report.unsettled) == (Exit.DONE, ())
    made = [call.method for call in server.calls[before:]]
    assert here.plan().changes == ()
    reading = len(server.calls) - before - len(made)
    writes = len(made) - made.count("GET")
    cost = Cost(len(report.execution.done), len(made), writes, reading)
    print(type(server).__name__, cost)  # noqa: T201  the figures that are to be shown
    return cost


def _record(organisation: Organisation, key: str) -> UserRecord:
    one = organisation.people[key]
    names = {
        "email": one.email,
        "given_name": one.given_name,
        "family_name": one.family_name,
        "display_name": one.display_name,
    }
    state = State.SUSPENDED if one.suspended else State.ACTIVE
    return person(key, one.login, state, **{name: told for name, told in names.items() if told})


def _team(organisation: Organisation, key: str, name_of: Callable[[str, str], str]) -> GroupRecord:
    members = sorted(organisation.everybody_in(key))
    return group(key, name_of(key, organisation.teams[key].name), *map(Key, members))
