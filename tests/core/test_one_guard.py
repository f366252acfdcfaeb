"""A guard in one phase covers all phases: where a source is emptied or half read, nobody loses
anything, as a user, as a group or as a member, on whatever way a run comes to its changes.

No budget is set here, and leavers are deleted at once: nothing else would stop it.
"""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from syncd.core.policy import Leavers, VanishedGroups
from syncd.cycle import Mode
from tests.world import FREE, Office, group, person

RUTHLESS = replace(
    FREE,
    leavers=Leavers.DELETE,
    grace=timedelta(0),
    vanished_groups=VanishedGroups.DELETE,
)
PEOPLE = [person(str(number), f"user{number}", title="Dr") for number in range(1, 7)]
GROUPS = [group("e", "Everyone", *"123456"), group("f", "Few", "1", "2")]


class Renamed(Office):
    """The same sync by another configuration: it remembers no reading, as in a first run."""

    @property
    def sync(self):
        return dataclasses.replace(super().sync, config="other")


def emptied(source):
    source.has()


def emptied_of_all(source):
    source.has()
    source.groups = []


def without_groups(source):
    source.groups = []


def half_of_the_people(source):
    source.has(*PEOPLE[:2])
    source.gaps = ("size limit exceeded",)


def half_of_the_groups(source):
    source.groups = [group("e", "Everyone", "1")]
    source.gaps = ("group Everyone: not all members were sent",)


def cut_off(source):
    source.breaks = 2


BROKEN = [emptied, emptied_of_all, without_groups, half_of_the_people, half_of_the_groups, cut_off]


def in_a_full_cycle(here, breaks):
    breaks(here.source)
    return here.apply(mode=Mode.FULL)


def in_a_quick_cycle(here, breaks):
    breaks(here.source)
    return here.apply(mode=Mode.QUICK)


def in_a_first_run(here, breaks):
    breaks(here.source)
    fresh = Renamed(
        sources=here.sources, backend=here.backend, policy=here.policy, ledger=here.ledger
    )
    fresh.now = here.now
    return fresh.apply()


def by_a_saved_plan(here, breaks):
    """It was made while somebody had really left."""
    here.source.has(*PEOPLE[1:])
    here.source.groups = GROUPS[:1]
    saved = here.plan()
    assert any(change.removes for change in saved.changes)
    here.source.has(*PEOPLE)
    here.source.groups = GROUPS
    breaks(here.source)
    return here.apply(saved=saved)


def while_it_is_verified(here, breaks):
    """The source breaks after the plan was made, and what was done is read again."""
    here.source.has(*PEOPLE[:-1], person("6", "user6", title="Prof"))

    def then_breaks(_plan):
        breaks(here.source)
        return True

    report = here.apply(approve=then_breaks)
    assert report.unsettled == ()
    return here.apply()


def after_some_had_left(here, breaks):
    """Those on the ladder stay where they are, too."""
    here.policy = replace(RUTHLESS, grace=timedelta(days=1))
    here.source.has(*PEOPLE[:-1])
    here.apply()
    here.source.has(*PEOPLE[:-1])
    here.pass_days(2)
    breaks(here.source)
    return here.apply()


WAYS = [
    in_a_full_cycle,
    in_a_quick_cycle,
    in_a_first_run,
    by_a_saved_plan,
    while_it_is_verified,
    after_some_had_left,
]


def state(here):
    """Who is there, with their standing, which groups there are, and who is in them."""
    users = {(name, one["active"]) for name, one in here.accounts().items()}
    return users, {one.ref for one in here.backend.groups.read()}, here.members()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("breaks", BROKEN)
def test_a_source_that_broke_takes_nothing_from_anybody_on_any_way(way, breaks):
    """No suspension, deletion or removal of a member, twice in a row; and the plan says why."""
    here = Office(policy=RUTHLESS)
    here.source.has(*PEOPLE)
    here.source.groups = GROUPS
    here.apply()
    before = {}

    def broken(source):
        before["state"] = state(here)
        breaks(source)

    for report in (way(here, broken), here.apply()):
        assert report.plan.withheld
        assert [one.id for one in report.plan.changes if one.removes] == []
        assert state(here) == before["state"]
