"""The sixty, in an application with HopFrame that has people and groups of its own."""

from copy import deepcopy
from pathlib import Path

import pytest

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from tests.scenario.sixty import replaced, settled, sixty, without
from tests.servers.hopframe import HopFrame


@pytest.fixture
def hop():
    with HopFrame() as server:
        yield server


def test_sixty_people_come_change_and_leave(hop):
    """What is not ours stays as it is; a suspension keeps all that somebody holds, and gives it back."""
    robot = hop.add_user("robot", "robot@example.org", ["group.Theirs", "app.run"])
    theirs = hop.add_group("group.Theirs", ["app.*"])
    before = deepcopy([vars(one) for one in (hop.admin, robot, theirs)])
    config = HopFrameConfig(server=hop.url, email=hop.admin.email, api_token=hop.token)
    backend = HopFrameBackend("app", config, Path())
    here = sixty(backend)

    cost = settled(here, hop)
    # A group's name is looked for before it is made, and each member is read before they are written.
    assert cost.writes == cost.changes
    assert cost.calls <= 2.1 * cost.changes + cost.reading
    # One has no e-mail, one is suspended.
    assert (len(hop.users), len(hop.groups)) == (2 + 58, 1 + 8)
    held = hop.held(hop.find("user41"))
    assert set(held) == {"group.Vertrieb & Märkte", "group.Everybody"}

    everybody = list(here.source.people)
    replaced(here, "p40", user_name="lovelace2", email="new@example.org")
    without(here, "p41")
    settled(here, hop)
    assert hop.find("lovelace2").email == "new@example.org"
    assert hop.held(hop.find("user41")) == [f"syncd.suspended.{name}" for name in held]
    here.source.people = everybody
    assert any("suspension is emulated" in note for note in here.plan().notes)
    settled(here, hop)
    assert hop.held(hop.find("user41")) == held
    assert [vars(one) for one in (hop.admin, robot, theirs)] == before
    backend.close()
