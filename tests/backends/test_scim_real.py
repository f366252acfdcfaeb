"""A small organisation is kept true on each real SCIM server, by few calls."""

import pytest
from msgspec.structs import replace

from syncd.backends.scim.places import USER_PLACES
from syncd.core.model import USER_FIELDS, Kind
from tests.contracts.test_scim import opened
from tests.world import group, office, person

KEPT = {"user_name", "email", "given_name", "family_name", "active"}
DJANGO = {
    "patch": False,
    "members": "values",
    "drops": tuple(sorted(USER_PLACES.keys() - KEPT)),
}
SERVERS = [
    ("scim2_server", {}),
    ("cursor_server", {"page_size": 7}),
    ("scimmy", {}),
    ("django_scim2", DJANGO),
    ("canaille", {"groups": False}),
]
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def somebody(number, **more):
    names = {"given_name": "Zoë", "family_name": f"Nº {number}", "email": f"z{number}@example.org"}
    return person(f"{number}", f"zoe{number}", **{**names, **more})


def counted(backend, what):
    """What came of it, and how many calls it took."""
    before = backend.session.calls
    result = what()
    return result, backend.session.calls - before


@pytest.mark.parametrize(("server", "settings"), SERVERS, ids=[name for name, _ in SERVERS])
def test_an_organisation_is_kept_true_by_few_calls(request, server, settings):
    """People come, change, leave and come back; each time the next plan is empty, and it takes one
    call a change (two where a whole resource must be read first) and the readings."""
    backend = opened(request.getfixturevalue(server), **settings)
    people = [somebody(number) for number in range(40)]
    groups = [group("a", "Everyone", *(one.key for one in people)), group("b", "Some", "1", "2")]
    here = office(*people, groups=groups, backend=backend)
    here.source.supplies = USER_FIELDS - {"active", "admin"}
    _, reading = counted(backend, here.plan)
    each = 2 if settings.get("patch") is False else 1
    for step, changes in ((lambda: None, 40), (lambda: move(here), 12)):
        step()
        report, calls = counted(backend, here.apply)
        assert (report.exit_code, report.unsettled) == (0, ())
        assert here.plan().changes == ()
        done = [one for one in report.execution.done if one.kind is not Kind.MEMBER]
        assert len(done) >= changes
        # Read before, written, and each that was touched looked at once more.
        assert calls <= 2 * reading + len(done) * (each + 1) + 12
    there = {name: one["active"] for name, one in here.accounts().items()}
    assert there == {f"zoe{number}": number > 0 for number in range(40)}
    backend.close()


def move(here):
    """One leaves, eleven have other names, and a group loses somebody."""
    people = [
        somebody(n, family_name="King", given_name="Ada") if n < 12 else somebody(n)
        for n in range(1, 40)
    ]
    if Kind.GROUP in {one.kind for one in here.links()}:
        here.source.groups = [replace(one, members=one.members[1:]) for one in here.source.groups]
    here.source.has(*people)
