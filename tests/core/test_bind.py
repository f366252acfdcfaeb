"""A saved plan runs only where the world is as it was: what has moved since is refused."""

import pytest
from msgspec.structs import replace

from syncd.core.bind import all_run, bind
from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref, User
from syncd.core.plan import Change, Refusal, only
from syncd.core.policy import Adopt, Budget, Policy
from syncd.core.seen import MOVED
from syncd.errors import ConfigError
from tests.core.nowhere import NOWHERE
from tests.world import ADA, EVERYONE, KIM, ZOE, by_hand, group, ids, office, opened, person

SAID = "it is as it was in the target, and what the sources or the rules say is not"


def test_a_saved_plan_runs_as_it_was_shown():
    """Where nothing has moved, it is the plan of now."""
    here = office(ADA, ZOE, KIM, groups=[EVERYONE])
    saved = here.plan()
    assert bind(saved, here.plan(), NOWHERE) == saved
    assert ids(here.apply(saved=saved).execution.done) == ids(saved.changes)


def test_what_has_moved_since_is_refused_and_the_rest_runs():
    """Somebody has edited one account, and another was deleted."""
    here = opened(ADA, ZOE, KIM)
    here.source.has(
        *[person(p.key, p.attributes["user_name"], title="Doctor") for p in (ADA, ZOE, KIM)]
    )
    saved = here.plan()
    by_hand(here.backend, Kind.USER, here.ref("ada"), title="Countess")
    here.backend.users.delete(here.ref("kim"))
    report = here.apply(saved=saved)
    assert ids(report.execution.done) == ["user/update/p:2"]
    assert [(r.change.id, r.rule) for r in report.plan.refused] == [
        ("user/update/p:1", f"{MOVED}: title was 'Engineer' then and is 'Countess' now"),
        ("user/update/p:3", f"{MOVED}: it is not there any more"),
    ]
    assert report.plan.notes == ("1 change is not in the saved plan: left for the next one",)


def test_what_needs_a_change_that_has_moved_does_not_run():
    """A member of a group whose creation is another by now."""
    here = office(ADA, groups=[group("a", "Everyone", "1")])
    saved = here.plan()
    here.source.groups = [group("a", "Everybody", "1")]
    report = here.apply(saved=saved)
    assert ids(report.execution.done) == ["user/create/p:1"]
    assert [(r.change.id, r.rule) for r in report.plan.refused] == [
        ("group/create/p:a", f"{MOVED}: {SAID}"),
        ("member/add/p:a/p:1", "waits for group/create/p:a, which does not run"),
    ]


def test_what_is_held_by_now_holds_what_waits_for_it():
    """The budget was cut after the plan was made."""
    here = office(ADA, ZOE, groups=[group("a", "Everyone", "2")])
    saved = here.plan()
    here.policy = Policy(budgets={("user", "create"): Budget(count=1)})
    bound = bind(saved, here.plan(), NOWHERE)
    assert ids(bound.changes) == ["group/create/p:a", "user/create/p:1"]
    assert ids(r.change for r in bound.held) == ["member/add/p:a/p:2", "user/create/p:2"]
    assert bound.refused == ()  # what is held says why already


@pytest.mark.parametrize(
    ("field", "what"), [("sync", "sync"), ("target", "target"), ("config", "configuration")]
)
def test_a_plan_for_something_else_is_no_plan(field, what):
    """Another sync, another target, another configuration."""
    fresh = office(ADA).plan()
    saved = replace(fresh, **{field: "other"})
    with pytest.raises(ConfigError) as caught:
        bind(saved, fresh, NOWHERE)
    now = getattr(fresh, field)
    assert str(caught.value) == f"the plan was made for {what} other, this is {now}; plan again"


def test_a_saved_plan_adopts_only_whom_it_showed():
    """Another account has the address by now: nobody has said that it may become ours."""
    here = office(ADA, policy=Policy(adopt=Adopt.BY_EMAIL))
    somebody = here.backend.users.plant(User(user_name="somebody", email="ada@example.org"))
    saved = here.plan()
    here.backend.users.delete(somebody)
    here.backend.users.plant(User(user_name="other", email="ada@example.org"))
    assert (here.apply(saved=saved).plan.marks, here.links()) == ((), ())


def test_a_leavers_address_waits_for_a_suspension_that_the_saved_plan_does_not_have():
    """They were suspended when it was made; somebody has let them in again since."""
    here = opened(ADA, ZOE)
    here.source.has(person("2", "Zoë", email="zoe@example.org"))
    here.apply()
    here.source.has(person("2", "Zoë", email="ada@example.org"))
    saved = here.plan()
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=True)
    report = here.apply(saved=saved)
    assert report.execution.done == []
    assert here.accounts()["ada"]["email"] == "ada@example.org"


def test_all_has_run_where_no_change_and_no_adoption_was_lost():
    """What else is remembered was only observed; it may be otherwise by now."""
    made, other = (
        Change(Op.CREATE, Kind.USER, Key(key), "ada", after={"user_name": "ada"}) for key in "12"
    )
    adopted = Mark(Remark.ADOPT, Kind.USER, Key("3"), Ref("u3"), "cy")
    left = Mark(Remark.LEFT, Kind.USER, Key("4"), Ref("u4"), "dan")
    saved = replace(office(ADA).plan(), changes=(made, other), marks=(adopted, left))
    assert all_run(saved, saved)
    assert all_run(saved, replace(saved, marks=(adopted,)))
    assert not all_run(saved, replace(saved, marks=(left,)))
    assert not all_run(saved, replace(saved, changes=(made,)))


def test_what_is_only_observed_is_remembered_though_nobody_approved_it():
    """Whose account becomes whose is not, unless it was shown."""
    adopted = Mark(Remark.ADOPT, Kind.USER, Key("3"), Ref("u3"), "cy")
    left = Mark(Remark.LEFT, Kind.USER, Key("4"), Ref("u4"), "dan")
    fresh = replace(office(ADA).plan(), marks=(adopted, left))
    assert bind(replace(fresh, marks=()), fresh, NOWHERE).marks == (left,)
    assert bind(replace(fresh, marks=(adopted,)), fresh, NOWHERE).marks == (adopted, left)


TITLED = Change(
    Op.UPDATE,
    Kind.USER,
    Key("p:1"),
    "ada",
    Ref("u1"),
    {"title": "Mr", "phone": "1"},
    {"title": "Dr", "phone": "2"},
)


def bound(saved=(), held=(), fresh=()):
    """What runs of these, and how many are new."""
    plan = office(ADA).plan()
    then = replace(plan, changes=tuple(saved), held=tuple(Refusal(one, "held") for one in held))
    found = bind(then, replace(plan, changes=tuple(fresh)), NOWHERE)
    new = [note for note in found.notes if "saved plan" in note]
    return [(one.id, dict(one.after)) for one in found.changes], new


NEW = ["1 change is not in the saved plan: left for the next one"]


def test_what_the_saved_plan_held_runs_where_it_was_approved_since():
    """By itself, or with what ran anyway; of something else that is approved, nothing was shown."""
    title, phone = only(TITLED, {"title"}), only(TITLED, {"phone"})
    freed = replace(TITLED, approved=("title",))
    alone = replace(title, approved=("title",))
    whole = (TITLED.id, {"phone": "2", "title": "Dr"})
    assert bound([phone], [title], [freed]) == ([whole], [])
    assert bound([], [title], [alone]) == ([(TITLED.id, {"title": "Dr"})], [])
    assert bound([], [title], [title]) == ([], NEW)
    assert bound([], [], [alone]) == ([], NEW)
    assert bound([], [title], [freed]) == ([], NEW)
    assert bound([], [TITLED], [replace(TITLED, approved=("phone", "title"))]) == ([whole], [])
    assert bound([phone], [title], [TITLED]) == ([], [])
    other = replace(freed, after={"phone": "3", "title": "Dr"})
    assert bound([phone], [title], [other]) == ([], [])
    assert bound([phone], [replace(title, before={"title": "x"})], [freed]) == ([], [])
    assert bound([TITLED], [], [freed]) == ([whole], [])


def test_a_suspension_that_was_held_runs_once_it_is_approved():
    """As a whole."""
    gone = Change(
        Op.SUSPEND, Kind.USER, Key("p:1"), "ada", Ref("u1"), {"active": True}, {"active": False}
    )
    approved = replace(gone, approved=("suspend",))
    runs = [(gone.id, {"active": False})]
    assert bound([], [gone], [approved]) == (runs, [])
    assert bound([], [gone], [gone]) == ([], NEW)
    assert bound([], [], [approved]) == ([], NEW)
    assert bound([], [replace(gone, ref=Ref("u2"))], [approved]) == ([], NEW)


def test_what_was_held_and_runs_is_more_than_what_the_saved_plan_would_do():
    """It stands for nothing that was lost."""
    title, phone = only(TITLED, {"title"}), only(TITLED, {"phone"})
    approved = replace(TITLED, key=Key("p:2"), approved=("title",))
    held = (Refusal(replace(approved, approved=()), "held"),)
    saved = replace(office(ADA).plan(), changes=(phone,), held=held)
    assert all_run(saved, replace(saved, changes=(phone, approved)))
    assert not all_run(saved, replace(saved, changes=(approved,)))
    assert not all_run(saved, replace(saved, changes=(phone, title, approved)))
    assert not all_run(saved, replace(saved, changes=(phone, replace(approved, approved=()))))
    same = replace(saved, held=(Refusal(title, "held"),))
    assert all_run(same, replace(same, changes=(replace(TITLED, approved=("title",)),)))


class _At:
    """`core.seen.Now` of a target in which all that is there has this version."""

    versioned = True

    def __init__(self, version):
        self._version = version

    def stored(self, _kind, _refs):
        return {}

    def has(self, _group, _user):
        return False

    def version(self, _kind, _ref):
        return self._version


@pytest.mark.parametrize(
    ("then", "now", "runs"),
    [("W/1", "W/1", True), ("W/1", "W/2", False), ("", "W/2", True), ("W/1", "", True)],
)
def test_what_has_another_version_by_now_does_not_run(then, now, runs):
    """Though all that syncd knows of it is the same; where only one of them is known it may."""
    plan = office(ADA).plan()
    saved = replace(plan, changes=(replace(TITLED, version=then),))
    more = Change(Op.CREATE, Kind.USER, Key("p:2"), "zoë", after={"user_name": "zoë"})
    found = bind(saved, replace(plan, changes=(TITLED, more)), _At(now))
    assert ids(found.changes) == ([TITLED.id] if runs else [])
    assert ids(one.change for one in found.refused) == ([] if runs else [TITLED.id])


def test_what_is_approved_since_makes_up_for_nothing_that_has_moved():
    """It is not counted among what the plan would do."""
    plan = office(ADA).plan()
    held = Change(Op.SUSPEND, Kind.USER, Key("p:9"), "kim", Ref("u9"), {"active": True}, {})
    saved = replace(plan, changes=(TITLED,), held=(Refusal(held, "held"),))
    found = bind(saved, replace(plan, changes=(replace(held, approved=("suspend",)),)), NOWHERE)
    assert ids(found.changes) == [held.id]
    assert ids(one.change for one in found.refused) == [TITLED.id]
