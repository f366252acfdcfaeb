"""Who is in scope by a group is not out of it because a reference in that group leads nowhere."""

from syncd.core.mapping import Scope, UserMapping
from syncd.core.model import Reference
from syncd.core.records import NamedAmong
from syncd.core.scope import conditions
from tests.world import ADA, ZOE, MemorySource, Office, group, ids, person

STAFF = UserMapping(take=Scope(member_of=("Staff",), where={"email": ("*@example.org",)}))


def staff(*logins: str):
    elsewhere = tuple(Reference("p", "user_name", login, "g.yaml:1:1") for login in logins)
    return group("s", "Staff", elsewhere=elsewhere)


def test_a_reference_that_leads_nowhere_suspends_nobody():
    """Ada has another login by now, and the group still names the old one: it may mean her."""
    here = Office(
        sources={"p": MemorySource([ADA, ZOE]), "g": MemorySource(groups=[staff("ada", "Zoë")])},
        users=STAFF,
    )
    here.apply()
    here.source.has(person("1", "countess", email="ada@example.org"), ZOE)
    plan = here.plan()
    assert (plan.changes, plan.refused, plan.marks) == ((), (), ())
    assert [failure.name for failure in plan.failures] == ["Staff"]


def test_who_is_out_of_scope_for_another_reason_is_out_all_the_same():
    """Whatever the group says."""
    here = Office(
        sources={"p": MemorySource([ADA, ZOE]), "g": MemorySource(groups=[staff("ada", "Zoë")])},
        users=STAFF,
    )
    here.apply()
    here.source.has(person("1", "countess", email="ada@example.com"), ZOE)
    assert ids(here.plan().changes) == ["user/suspend/p:1"]


def test_a_reference_to_a_source_that_the_sync_does_not_have_leads_nowhere():
    """Neither to nobody nor to somebody: it is told which source is missing."""
    named = NamedAmong({"p": ()})
    assert named.keys(Reference("q", "key", "1", "g.yaml:1:1")) is None
    assert named.keys(Reference("p", "key", "1", "g.yaml:1:1")) == ()


def test_each_condition_is_told_with_its_name_in_the_configuration():
    """In the order in which they are asked, with what the person has, and what is wrong."""
    scope = Scope(
        member_of=("Staff",), where={"title": ("Engineer",)}, unless={"email": ("*@example.org",)}
    )
    assert [(one.rule, one.unmet) for one in conditions(ADA, ["Guests"], scope)] == [
        ("member_of", "not a member of Staff"),
        ("where.title", ""),
        ("except.email", "email is *@example.org"),
    ]
