"""One call in five fails in some way, before its effect or after it: the end is the same as in calm."""

from contextlib import closing, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace as with_

from syncd.backends.hopframe import HopFrameBackend, HopFrameConfig
from syncd.backends.openproject import OpenProjectBackend, OpenProjectConfig
from syncd.backends.vikunja import VikunjaBackend, VikunjaConfig
from syncd.core.model import flat
from syncd.errors import SyncdError
from tests.scenario.sixty import replaced, sixty, without
from tests.servers.hopframe import HopFrame
from tests.servers.openproject import OpenProject
from tests.servers.vikunja import Vikunja
from tests.servers.web import Cut, Fails, Garbled

FAULTS = [
    Fails(500),
    Fails(500, after=True),
    Fails(429, retry_after=0),
    Cut(),
    Cut(after=True),
    Garbled(),
]


def projects(server):
    config = OpenProjectConfig(server=server.url, api_key=server.key)
    return OpenProjectBackend("projects", config, Path())


def tasks(server):
    config = VikunjaConfig(server=server.url, user="admin", password=server.password)
    return VikunjaBackend("tasks", config, Path())


def app(server):
    config = HopFrameConfig(server=server.url, email=server.admin.email, api_token=server.token)
    return HopFrameBackend("app", config, Path())


def content(here):
    """Everybody, all groups and who is in which, by names: refs are the product's affair."""
    users = sorted(here.accounts().items())
    groups = sorted(str(flat(one.entity)) for one in here.backend.groups.read())
    return users, groups, sorted(here.members())


def ended(kind, opened, seed=None):
    """What is there after a first run and a second one with changes; `seed` is a storm's."""
    with kind() as server, closing(opened(server)) as backend:
        backend.session._dialect = with_(backend.session._dialect, pauses=(0.0, 0.0, 0.0))
        here = sixty(backend)
        _weathered(here, server, seed)
        replaced(here, "p40", user_name="lovelace2", email="new@example.org")
        without(here, "p41")
        _weathered(here, server, seed)
        return content(here)


def _weathered(here, server, seed):
    """Through the storm, if there is one, and as often after it as it takes to look and to mend."""
    for number, fault in enumerate(FAULTS if seed is not None else ()):
        server.faults.add(fault, share=0.2 / len(FAULTS), seed=seed + number)
    for _ in range(5):
        with suppress(SyncdError):
            here.apply()
    server.faults.clear()
    for _ in range(3):
        here.apply()
    plan = here.plan()
    assert (plan.changes, plan.conflicts) == ((), ())


@pytest.mark.parametrize(
    ("kind", "opened"), [(OpenProject, projects), (Vikunja, tasks), (HopFrame, app)]
)
def test_a_storm_ends_where_calm_does(kind, opened):
    """Nobody twice, nobody lost, and nothing left to do."""
    calm = ended(kind, opened)
    assert len(calm[0]) == 59
    for seed in (10, 20):
        assert ended(kind, opened, seed) == calm
