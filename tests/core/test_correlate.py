"""Ours is what a link says is ours; an adoption needs a rule, and nobody guesses."""

import pytest
from msgspec.structs import replace

from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.correlate import SOME_TIME, Claims, correlate
from syncd.core.desired import Wanted
from syncd.core.memory import Link, Mark, Memory, OpenLine, Remark
from syncd.core.merge import Precedence
from syncd.core.model import Group, Key, Kind, Op, Ref, Stored, User
from syncd.core.plan import Problem
from syncd.core.policy import Adopt, Policy, Protect
from syncd.errors import Unavailable
from tests.wired import Wired
from tests.world import (
    ADA,
    ENGINEERING,
    ZOE,
    MemorySource,
    Office,
    by_hand,
    group,
    ids,
    office,
    opened,
    person,
)

BY_EMAIL = Policy(adopt=Adopt.BY_EMAIL, budgets={})
BY_LOGIN = Policy(adopt=Adopt.BY_USER_NAME, budgets={})
LOOSE = {Kind.USER: replace(USERS, unique=frozenset())}


def remarks(plan):
    return [(mark.remark, mark.key, mark.ref, mark.rule) for mark in plan.marks]


def test_an_account_with_the_same_login_is_a_conflict_and_no_adoption():
    """By default what was there before stays another's, and a person is told."""
    here = office(ADA)
    here.backend.users.plant(User(user_name="Ada", title="Countess"))
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert [(p.key, p.why) for p in plan.conflicts] == [
        ("p:1", "user_name 'ada' is taken by Ada (u1)")
    ]


def test_a_name_met_again_with_another_key_is_a_conflict():
    """Deleted and made again in the source: that may be another person."""
    here = opened(ADA)
    here.source.has(person("99", "ada", email="ada@example.org"))
    report = here.apply()
    assert ids(report.execution.done) == ["user/suspend/p:1"]
    assert [p.key for p in report.plan.conflicts] == ["p:99"]
    assert [link.key for link in here.links()] == ["p:1"]


@pytest.mark.parametrize(
    ("policy", "planted", "rule"),
    [
        (BY_EMAIL, User(user_name="al", email="ADA@example.org"), "by email"),
        (BY_LOGIN, User(user_name="ADA", email="other@x"), "by user_name"),
    ],
)
def test_an_adoption_by_rule_updates_what_was_there(policy, planted, rule):
    """Whose e-mail, or login, is the same: the account becomes ours and follows the source."""
    here = office(ADA, policy=policy)
    ref = here.backend.users.plant(planted)
    report = here.apply()
    assert remarks(report.plan) == [("adopt", "p:1", ref, rule)]
    assert ids(report.execution.done) == ["user/update/p:1"]
    assert here.plan() == replace(
        here.plan(), changes=(), marks=(), held=(), refused=(), conflicts=()
    )
    assert [link.ref for link in here.links()] == [ref]


def test_a_group_is_adopted_by_its_name_where_the_policy_says_so():
    """And only there."""
    here = office(groups=[ENGINEERING], policy=Policy(adopt_groups=True))
    ref = here.backend.groups.plant(Group(display_name="engineering"))
    assert remarks(here.apply().plan) == [("adopt", "p:e", ref, "by display_name")]
    stranger = office(groups=[ENGINEERING])
    stranger.backend.groups.plant(Group(display_name="engineering"))
    assert (stranger.plan().marks, len(stranger.plan().conflicts)) == ((), 1)


def test_where_two_accounts_could_be_meant_none_is_adopted():
    """The conflict names both, in an order that does not depend on the reading's."""
    here = office(ADA, policy=BY_EMAIL, backend=MemoryBackend(holds=LOOSE))
    for name in ("one", "two"):
        here.backend.users.plant(User(user_name=name, email="ada@example.org"))
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert [p.why for p in plan.conflicts] == [
        "not adopted by email (u1, u2): several could be meant"
    ]
    rows = here.backend.users._rows
    here.backend.users._rows = dict(reversed(rows.items()))
    assert here.plan() == plan


def test_where_two_people_could_be_meant_none_gets_the_account():
    """A shared mailbox is nobody's identity."""
    here = office(
        person("1", "ada", email="info@x"), person("2", "bob", email="info@x"), policy=BY_EMAIL
    )
    here.backend.users.plant(User(user_name="info", email="info@x"))
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert {p.key: p.why for p in plan.conflicts} == dict.fromkeys(
        ["p:1", "p:2"], "not adopted by email (u1): several could be meant"
    )


@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_account_is_never_adopted_nor_syncds_own(protected):
    """No rule about e-mail reaches them."""
    policy = replace(BY_EMAIL, protect=Protect(users=("root",) if protected else ()))
    backend = MemoryBackend(own=None if protected else Ref("u1"))
    here = office(ADA, policy=policy, backend=backend)
    backend.users.plant(User(user_name="root", email="ada@example.org"))
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert [p.why for p in plan.conflicts] == ["not adopted by email (u1): it is protected"]


def test_nobody_is_adopted_while_not_all_was_read():
    """What was not read may be a second account, or a second person, with that address."""
    here = office(ADA, policy=BY_EMAIL)
    here.backend.users.plant(User(user_name="ada", email="ada@example.org"))
    here.source.gaps = ("size limit",)
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert [p.why for p in plan.conflicts] == [
        "not adopted by email (u1): not all was read, and several could be meant"
    ]


def test_a_person_keeps_their_account_when_a_source_of_higher_precedence_has_them():
    """The link moves to the new key, once, and nothing else happens."""
    sources = {"p": MemorySource(), "q": MemorySource([ADA])}
    here = Office(sources=sources, merge=Precedence(by="email"))
    here.apply()
    sources["p"].has(person("77", "ada", email="ada@example.org", title="Engineer"))
    report = here.apply()
    assert [(m.remark, m.old_key, m.key) for m in report.plan.marks] == [("rekey", "q:1", "p:77")]
    assert report.plan.changes == ()
    assert [link.key for link in here.links()] == ["p:77"]
    assert here.plan().marks == ()


def test_a_link_moves_before_anything_else_is_remembered_of_it():
    """A restoration by hand and a new source in one run: both are kept."""
    sources = {"p": MemorySource(), "q": MemorySource([ADA, ZOE])}
    here = Office(sources=sources, merge=Precedence(by="email"), policy=Policy(budgets={}))
    here.apply()
    sources["q"].has(ZOE)
    here.apply()
    by_hand(here.backend, Kind.USER, here.ref("ada"), active=True)
    sources["p"].has(person("77", "ada", email="ada@example.org", title="Engineer"))
    sources["q"].has(ADA, ZOE)
    report = here.apply()
    assert [m.remark for m in report.plan.marks] == ["rekey", "active", "returned"]
    assert here.plan().marks == ()
    assert {(link.left_at, link.suspended_at) for link in here.links()} == {(None, None)}


def test_a_person_with_two_accounts_is_a_conflict_until_one_goes():
    """Two sources turn out to mean one person: nobody decides for them which account stays."""
    sources = {
        "p": MemorySource([person("1", "ada", email="a@x")]),
        "q": MemorySource([person("9", "lovelace", email="b@x")]),
    }
    here = Office(sources=sources, merge=Precedence(by="email"))
    here.apply()
    sources["q"].has(person("9", "lovelace", email="a@x"))
    plan = here.plan()
    assert plan.changes == ()
    assert [(p.key, p.why) for p in plan.conflicts] == [
        ("p:1", "has a second account (u2) under q:9; decide which one stays")
    ]


def claims(**given):
    return Claims(
        **{
            "kind": Kind.USER,
            "unique": USERS.unique,
            "caseless": USERS.caseless,
            "adopt_by": None,
            "kept": frozenset(),
            "whole": True,
            "certain": True,
            "keeps_keys": False,
            **given,
        }
    )


LINE = OpenLine(1, Op.CREATE, Kind.USER, Key("p:1"), None, {"user_name": "ada", "email": "a@x"})
ADA_WANTED = Wanted(Key("p:1"), User(user_name="ada", email="a@x"), "")


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (Stored(Ref("u1"), User(user_name="renamed"), Key("p:1")), True),
        (Stored(Ref("u1"), User(user_name="ada", email="a@x"), Key("p:2")), False),
        (Stored(Ref("u1"), User(user_name="ADA", email="A@x")), True),
        (Stored(Ref("u1"), User(user_name="ada")), False),
    ],
)
def test_a_creation_in_doubt_is_found_by_its_key_or_else_by_all_its_names(stored, found):
    """Where the target keeps our key, only that counts."""
    result = correlate([ADA_WANTED], [stored], Memory(open_lines=(LINE,)), claims())
    assert [mark.remark for mark in result.marks] == ([Remark.CLAIM] if found else [])
    assert (result.undecided, result.conflicts) == (frozenset(), ())


def test_where_the_target_keeps_keys_an_account_without_one_was_not_made_by_us():
    """Whoever made it since by hand, with the same names, keeps it."""
    stranger = Stored(Ref("u1"), User(user_name="ada", email="a@x"))
    memory = Memory(open_lines=(LINE,))
    result = correlate([ADA_WANTED], [stranger], memory, claims(keeps_keys=True))
    assert (result.marks, result.foreign) == ((), (stranger,))


@pytest.mark.parametrize("whole", [True, False])
def test_a_creation_in_doubt_that_is_not_clear_is_not_repeated(whole):
    """Two could be it, or not all was read: nothing is done to that person."""
    two = [Stored(Ref(r), User(user_name="ada", email="a@x")) for r in ("u1", "u2")]
    result = correlate(
        [ADA_WANTED], two if whole else [], Memory(open_lines=(LINE,)), claims(whole=whole)
    )
    assert (result.marks, result.undecided) == ((), {"p:1"})
    why = "may have been created by an earlier run, and which account it is is unclear"
    assert result.conflicts == (Problem(Kind.USER, Key("p:1"), "ada", why),)


ADA_IN_O = Wanted(Key("o:7"), User(user_name="ada", email="a@x"), "", (Key("p:1"),))


def test_what_is_not_clear_of_a_creation_holds_for_whom_it_was_made_for_under_another_key():
    """They get no second account."""
    memory = Memory(open_lines=(LINE,))
    result = correlate([ADA_IN_O], [], memory, claims(whole=False))
    assert (result.marks, result.undecided) == ((), {"o:7", "p:1"})


def test_a_creation_in_doubt_for_somebody_who_has_an_account_is_a_second_one():
    """A person decides which of them stays; until then it is no leaver's."""
    link = Link(Kind.USER, Key("o:7"), Ref("u7"), "ada.l", aliases=(Key("p:1"),))
    stored = [
        Stored(Ref("u7"), User(user_name="ada.l")),
        Stored(Ref("u1"), User(user_name="ada", email="a@x")),
    ]
    result = correlate([ADA_IN_O], stored, Memory((link,), (LINE,)), claims())
    assert [(mark.remark, mark.key) for mark in result.marks] == [(Remark.CLAIM, "p:1")]
    assert [(one.link.key, one.stored.ref) for one in result.ours] == [("o:7", "u7"), ("p:1", "u1")]
    assert result.undecided == {"p:1"}
    why = "has a second account (u1) under p:1; decide which one stays"
    assert result.conflicts == (Problem(Kind.USER, Key("o:7"), "ada", why),)


def test_a_leaver_whose_account_was_made_anew_in_doubt_is_still_syncds():
    """What is forgotten is the account that is gone, and not the one that took its place."""
    backend = Wired(MemoryBackend())
    here = opened(ADA, ZOE, backend=backend)
    here.backend.users.delete(here.ref("ada"))
    backend.hook = lost_answer
    here.apply()
    backend.hook = lambda _when, _verb: None
    here.source.has(ZOE)
    report = here.apply()
    assert [mark.remark for mark in report.plan.marks] == ["claim", "forget", "left"]
    assert [(one.key, one.ref) for one in here.links()] == [
        ("p:1", here.ref("ada")),
        ("p:2", here.ref("Zoë")),
    ]
    assert here.accounts()["ada"]["active"] is False


def lost_answer(when: str, verb: str) -> None:
    if (when, verb) == ("after", "batch.end"):
        raise Unavailable("the connection was cut")


def test_a_linked_account_that_a_cut_reading_does_not_show_is_not_made_again():
    """It may be in the part that was not read."""
    backend = Wired(MemoryBackend())
    here = opened(ADA, ZOE, backend=backend)
    backend.cut = {"users": 1}
    plan = here.plan()
    assert (plan.changes, plan.marks) == ((), ())
    assert plan.withheld == ("target wiki: users: the answer was cut",)


def test_a_line_of_what_is_linked_by_now_is_no_doubt():
    """Another run has created it."""
    link = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
    stored = Stored(Ref("u1"), User(user_name="ada", email="a@x"))
    memory = Memory(links=(link,), open_lines=(LINE,))
    assert correlate([ADA_WANTED], [stored], memory, claims()).marks == ()
    other = replace(stored, ref=Ref("u2"))
    for foreign in ((), (other,), (other, replace(stored, ref=Ref("u3")))):
        result = correlate([ADA_WANTED], [stored, *foreign], memory, claims())
        assert (result.marks, result.undecided, result.foreign) == ((), frozenset(), foreign)


def test_only_a_creation_in_doubt_is_claimed_and_each_of_them():
    """Whatever else is in doubt comes between them."""
    other = replace(LINE, key=Key("p:2"), after={"user_name": "bob", "email": "b@x"})
    update = replace(other, op=Op.UPDATE, key=Key("p:3"))
    stored = Stored(Ref("u2"), User(user_name="bob", email="b@x"))
    memory = Memory(open_lines=(update, replace(update, key=Key("p:4")), other))
    result = correlate([], [stored], memory, claims())
    assert [(one.remark, one.key) for one in result.marks] == [(Remark.CLAIM, "p:2")]
    assert result.conflicts == ()


def test_of_all_creations_that_are_not_clear_none_is_repeated():
    """Not only of the last one."""
    lines = (LINE, replace(LINE, line=2, key=Key("p:2")))
    two = [Stored(Ref(r), User(user_name="ada", email="a@x")) for r in ("u1", "u2")]
    result = correlate([ADA_WANTED], two, Memory(open_lines=lines), claims())
    assert (result.marks, result.undecided) == ((), {"p:1", "p:2"})


def test_who_has_an_account_adopts_no_second_one():
    """Though the rule would fit one that is there."""
    link = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
    mine, other = (Stored(Ref(ref), User(user_name=ref, email="a@x")) for ref in ("u1", "u2"))
    result = correlate([ADA_WANTED], [mine, other], Memory(links=(link,)), claims(adopt_by="email"))
    assert (result.marks, result.foreign, result.conflicts) == ((), (other,), ())


def test_a_key_that_is_learned_counts_at_once():
    """In this very plan: a hold may be on it."""
    link = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
    wanted = replace(ADA_WANTED, aliases=(Key("q:9"),))
    stored = Stored(Ref("u1"), User(user_name="ada", email="a@x"))
    result = correlate([wanted], [stored], Memory(links=(link,)), claims())
    assert [one.remark for one in result.marks] == [Remark.ALIASES]
    assert [one.link.aliases for one in result.ours] == [("q:9",)]


def test_who_has_no_value_to_be_adopted_by_is_not_adopted():
    """No e-mail equals no other no e-mail."""
    here = office(person("1", "ada"), policy=BY_EMAIL)
    here.backend.users.plant(User(user_name="robot"))
    assert ids(here.plan().changes) == ["user/create/p:1"]
    assert here.plan().marks == ()


def test_a_group_renamed_in_the_source_keeps_its_members():
    """Members go by keys and refs, not by names."""
    here = opened(ADA, groups=[group("e", "Engineering", "1")])
    here.source.groups = [group("e", "Research", "1")]
    assert ids(here.apply().execution.done) == ["group/update/p:e"]
    assert here.members() == {("Research", "ada")}


@pytest.mark.parametrize("active", [True, False])
def test_a_suspension_in_doubt_is_remembered_if_it_is_seen(active):
    """An inactive account was suspended by us then; an active one was not."""
    link = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
    stored = Stored(Ref("u1"), User(user_name="ada", active=active))
    line = OpenLine(1, Op.SUSPEND, Kind.USER, Key("p:1"), Ref("u1"), {"active": False})
    result = correlate([], [stored], Memory(links=(link,), open_lines=(line,)), claims())
    assert [mark.remark for mark in result.marks] == ([] if active else [Remark.SUSPENDED])
    assert (result.ours[0].link.suspended_at is None) == active


def test_a_conflict_says_where_the_record_stands():
    """Whichever of its sentences it is."""
    wanted = [
        Wanted(Key("p:1"), User(user_name="ada", email="a@x"), "people.yaml:1", (Key("q:1"),)),
        Wanted(Key("p:2"), User(user_name="bob", email="b@x"), "people.yaml:2"),
    ]
    links = tuple(
        Link(Kind.USER, Key(key), Ref(ref), "ada") for key, ref in (("p:1", "u1"), ("q:1", "u2"))
    )
    stored = [Stored(Ref(ref), User(user_name=ref, email="b@x")) for ref in ("u1", "u2", "u3")]
    by_email = claims(adopt_by="email", kept=frozenset({Ref("u3")}))
    result = correlate(wanted, stored, Memory(links=links), by_email)
    assert result.conflicts == (
        Problem(
            Kind.USER,
            Key("p:1"),
            "ada",
            "has a second account (u2) under q:1; decide which one stays",
            "people.yaml:1",
        ),
        Problem(
            Kind.USER,
            Key("p:2"),
            "bob",
            "not adopted by email (u3): it is protected",
            "people.yaml:2",
        ),
    )
    assert result.undecided == {"p:2", "q:1"}


def test_what_is_remembered_says_by_what_it_was_decided():
    """Each remark in its own words, with the name and the keys of the link from then on."""
    links = (
        Link(Kind.USER, Key("p:2"), Ref("u2"), "bob"),
        Link(Kind.USER, Key("q:3"), Ref("u3"), "cy"),
        Link(Kind.USER, Key("p:4"), Ref("u4"), "dan"),
        Link(Kind.USER, Key("p:5"), Ref("u5"), "eve"),
        Link(Kind.GROUP, Key("p:g"), Ref("g1"), "G"),
    )
    suspending = OpenLine(2, Op.SUSPEND, Kind.USER, Key("p:2"), Ref("u2"), {}, {"active": False})
    other = OpenLine(3, Op.CREATE, Kind.GROUP, Key("p:h"), None, {}, {"display_name": "ada"})
    wanted = [
        ADA_WANTED,
        Wanted(Key("p:2"), User(user_name="bob"), ""),
        Wanted(Key("p:3"), User(user_name="cy"), "", (Key("q:3"),)),
        Wanted(Key("p:5"), User(user_name="eve"), "", (Key("q:5"),)),
        Wanted(Key("p:6"), User(user_name="fay", email="f@x"), ""),
    ]
    stored = [
        Stored(Ref("u1"), User(user_name="ada", email="a@x")),
        Stored(Ref("u2"), User(user_name="bob", active=False)),
        Stored(Ref("u3"), User(user_name="cy")),
        Stored(Ref("u5"), User(user_name="eve")),
        Stored(Ref("u6"), User(user_name="frieda", email="F@X")),
        Stored(Ref("u7"), User(user_name="zed")),
    ]
    memory = Memory(links=links, open_lines=(LINE, suspending, other))
    result = correlate(wanted, stored, memory, claims(adopt_by="email"))
    assert result.marks == (
        Mark(Remark.CLAIM, Kind.USER, "p:1", "u1", "ada", "the creation had been done"),
        Mark(Remark.SUSPENDED, Kind.USER, "p:2", "u2", "bob", "the suspension had been done"),
        Mark(
            Remark.REKEY,
            Kind.USER,
            "p:3",
            "u3",
            "cy",
            "the same person in another source",
            "q:3",
            ("q:3",),
        ),
        Mark(Remark.FORGET, Kind.USER, "p:4", "u4", "dan", "gone from source and target"),
        Mark(Remark.ALIASES, Kind.USER, "p:5", "u5", "eve", "", None, ("q:5",)),
        Mark(Remark.ADOPT, Kind.USER, "p:6", "u6", "frieda", "by email"),
    )
    assert [one.link.key for one in result.ours] == ["p:1", "p:2", "p:3", "p:5", "p:6"]
    assert [one.ref for one in result.foreign] == ["u7"]
    assert result.ours[1].link.suspended_at == SOME_TIME
    assert (result.conflicts, result.undecided) == ((), frozenset())


def test_a_suspension_in_doubt_that_was_not_done_is_not_remembered():
    """Nor one of an account that another line is about."""
    link = Link(Kind.USER, Key("p:1"), Ref("u1"), "ada")
    line = OpenLine(2, Op.SUSPEND, Kind.USER, Key("p:1"), Ref("u1"), {}, {"active": False})
    there = Stored(Ref("u1"), User(user_name="ada", email="a@x"))
    asleep = replace(there, entity=replace(there.entity, active=False))
    for lines, stored in (
        ((line,), there),
        ((replace(line, key=Key("p:2"), ref=Ref("u2")),), asleep),
        ((replace(line, ref=Ref("u2")),), asleep),
        ((replace(line, op=Op.UPDATE),), asleep),
        ((replace(line, kind=Kind.GROUP),), asleep),
    ):
        result = correlate([ADA_WANTED], [stored], Memory((link,), lines), claims())
        assert (result.marks, result.ours[0].link) == ((), link)


@pytest.mark.parametrize(
    ("wanting", "held", "given", "why"),
    [
        (2, 1, {}, "several could be meant"),
        (1, 2, {}, "several could be meant"),
        (1, 1, {"kept": frozenset({Ref("u1")})}, "it is protected"),
        (1, 1, {"certain": False}, "not all was read, and several could be meant"),
    ],
)
def test_who_is_not_adopted_is_told_with_the_accounts_that_could_be_theirs(
    wanting, held, given, why
):
    """Nothing is done to any of them."""
    wanted = [
        Wanted(Key(f"p:{n}"), User(user_name=f"user{n}", email="a@x"), f"people.yaml:{n}")
        for n in range(1, wanting + 1)
    ]
    stored = [
        Stored(Ref(f"u{n}"), User(user_name=f"stored{n}", email="A@x")) for n in range(held, 0, -1)
    ]
    result = correlate(wanted, stored, Memory(), claims(adopt_by="email", **given))
    refs = ", ".join(f"u{n}" for n in range(1, held + 1))
    assert result.conflicts == tuple(
        Problem(
            Kind.USER,
            one.key,
            one.entity.user_name,
            f"not adopted by email ({refs}): {why}",
            one.origin,
        )
        for one in wanted
    )
    assert (result.undecided, result.ours) == ({one.key for one in wanted}, ())
    assert [one.ref for one in result.foreign] == sorted(one.ref for one in stored)


def test_a_creation_in_doubt_without_a_login_has_no_name():
    """Nothing is made up for it."""
    line = replace(LINE, after={"email": "a@x"})
    result = correlate([], [], Memory(open_lines=(line,)), claims(whole=False))
    assert [(one.key, one.name) for one in result.conflicts] == [("p:1", "")]
