"""After a run, what was touched is read again: what did not take is named, field by field."""

import pytest

from syncd.backends.memory import MemoryBackend
from syncd.core.policy import Leavers, Policy
from syncd.errors import Incomplete, Unavailable
from syncd.report import Exit
from tests.wired import Lying, Wired
from tests.world import ADA, ENGINEERING, ZOE, ids, office, opened, person


def what(report):
    return [(one.change.id, dict(one.fields)) for one in report.unsettled]


@pytest.mark.parametrize(
    ("field", "store", "written", "kept"),
    [
        ("title", str.lower, "Engineer", "engineer"),
        ("title", lambda text: text[:4], "Engineer", "Engi"),
        ("email", lambda _: None, "ada@example.org", None),
    ],
)
def test_a_field_that_the_target_stores_otherwise_is_named(field, store, written, kept):
    """A lower-cased, cut or dropped value is said once per account, with both values."""
    here = office(ADA, backend=Lying(MemoryBackend(), field, store))
    report = here.apply()
    assert what(report) == [("user/create/p:1", {field: (written, kept)})]
    assert report.exit_code == Exit.NOT_CONVERGED


def test_a_login_that_is_stored_shorter_is_named():
    """A login cut to eight characters would be written anew in every run."""
    here = office(person("1", "lovelace-ada"), backend=Lying(MemoryBackend(), "user_name", _cut))
    assert what(here.apply()) == [("user/create/p:1", {"user_name": ("lovelace-ada", "lovelace")})]


def _cut(text):
    return text[:8]


def test_a_suspension_that_does_not_take_is_named_beside_another_change_of_the_same_account():
    """A leaver's e-mail is cleared in the same run: that one took, the suspension did not."""
    backend = Lying(MemoryBackend(), "active", lambda _: True)
    here = opened(ADA, ZOE, backend=backend)
    here.source.has(person("2", "Zoë", email="ada@example.org"))
    report = here.apply()
    assert ids(report.execution.done) == [
        "user/suspend/p:1",
        "user/update/p:1",
        "user/update/p:2",
    ]
    assert what(report) == [("user/suspend/p:1", {"active": (False, True)})]


def test_a_suspension_that_does_not_take_is_named_although_the_budget_is_spent():
    """What would be done again is held by now, and did not take all the same."""
    backend = Lying(MemoryBackend(), "active", lambda _: True)
    here = opened(ADA, ZOE, backend=backend, policy=Policy())
    here.source.has(ZOE)
    assert what(here.apply()) == [("user/suspend/p:1", {"active": (False, True)})]


def test_a_deletion_that_does_not_take_is_named():
    """A target that says yes and keeps the account."""

    class Keeping(MemoryBackend):
        def __init__(self):
            super().__init__()
            self.users.delete = lambda _ref: None

    here = opened(ADA, ZOE, backend=Keeping(), policy=Policy(leavers=Leavers.DELETE, budgets={}))
    here.source.has(ZOE)
    here.apply()
    here.live_days(31)
    report = here.apply()
    assert what(report) == [("user/delete/p:1", {})]


def test_a_large_run_is_verified_by_one_reading():
    """Hundreds of accounts are not asked for one by one."""
    asked = []

    def hook(when, verb):
        if when == "before" and verb in {"users.get", "users.read"}:
            asked.append(verb)

    people = [person(str(number), f"user{number}") for number in range(250)]
    here = office(*people, backend=Wired(MemoryBackend(), hook))
    assert here.apply().exit_code == Exit.DONE
    assert asked == ["users.read", "users.read"]


@pytest.mark.parametrize("error", [Unavailable("gone"), Incomplete("cut")])
def test_a_target_that_cannot_be_read_again_loses_no_report(error):
    """What was done is done and said; that nobody could look is said too."""
    here = office(ADA, groups=[ENGINEERING])
    reads = []

    def hook(when, verb):
        reads.append(verb)
        if when == "before" and verb == "members.read" and reads.count(verb) > 1:
            raise error

    here.backend = Wired(MemoryBackend(), hook)
    report = here.apply()
    assert ids(report.execution.done) == [
        "group/create/p:e",
        "user/create/p:1",
        "member/add/p:e/p:1",
    ]
    assert (report.unsettled, report.unverified) == ((), str(error))
    assert report.exit_code == Exit.TARGET
    assert here.ledger.runs()[0].outcome == "not verified"
