"""Accounts that Huddle made by halves, teams that are joined, and fields that it keeps."""

import contextlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncd.backends.huddle import HuddleBackend, HuddleConfig
from syncd.report import Exit
from tests.servers.huddle import Huddle
from tests.servers.web import Cut, Fails, Garbled, by
from tests.world import FREE, group, office, person

SCIM = "/people/companies/123/users"


@pytest.fixture
def huddle():
    with Huddle() as server:
        yield server


@pytest.fixture
def backend(huddle):
    huddle.workspaces.add(7)
    config = HuddleConfig(
        server=huddle.url,
        auth={"token": huddle.token},
        company=123,
        workspaces=[7],
        delete_as="account",
        concurrency=2,
    )
    with contextlib.closing(HuddleBackend("wiki", config, Path())) as backend:
        yield backend


PEOPLE = [
    person(str(n), f"n{n}@example.org", given_name="N", family_name=f"No {n}") for n in (1, 2)
]


@pytest.mark.parametrize("fault", [Cut(), Cut(after=True), Fails(500), Fails(500, after=True)])
@pytest.mark.parametrize(
    "when", [by("POST", SCIM), by("GET", ".*/members", q="n1@example.org")], ids=["made", "found"]
)
def test_a_lost_answer_leads_to_exactly_one_account(huddle, backend, fault, when):
    """Whichever of the two calls it was."""
    huddle.faults.add(fault, times=5 if "GET" in repr(when.__closure__) else 1, when=when)
    here = office(*PEOPLE, backend=backend)
    here.apply()
    huddle.faults.clear()
    for _ in range(2):
        here.apply()
    assert here.plan().changes == ()
    assert sorted(user.email for user in huddle.users.values()) == [
        "admin@example.com",
        "n1@example.org",
        "n2@example.org",
    ]


def test_a_lost_number_leads_to_exactly_one_account(huddle, backend):
    """The answer after the creation is garbled: the run stops, and the next one finds the account."""
    huddle.faults.add(Garbled(), times=1, when=by("GET", ".*/members", q="n1@example.org"))
    here = office(*PEOPLE, backend=backend)
    here.apply()
    here.apply()
    here.apply()
    assert here.plan().changes == ()
    assert len(huddle.users) == 3


def test_teams_are_joined_once_they_are_adopted(huddle, backend):
    """They exist already; whoever belongs there is in, and nobody who is not is put out."""
    other = huddle.add_user("other@example.net", "O", "O")
    team = huddle.add_team(7, "Crew", [other.id])
    policy = replace(FREE, adopt_groups=True)
    here = office(*PEOPLE, groups=[group("c", "Crew", "1", "2")], backend=backend, policy=policy)
    here.apply()
    assert team.members == {other.id, *(huddle.find(f"n{n}@example.org").id for n in (1, 2))}
    assert huddle.mails == []
    assert here.plan().changes == ()


def test_a_field_that_huddle_keeps_is_told_and_not_tried_for_ever(huddle, backend):
    """Whether a company can be changed, the pages leave open: the run says that it did not take."""
    huddle.company_writable = False
    one = person("1", "n1@example.org", given_name="N", family_name="1", company="Acme")
    here = office(one, backend=backend)
    here.source.supplies |= {"company"}
    here.users = replace(here.users, always={"attributes.company": "company"})
    before = huddle.count("PUT")
    report = here.apply()
    assert report.exit_code is not Exit.DONE
    assert huddle.count("PUT") - before == 1
