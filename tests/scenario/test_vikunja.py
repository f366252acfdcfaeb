"""The sixty, in a Vikunja that has people of its own."""

from copy import copy
from pathlib import Path

import pytest

from syncd.backends.vikunja import VikunjaBackend, VikunjaConfig
from tests.scenario.sixty import replaced, settled, sixty, without
from tests.servers.vikunja import Vikunja


@pytest.fixture
def vikunja():
    with Vikunja() as server:
        yield server


def test_sixty_people_come_change_and_leave(vikunja):
    """What is not ours stays as it is; a suspension that is emulated is said to be, and undone."""
    robot = vikunja.add_user("robot", email="robot@example.org", name="Robot")
    before = [copy(vikunja.users[1]), copy(robot)]
    config = VikunjaConfig(server=vikunja.url, user="admin", password=vikunja.password)
    backend = VikunjaBackend("tasks", config, Path())
    here = sixty(backend)

    cost = settled(here, vikunja)
    assert cost.calls <= 1.1 * cost.changes + cost.reading
    assert cost.writes == cost.changes + 1  # the log-in
    assert len(vikunja.users) == 2 + 58  # one has no e-mail, one is suspended

    everybody = list(here.source.people)
    replaced(here, "p40", user_name="lovelace2", email="new@example.org", display_name="B. Ł.")
    without(here, "p41")
    settled(here, vikunja)
    assert vikunja.find("lovelace2").name == "B. Ł."
    assert vikunja.find("user41").name.startswith("[suspended] ")
    here.source.people = everybody
    assert any("suspension is emulated" in note for note in here.plan().notes)
    settled(here, vikunja)
    assert not vikunja.find("user41").name.startswith("[")
    assert [vikunja.users[1], robot] == before
    backend.close()
