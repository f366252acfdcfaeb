"""The main job from end to end: real directories, the real command, real stores, a year of events."""

from datetime import UTC, datetime, timedelta

from tests.scenario.organisation import AWAY, Account, Content, Person
from tests.scenario.stores import active_memberships, content, refs
from tests.scenario.world import World


def test_the_first_import_makes_the_store_what_the_directory_says(world: World) -> None:
    """Sixty people of all names, nested teams and a suspended one: all of it, and nothing else."""
    assert content(world.store) == world.expected()
    assert world.syncd.plan()["changes"] == []
    members = world.expected().members
    alone = {account.user_name for account in world.expected().accounts if account.active}
    alone -= {login for _, login in members}
    shown = {(login, group) for group, login in members} | {(login, None) for login in alone}
    assert active_memberships(world.store) == shown
