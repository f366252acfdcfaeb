"""A saved plan and a SCIM server: what is read again, and what its ETags tell."""

import pytest
from msgspec.structs import replace

from syncd.core.seen import MOVED
from tests.backends.scim_world import opened
from tests.servers.scim_fake import FakeScim, Ways
from tests.world import MemorySource, Office, group, ids, person

ETAGS = {"patch": {"supported": True}, "etag": {"supported": True}}


@pytest.fixture
def here():
    """An office of sixty on a server with versions, and the server."""
    with FakeScim(Ways(config=ETAGS, versions=True)) as server, opened(server) as backend:
        people = [person(str(n), f"user{n}", title="Engineer") for n in range(60)]
        source = MemorySource(people, [group("g", "Guests", "1", "2")])
        office = Office(sources={"p": source}, backend=backend)
        office.apply()
        yield office, server


def promote(here: Office, *numbers: int) -> None:
    """These get a title; the third of sixty joins the guests."""
    for number in numbers:
        here.source.people[number] = person(str(number), f"user{number}", title="Doctor")
    here.source.groups = [group("g", "Guests", "1", "2", "3")]


def test_a_plan_of_three_changes_asks_for_three_things(here):
    """Each before the run, which is conditional on what was seen, and after it."""
    office, server = here
    promote(office, 4, 5)
    saved = office.plan()
    assert [bool(one.version) for one in saved.changes] == [True, True, False]
    server.asked.clear()

    report = office.apply(saved=saved)

    assert ids(report.execution.done) == ids(saved.changes)
    refs = [one.ref for one in saved.changes]
    users, (guests,) = refs[:2], refs[2:]
    member = saved.changes[2].member_ref
    before = [f"GET /Users/{ref}" for ref in sorted([*users, member])]
    groups = [f"GET /Groups/{guests}"] * 2  # itself, and its members
    patches = [f"PATCH /Users/{ref}" for ref in users]
    assert server.lines()[:5] == [*before, *groups]
    assert {*server.lines()[5:8]} == {*patches, f"PATCH /Groups/{guests}"}
    assert len(server.lines()) == 11
    conditions = {one.headers.get("if-match") for one in server.asked if one.method == "PATCH"}
    assert {saved.changes[0].version, saved.changes[1].version} <= conditions


def test_what_has_another_version_has_moved_though_all_that_is_read_is_the_same(here):
    """Somebody changed what syncd does not know of."""
    office, server = here
    promote(office, 4, 5)
    saved = office.plan()
    was, ref = saved.changes[0].version, saved.changes[0].ref
    server.change("Users", ref)
    now = office.backend.users

    report = office.apply(saved=saved)

    assert ids(report.execution.done) == ids(saved.changes)[1:]
    (refused,) = report.plan.refused
    assert now.version(ref) != was
    assert refused.rule == f"{MOVED}: its version was {was} then and is {now.version(ref)} now"


def test_what_moves_between_the_look_and_the_write_is_refused_by_the_server(here):
    """The write is conditional on the version that was seen."""
    office, server = here
    promote(office, 4)
    saved = office.plan()
    ref = saved.changes[0].ref

    def meanwhile(_plan) -> bool:
        server.change("Users", ref, title="Countess")
        return True

    report = office.apply(saved=saved, approve=meanwhile)

    (failed,) = report.execution.failed
    assert "title has changed since it was read" in failed.why
    assert server.kept["Users"][ref]["title"] == "Countess"


def test_a_plan_whose_versions_are_not_known_any_more_goes_by_what_it_saw(here):
    """A server may stop to tell them."""
    office, server = here
    promote(office, 4)
    saved = office.plan()
    saved = replace(saved, changes=tuple(replace(one, version="") for one in saved.changes))
    assert ids(office.apply(saved=saved).execution.done) == ids(saved.changes)
    assert server.lines("PUT") == []
