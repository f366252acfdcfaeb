"""The sixty, in an OpenProject that has people and groups of its own."""

from copy import deepcopy
from pathlib import Path

import pytest

from syncd.backends.openproject import OpenProjectBackend, OpenProjectConfig
from tests.scenario.sixty import replaced, settled, sixty, without
from tests.servers.openproject import OpenProject


@pytest.fixture
def project():
    with OpenProject() as server:
        yield server


def test_sixty_people_come_change_and_leave(project):
    """What is not ours stays as it is, also inside of our groups; and each plan is carried out once."""
    robot = project.add_user("robot", "robot@example.org", status="invited")
    theirs = project.add_group("Theirs", [robot.id])
    before = deepcopy([vars(one) for one in (project.find("admin"), robot, theirs)])
    config = OpenProjectConfig(server=project.url, api_key=project.key)
    backend = OpenProjectBackend("projects", config, Path())
    here = sixty(backend)

    cost = settled(here, project)
    assert cost.calls <= 1.1 * cost.changes + cost.reading
    assert len(project.users) == 2 + 58  # one has no e-mail, one is suspended
    assert len(project.groups) == 1 + 8
    sales = next(one for one in project.groups.values() if one.name == "Vertrieb & Märkte")
    assert len(sales.members) == 15
    sales.members.append(robot.id)

    replaced(here, "p40", user_name="lovelace2", email="new@example.org", family_name="Łęcki-Ó")
    without(here, "p41")
    cost = settled(here, project)
    assert cost.writes <= cost.changes
    assert project.find("lovelace2").lastname == "Łęcki-Ó"
    assert project.find("user41").status == "locked"
    assert robot.id in sales.members
    assert [vars(one) for one in (project.find("admin"), robot, theirs)] == before
    assert project.mails == []
    backend.close()
