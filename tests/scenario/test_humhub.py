"""Accounts that HumHub made by halves, and the one that syncd logs in with."""

import contextlib
from copy import deepcopy
from pathlib import Path

import pytest

from syncd.backends.humhub import HumHubBackend, HumHubConfig
from syncd.core.model import Kind
from tests.servers.humhub import HumHub
from tests.servers.web import Cut, Fails, Midway, by
from tests.world import group, office, person


@pytest.fixture(params=["1.18", "1.19"])
def hub(request):
    with HumHub(request.param) as hub:
        yield hub


@pytest.fixture
def backend(hub):
    config = HumHubConfig(server=hub.url, auth={"token": hub.token}, concurrency=2)
    with contextlib.closing(HumHubBackend("hub", config, Path())) as backend:
        yield backend


CREW = group("c", "Crew", "1", "2")
PEOPLE = [
    person(str(n), f"name{n}", email=f"n{n}@example.org", given_name="N", family_name=f"No {n}")
    for n in (1, 2)
]


@pytest.mark.parametrize(
    "fault", [Cut(), Cut(after=True), Fails(500), Fails(500, after=True), Midway(1), Midway(2)]
)
@pytest.mark.parametrize("path", ["/api/v1/user", "/api/v1/user/group"])
def test_a_lost_answer_leads_to_exactly_one_account(hub, backend, fault, path):
    """Also where HumHub got no further than the account: its profile comes with the next run."""
    hub.faults.add(fault, times=1, when=by("POST", path))
    here = office(*PEOPLE, groups=[CREW], backend=backend)
    here.apply()
    for _ in range(3):
        here.apply()
    assert here.plan().changes == ()
    assert sorted(user.username for user in hub.users.values()) == ["admin", "name1", "name2"]
    assert sorted(user.profile.get("lastname") for user in hub.users.values()) == [
        "Doe",
        "No 1",
        "No 2",
    ]
    assert here.members() == {("Crew", "name1"), ("Crew", "name2")} | {
        ("Users", "name1"),
        ("Users", "name2"),
    }


def test_the_account_that_syncd_logs_in_with_is_left_alone(hub, backend):
    """Though the source has somebody of that name."""
    own = deepcopy(hub.users[1])
    admin = person("9", "admin", email="admin@example.com", given_name="A", family_name="B")
    here = office(admin, *PEOPLE, backend=backend)
    here.apply()
    assert vars(hub.users[1]) | {"last_login": None} == vars(own)
    assert [one.kind for one in here.plan().changes] == []
    assert Kind.USER in here.sync.declared
