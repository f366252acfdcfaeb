"""Nobody is renamed out of their protection."""

from syncd.core.policy import Policy, Protect
from tests.world import ADA, EVERYONE, group, ids, opened, person

PROTECTING = Policy(budgets={}, protect=Protect(users=("ada*",), groups=("Every*",)))


def test_a_protected_login_may_not_become_one_that_no_pattern_fits():
    """The rest of the record follows the source."""
    here = opened(ADA, policy=PROTECTING)
    here.source.has(person("1", "countess", email="ada@example.org", title="Countess"))
    plan = here.plan()
    assert [dict(change.after) for change in plan.changes] == [{"title": "Countess"}]
    assert [(r.change.id, r.rule) for r in plan.refused] == [
        (
            "user/update/p:1",
            "protected: user ada would lose its protection with this user_name",
        )
    ]


def test_a_protected_login_may_become_another_that_a_pattern_fits():
    """It stays protected; and an address that no pattern fits is as free as it was."""
    here = opened(person("1", "ada", email="countess@example.org"), policy=PROTECTING)
    here.source.has(person("1", "ada.king", email="king@example.org"))
    assert ids(here.apply().execution.done) == ["user/update/p:1"]


def test_a_protected_group_keeps_a_name_that_protects_it():
    """And so its members."""
    here = opened(ADA, groups=[EVERYONE], policy=PROTECTING)
    here.source.groups = [group("a", "All", "1")]
    plan = here.plan()
    assert plan.changes == ()
    assert [r.rule for r in plan.refused] == [
        "protected: group Everyone would lose its protection with this display_name"
    ]
