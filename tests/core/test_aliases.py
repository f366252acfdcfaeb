"""A person in several sources keeps the account when the source that gave its key loses them."""

import pytest
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Op, Ref, State
from syncd.core.policy import Policy
from syncd.errors import Unavailable
from tests.wired import Wired
from tests.world import FREE, MemorySource, Office, by_hand, group, ids, person

EMAIL = "grace@x"
IN_P = person("1", "grace", email=EMAIL)
IN_Q = person("9", "grace", email=EMAIL)
IN_R = person("5", "grace", email=EMAIL)
SPARE = person("2", "max", email="max@x")


def sources(p=(), q=(), r=()):
    """Each has one more than it is about, so that none is ever empty."""
    return {
        name: MemorySource([*people, person(f"{name}0", f"somebody-of-{name}")])
        for name, people in (("p", p), ("q", q), ("r", r))
    }


def merged(*, r=(), policy=FREE, backend=None) -> Office:
    """Grace is in `p` and in `q`, and has the account `u1` under her key in `p`."""
    here = Office(
        sources=sources([IN_P], [IN_Q], r),
        backend=backend or MemoryBackend(),
        merge=Precedence(by="email"),
        policy=policy,
    )
    here.apply()
    return here


def now(here: Office, **people) -> None:
    """From now on the sources have these people."""
    for name, source in sources(**people).items():
        here.sources[name].has(*source.people)


def of_grace(here: Office) -> tuple[str, tuple[str, ...]]:
    [link] = [link for link in here.links() if link.ref == here.ref("grace")]
    return link.key, link.aliases


def told(plan) -> list[tuple]:
    return [(mark.remark, mark.old_key, mark.key, mark.aliases) for mark in plan.marks]


def test_a_first_import_remembers_under_which_keys_it_met_people():
    """At once: the second plan has nothing to do and nothing to remember."""
    here = merged(r=[IN_R])
    assert of_grace(here) == ("p:1", ("q:9", "r:5"))
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_key_in_a_further_source_is_remembered_when_it_is_met():
    """Added to those that are known, in order; who leaves a further source is still known there."""
    here = merged()
    now(here, p=[IN_P], r=[IN_R])
    assert told(here.apply().plan) == [("aliases", None, "p:1", ("q:9", "r:5"))]
    assert of_grace(here) == ("p:1", ("q:9", "r:5"))
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_key_that_turns_out_to_be_somebody_elses_is_forgotten():
    """Else the account of one would go to the other on the day that the first leaves."""
    here = merged()
    other = person("9", "hopper", email="hopper@x")
    now(here, p=[IN_P], q=[other])
    report = here.apply()
    assert told(report.plan) == [("aliases", None, "p:1", ())]
    assert ids(report.execution.done) == ["user/create/q:9"]
    now(here, q=[other])
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]


def test_who_leaves_one_source_and_stays_in_another_keeps_the_account():
    """The link moves to the other key; nothing is changed, and nobody is asked."""
    here = merged()
    now(here, q=[IN_Q])
    plan = here.apply().plan
    assert told(plan) == [("rekey", "p:1", "q:9", ("p:1",))]
    assert (plan.changes, plan.held, plan.conflicts) == ((), (), ())
    assert of_grace(here) == ("q:9", ("p:1",))
    assert (here.plan().changes, here.plan().marks) == ((), ())


@pytest.mark.parametrize("back", [{"p": [IN_P], "q": [IN_Q]}, {"p": [IN_P]}])
def test_who_returns_to_the_first_source_keeps_the_account_too(back):
    """Whether or not they leave the second in the same moment."""
    here = merged()
    now(here, q=[IN_Q])
    here.apply()
    now(here, **back)
    plan = here.apply().plan
    assert told(plan) == [("rekey", "q:9", "p:1", ("q:9",))]
    assert (plan.changes, plan.conflicts) == ((), ())
    assert of_grace(here) == ("p:1", ("q:9",))


def test_a_new_key_in_the_first_source_is_known_by_the_one_in_the_second():
    """An entry that was deleted and made again is, by the rule, the same person."""
    here = merged()
    now(here, p=[replace(IN_P, key="77")], q=[IN_Q])
    plan = here.apply().plan
    assert told(plan) == [("rekey", "p:1", "p:77", ("p:1", "q:9"))]
    assert (plan.changes, plan.conflicts) == ((), ())


def test_memberships_stay_with_the_account():
    """The group's member is the person, whatever their key."""
    here = merged()
    here.sources["q"].groups = [group("e", "Engineering", "9")]
    here.apply()
    now(here, q=[IN_Q])
    assert here.apply().plan.changes == ()
    assert here.members() == {("Engineering", "grace")}


def test_a_link_keeps_its_stamps_when_it_moves():
    """A leaver who comes back by the other source has the account back."""
    here = merged()
    now(here)
    here.apply()
    now(here, q=[IN_Q])
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["rekey", "returned"]
    assert ids(report.execution.done) == ["user/restore/q:9"]
    assert [link.left_at for link in here.links() if link.key == "q:9"] == [None]


def test_a_suspension_in_doubt_is_remembered_before_its_link_moves():
    """It was syncd's, so syncd may lift it."""
    backend = Wired(MemoryBackend())
    here = merged(backend=backend)
    now(here)
    backend.hook = lost_answer
    here.apply()
    backend.hook = lambda _when, _verb: None
    now(here, q=[IN_Q])
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["suspended", "rekey", "returned"]
    assert ids(report.execution.done) == ["user/restore/q:9"]
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_suspension_in_doubt_is_remembered_where_an_earlier_source_has_the_person_by_now():
    """Her link moves at once, and it was syncd that suspended her."""
    backend = Wired(MemoryBackend())
    here = Office(sources=sources((), [IN_Q]), backend=backend, merge=Precedence(by="email"))
    here.apply()
    now(here)
    backend.hook = lost_answer
    here.apply()
    backend.hook = lambda _when, _verb: None
    now(here, p=[IN_P], q=[IN_Q])
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["rekey", "returned", "suspended"]
    assert ids(report.execution.done) == ["user/restore/p:1"]
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_creation_in_doubt_is_claimed_for_whom_an_earlier_source_has_by_now():
    """She is no leaver, and gets no second account."""
    wired = Wired(MemoryBackend())
    here = Office(sources=sources(), backend=wired, merge=Precedence(by="email"))
    here.apply()
    now(here, q=[IN_Q])
    wired.hook = lost_answer
    here.apply()
    wired.hook = lambda _when, _verb: None
    now(here, p=[IN_P], q=[IN_Q])
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["claim", "rekey"]
    assert (report.execution.done, report.plan.conflicts) == ([], ())
    assert of_grace(here) == ("p:1", ("q:9",))
    assert (here.plan().changes, here.plan().marks) == ((), ())


def lost_answer(when: str, verb: str) -> None:
    if (when, verb) == ("after", "batch.end"):
        raise Unavailable("the connection was cut")


def test_where_two_people_could_go_on_with_an_account_neither_does():
    """They were one by the rule, and are two now: nobody guesses, and nobody gets a second."""
    here = merged(r=[IN_R])
    now(here, q=[IN_Q], r=[person("5", "amazing", email="amazing@x")])
    why = "may be who had account u1 under p:1, and so may others; decide whose it is"
    for plan in (here.plan(), here.apply().plan, here.plan()):
        assert (plan.changes, plan.marks) == ((), ())
        assert [(p.key, p.why) for p in plan.conflicts] == [("q:9", why), ("r:5", why)]
    now(here, q=[IN_Q])
    assert told(here.apply().plan) == [("rekey", "p:1", "q:9", ("p:1", "r:5"))]


def test_where_a_person_could_go_on_with_two_accounts_they_get_neither():
    """Nor a third one; nor is one of the two suspended before it is decided."""
    here = merged()
    now(here, p=[IN_P, replace(SPARE, key="2")], q=[IN_Q], r=[replace(SPARE, key="5")])
    here.apply()
    now(here, q=[IN_Q], r=[replace(IN_R, key="5")])
    plan = here.apply().plan
    assert (plan.changes, plan.marks) == ((), ())
    assert [(p.key, p.why) for p in plan.conflicts] == [
        ("q:9", "may be who had account u1 under p:1, account u5 under p:2; decide which one stays")
    ]
    by_hand(here.backend, Kind.USER, Ref("u5"), active=False)
    assert (here.plan().changes, here.plan().marks) == ((), ())


@pytest.mark.parametrize("where", ["p", "r"])
def test_on_an_incomplete_reading_no_link_moves_and_no_second_account_is_made(where):
    """The key that was not seen may be in what was not read; by the next whole reading it is known."""
    here = merged()
    now(here, q=[replace(IN_Q, attributes={"user_name": "grace.q"})])
    here.sources[where].gaps = ("size limit",)
    plan = here.apply().plan
    assert (plan.changes, plan.marks) == ((), ())
    assert [(p.key, p.why) for p in plan.conflicts] == [
        (
            "q:9",
            "may be who had account u1 under p:1, and not all was read; nothing is done to them until it is",
        )
    ]
    here.sources[where].gaps = ()
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["rekey"]
    assert ids(report.execution.done) == ["user/update/q:9"]


def test_whom_the_rule_still_joins_with_an_unread_source_waits():
    """As ever: a source that was not read whole may say more of them."""
    here = merged()
    now(here, q=[IN_Q])
    here.sources["p"].gaps = ("size limit",)
    plan = here.apply().plan
    assert (plan.changes, plan.marks, plan.conflicts) == ((), (), ())
    assert of_grace(here) == ("p:1", ("q:9",))


def test_a_link_of_somebody_undecided_does_not_move():
    """The first source still has that key, twice, and nobody knows who of them is who."""
    here = merged()
    alone = replace(IN_P, attributes={"user_name": "grace"})
    now(here, p=[alone, alone], q=[replace(IN_Q, attributes={"user_name": "other"})])
    report = here.apply()
    assert report.plan.marks == ()
    assert ids(report.execution.done) == ["user/create/q:9"]
    assert of_grace(here) == ("p:1", ("q:9",))


def test_an_account_that_is_gone_goes_to_nobody():
    """Who comes by the other source gets a new one, and what is gone is forgotten."""
    here = merged()
    here.backend.users.delete(here.ref("grace"))
    now(here, q=[IN_Q])
    report = here.apply()
    assert [(mark.remark, mark.key) for mark in report.plan.marks] == [("forget", "p:1")]
    assert ids(report.execution.done) == ["user/create/q:9"]
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_a_link_moves_over_one_to_an_account_that_is_gone():
    """Of two accounts somebody deleted the second; then the first source loses the person."""
    here = merged()
    now(here, p=[IN_P], q=[replace(IN_Q, attributes={"user_name": "second"})])
    here.apply()
    now(here, p=[IN_P], q=[IN_Q])
    assert [p.key for p in here.apply().plan.conflicts] == ["p:1"]
    here.backend.users.delete(here.ref("second"))
    now(here, q=[IN_Q])
    assert told(here.apply().plan) == [("rekey", "p:1", "q:9", ("p:1",))]
    assert (here.plan().changes, here.plan().marks) == ((), ())


def test_who_has_an_account_of_their_own_keeps_that():
    """The other one is a leaver's."""
    here = merged()
    now(here, p=[IN_P], q=[replace(IN_Q, attributes={"user_name": "second"})])
    here.apply()
    now(here, q=[replace(IN_Q, attributes={"user_name": "second"})])
    assert ids(here.apply().execution.done) == ["user/suspend/p:1"]


def test_who_is_suspended_in_the_source_that_stays_is_suspended():
    """The account goes on under the other key, and follows that source."""
    here = merged(policy=Policy(budgets={}))
    now(here, q=[replace(IN_Q, state=State.SUSPENDED)])
    report = here.apply()
    assert [(done.op, done.key, done.reason) for done in report.execution.done] == [
        (Op.SUSPEND, "q:9", "suspended in the source")
    ]
