"""Nobody is renamed out of their protection."""

import pytest
from msgspec.structs import replace

from syncd.core.hold import Hold
from syncd.core.model import Key, Kind, Op, Ref, Stored, User
from syncd.core.plan import Change
from syncd.core.policy import Policy, Protect
from syncd.core.protection import (
    leaves_hold,
    loses_protection,
    protect_accounts,
    protect_groups,
)
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


HOLD = Hold("ada*", "a case", "ann", pattern=True)
RENAME = Change(
    Op.UPDATE,
    Kind.USER,
    Key("p:1"),
    "ada",
    Ref("u1"),
    {"user_name": "ADA.king", "email": "a@x", "title": "ada"},
    {"user_name": "countess", "email": "ada@x", "title": "x"},
)


@pytest.mark.parametrize(
    ("change", "name", "holds", "leaves"),
    [
        (RENAME, "user_name", [HOLD], True),
        (RENAME, "user_name", [replace(HOLD, who="zz*"), HOLD], True),
        (RENAME, "user_name", [], False),
        (RENAME, "title", [HOLD], False),
        (RENAME, "email", [HOLD], False),
        (replace(RENAME, key=Key("ada:1")), "user_name", [HOLD], False),
        (replace(RENAME, kind=Kind.GROUP), "user_name", [HOLD], False),
        (replace(RENAME, after={"user_name": "Ada"}), "user_name", [HOLD], False),
        (replace(RENAME, after={"user_name": None}), "user_name", [HOLD], True),
        (replace(RENAME, before={}), "user_name", [HOLD], False),
        (replace(RENAME, before={}), "user_name", [replace(HOLD, who="*")], False),
        (replace(RENAME, before={}), "user_name", [replace(HOLD, who="????")], False),
    ],
)
def test_nobody_is_renamed_out_of_a_hold_that_knows_them_by_that_name(change, name, holds, leaves):
    """It says how the hold would keep them: by the key."""
    why = (
        "legal hold: a case, by ann; ada* would not fit ada with this user_name:"
        " let the hold name p:1"
    )
    assert leaves_hold(change, name, holds) == (why if leaves else "")


def test_a_hold_on_all_who_have_a_name_lets_nobody_have_none():
    """No name is not just another one."""
    nameless, named = replace(RENAME, after={"user_name": None}), replace(HOLD, who="????*")
    assert leaves_hold(nameless, "user_name", [named]) != ""
    assert leaves_hold(RENAME, "user_name", [named]) == ""


@pytest.mark.parametrize(
    ("name", "before", "after", "loses"),
    [
        ("user_name", "ada", "countess", True),
        ("user_name", "ada", "ADA.king", False),
        ("user_name", "bob", "countess", False),
        ("user_name", "ada", None, True),
        ("user_name", None, "countess", False),
        ("user_name", "", "countess", False),
        ("email", "ada@x", "b@x", True),
        ("title", "ada", "x", False),
    ],
)
def test_a_name_loses_its_protection_where_no_pattern_fits_it_any_more(name, before, after, loses):
    """By each name that protection goes by; a pattern of groups is of no user."""
    protect = Protect(users=("ada*",), groups=("countess",))
    change = replace(RENAME, before={name: before}, after={name: after})
    rule = f"protected: user ada would lose its protection with this {name}"
    assert loses_protection(change, name, protect) == (rule if loses else "")
    of_group = replace(
        change, kind=Kind.GROUP, before={"display_name": "Countess"}, after={"display_name": "x"}
    )
    assert loses_protection(of_group, "display_name", protect) == (
        "protected: group ada would lose its protection with this display_name"
    )


def test_a_rule_names_the_group_as_it_is_called():
    """Be the word in its name or not; of a member only the rule's own word is another."""
    policy = Policy(protect=Protect(groups=("*",)))
    groups, members = {Ref("g"): "group of group heads"}, [(Ref("g"), Ref("u"))]
    assert protect_groups(groups, members, policy) == {
        (Kind.GROUP, "g"): "protected: group group of group heads",
        (Kind.USER, "u"): "protected: member of group of group heads",
    }


def test_who_has_no_address_is_protected_by_none():
    """Four letters are not an address that is missing."""
    policy = Policy(protect=Protect(users=("????",)))
    accounts = [Stored(Ref(name), User(user_name=name)) for name in ("ada", "kim", "zora")]
    assert protect_accounts(accounts, None, policy, {}) == {
        (Kind.USER, "zora"): "protected: user zora"
    }
