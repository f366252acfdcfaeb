"""What the ledger alone knows of a person is what sources and target would say."""

from dataclasses import dataclass
from dataclasses import replace as but
from datetime import timedelta

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from syncd import offline
from syncd.backends.memory import USERS, MemoryBackend
from syncd.core.correlate import UNCLEAR
from syncd.core.decide import decide
from syncd.core.mapping import UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Key, Kind, Op, Reference, User
from syncd.core.policy import Budget, Leavers, Policy
from syncd.cycle import Mode, selection
from syncd.engine import ask
from syncd.explain import Explainer, Journal, Rulebook
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import worlds
from tests.telling import TellingSource
from tests.wired import Wired
from tests.world import (
    ADA,
    EVERYONE,
    FREE,
    KIM,
    NOON,
    ZOE,
    MemorySource,
    Office,
    group,
    office,
    opened,
    person,
)

LATER = NOON + timedelta(days=1)


@dataclass
class Unread:
    """A source of which nothing but its declaration is there."""

    supplies: frozenset[str]

    def close(self) -> None:
        pass


def online(here):
    """Explains by reading everything."""
    question = ask(here.sync, here.ledger, here.now)
    rules, journal = Rulebook.of(here.sync), Journal(here.ledger, "main")
    return question, Explainer(question, decide(question), rules, journal)


def recall(here, who, **how):
    """With sources and a target that cannot be asked for anything."""
    sources = {name: Unread(source.supplies) for name, source in here.sources.items()}
    return offline.recall(
        but(here.sync, sources=sources, backend=None), here.ledger, who, here.now, **how
    )


def told(recalled):
    return [replace(one, as_of=None) for one in recalled.called]


def same_as_online(here, who):
    """The one explanation, which is what reading everything would give."""
    (one,) = told(recall(here, who))
    assert [one] == online(here)[1].explain(who)
    return one


def names(some):
    return [one.name for one in some]


@settings(max_examples=max(1, settings().max_examples * 2 // 5))  # each asks about everybody twice
@given(worlds(), WHOLE)
def test_whom_an_explanation_knows_the_ledger_alone_explains_alike(world, history):
    """After every cycle that was kept: their records, what is wanted, and what comes next."""
    for lived in live(world, history):
        if lived.plan.withheld:
            continue  # what cannot be believed is not kept
        question, explainer = online(world)
        keys = {*question.desired.people, *(link.key for link in question.memory.links)}
        for who in [*keys, *(account.ref for account in question.seen.users)]:
            recalled = recall(world, who)
            assert recalled.as_of.overtaken_by is None
            for one in explainer.explain(who):
                assert one in told(recalled)


def test_a_person_is_explained_as_of_the_cycle_that_was_kept():
    """Records with their origins, rules, groups, account, link and journal; and when it was read."""
    here = opened(ADA, ZOE, KIM, groups=[EVERYONE])
    here.now = LATER
    one = same_as_online(here, "ada")
    assert (one.origins, one.groups, one.account.groups) == (
        {"p": "people.yaml:1"},
        ("Everyone",),
        ("Everyone",),
    )
    assert [line.op for line in one.lines] == [Op.ADD, Op.CREATE]
    as_of = offline.AsOf(sources={"p": NOON}, target=NOON, full_at=NOON)
    assert (
        [one.as_of for one in recall(here, "ada").called] == [as_of] == [recall(here, "ada").as_of]
    )


def test_what_comes_next_for_a_leaver_is_known():
    """Suspended, and when the account may be deleted; then that it is."""
    here = opened(ADA, ZOE, policy=replace(FREE, leavers=Leavers.DELETE, grace=timedelta(days=7)))
    here.source.has(ZOE)
    here.apply()
    assert same_as_online(here, "ada").due == here.now + timedelta(days=7)
    here.live_days(8)
    assert [change.op for change in same_as_online(here, "p:1").changes] == [Op.DELETE]


def test_a_held_change_is_told_with_its_rule():
    """And who is to have a name that nobody has yet is found by it."""
    always = {"user_name": "{{ given_name }}.x"}
    ada = person("1", "ada", given_name="Ada")
    here = opened(ada, users=UserMapping(always=always), policy=Policy(budgets=TWO))
    made = [person(str(n), f"new{n}", given_name=f"Nova{n}") for n in range(5, 9)]
    here.source.has(ada, *made)
    here.apply()
    one = same_as_online(here, "nova7.x")
    assert [held.rule for held in one.held] == [
        (
            "over budget user.create: 3 planned, 2 done in the last 24 h, 2 allowed of 2; "
            "3 of these held"
        )
    ]


TWO = {(Kind.USER, Op.CREATE): Budget(count=2)}


def test_the_account_that_syncd_logs_in_with_is_known_again():
    """It is not suspended, though nobody asked the target who syncd is."""
    here = opened(ADA, ZOE)
    here.backend.own = here.ref("ada")
    here.source.has(ZOE)
    here.apply()
    (refused,) = same_as_online(here, "ada").refused
    assert refused.rule == "protected: syncd logs in with this account"


def test_a_conflict_is_told_of_both_sides():
    """A stranger has the login: the person has no account, and the stranger's is nobody's."""
    here = office(ADA, ZOE)
    ref = here.backend.users.create(Key("x"), User(user_name="ada"))
    here.apply()
    ours, theirs = told(recall(here, "ada"))
    assert [ours, theirs] == online(here)[1].explain("ada")
    assert [problem.why for problem in ours.problems] == ["user_name 'ada' is taken by ada (u1)"]
    assert (theirs.key, theirs.account.ref, theirs.account.ours) == (None, ref, False)


def test_a_person_of_several_records_is_one():
    """By the key of any of them, and by a name that only one of them has."""
    here = Office(
        sources={"p": MemorySource([ADA]), "q": MemorySource([LADY])},
        merge=Precedence(by="email"),
    )
    here.apply()
    assert same_as_online(here, "q:9") == same_as_online(here, "1")
    assert names(recall(here, "lady").called) == ["ada"]


LADY = person("9", "lady", email="ada@example.org", title="Countess")


def test_whom_references_mean_is_known_where_one_of_them_leads_nowhere():
    """The group's members are there, nobody is removed, and the failure is nobody's."""
    hers, nobody = (Reference("q", "user_name", name, "groups") for name in ("lady", "nemo"))
    here = Office(
        sources={
            "p": TellingSource(
                [ADA, ZOE], [group("g", "Guests", "1", "2", elsewhere=(hers, nobody))]
            ),
            "q": MemorySource([LADY]),
        }
    )
    here.apply()
    here.source.groups = [group("g", "Guests", "1", elsewhere=(hers, nobody))]
    here.apply()
    assert same_as_online(here, "lady").groups == ("Guests",)
    gone = same_as_online(here, "zoë")
    assert (gone.groups, gone.account.groups, gone.changes) == ((), ("Guests",), ())


@pytest.mark.parametrize("who", ["ZOË", "zoe\u0308", "zoe@EXAMPLE.org", "2", "p:2", "u2", " zoë "])
def test_a_person_is_found_by_every_name_without_case(who):
    """Login, e-mail, key, full key and ref, in any normal form."""
    assert names(recall(opened(ADA, ZOE), who).called) == ["Zoë"]


def test_a_part_of_a_display_name_finds_whoever_has_it():
    """In a source, put together of two names, or in the target; who is called so comes first."""
    here = office(
        person("1", "ann"),
        person("2", "b", display_name="Joanne Roe"),
        person("3", "c", given_name="Hanna", family_name="Nott"),
        person("4", "d", display_name="Ada"),
        users=UserMapping(always={"display_name": None}),
    )
    here.backend.users.create(Key("x"), User(user_name="e", display_name="ANNABEL"))
    here.apply()
    found = recall(here, "Ann")
    assert (names(found.called), names(found.alike)) == (["ann"], ["b", "c", "e"])
    assert names(recall(here, "nna nott").alike) == ["c"]
    assert (found.more, found.nobody) == (False, "")


def test_many_who_are_called_alike_are_cut_short():
    """And it is told that there are more."""
    here = opened(*[person(str(n), f"u{n}", display_name="Smith") for n in range(30)])
    found = recall(here, "smith")
    assert (len(found.alike), found.more) == (20, True)
    assert [recall(here, "smith", most=n).more for n in (29, 30)] == [True, False]


@pytest.mark.parametrize("who", ["nobody", "", " "])
def test_who_is_unknown_to_the_ledger_is_told_so(who):
    """An empty word is in every name, and nobody's."""
    found = recall(opened(ADA), who)
    assert (found.called, found.alike, found.more) == ((), (), False)
    assert found.nobody == (
        f'nobody is called "{who}": looked for a login, e-mail, key, ref or a part of a display '
        "name in what the ledger has kept of 2026-04-01 12:00:00 UTC"
    )


def test_before_the_first_run_nothing_is_known():
    """Nor under other settings, or where an earlier version has kept too little."""
    here = office(ADA)
    assert recall(here, "ada").nobody == (
        "nothing is known before the first run: `syncd apply --sync main` is one"
    )
    here.apply()
    other = recall(but(here, policy=Policy()), "ada")
    assert (other.as_of, [(one.name, one.forgotten) for one in other.called]) == (
        None,
        [("ada", True)],
    )
    assert other.nobody == (
        "what was read at 2026-04-01 12:00:00 UTC was read under other settings, or by another "
        "version of syncd: nothing is known before the next run (`syncd apply --sync main`)"
    )
    head = here.ledger.snapshot("main").head()
    here.ledger.keep("main", replace(head, sides=None), (), (), {}, afresh=False)
    assert recall(here, "ada").nobody == other.nobody


def test_after_a_run_that_broke_off_it_is_not_told_what_comes_next():
    """What it did is in the journal, and the account that it made was not there before."""
    here = opened(ADA)
    here.source.has(ADA, ZOE, KIM)
    here.backend = Wired(here.backend, killed_at_the("after", "users.read", 2))
    with pytest.raises(KeyboardInterrupt):
        here.apply()
    here.now = LATER
    (ada,), recalled = recall(here, "ada").called, recall(here, "zoë")
    assert recalled.as_of.overtaken_by == 2
    assert (ada.account.ref, ada.changes) == ("u1", ())
    (zoe,) = recalled.called
    assert (zoe.link.ref, zoe.account, zoe.changes) == ("u2", None, ())
    assert [line.run for line in zoe.lines] == [2]
    assert recall(here, "eve").nobody.endswith(
        "of 2026-04-01 12:00:00 UTC; run 2 has begun since, and whom it is about is not known yet"
    )
    here.backend = here.backend.inner
    here.apply()
    assert same_as_online(here, "zoë").changes == ()
    assert recall(here, "zoë").as_of.overtaken_by is None


def killed_at_the(when, verb, number):
    calls = []

    def hook(*now):
        calls.append(now)
        if calls.count((when, verb)) == number:
            raise KeyboardInterrupt

    return hook


def test_a_creation_in_doubt_is_looked_at_with_everybody():
    """As long as its line is open, others may be concerned whom nothing else ties to it."""
    holds = {Kind.USER: replace(USERS, unique=frozenset(), keeps_keys=False)}
    memory = MemoryBackend(holds=holds)
    kill = killed_at_the("after", "users.create", 1)
    here = office(ADA, KIM, backend=Wired(memory, kill, batch_size=1))
    with pytest.raises(KeyboardInterrupt):
        here.apply()
    (made,) = memory.users.read()
    memory.users._rows[made.ref] = replace(made, key=None)
    memory.users.plant(made.entity)
    here.backend = memory
    here.apply()
    assert [problem.why for problem in same_as_online(here, "p:1").problems] == [UNCLEAR]


def test_what_a_source_that_was_down_had_is_as_of_earlier():
    """Its people are as they were, and it is told since when."""
    here = Office(sources={"p": MemorySource([ADA]), "q": MemorySource([LADY])})
    here.apply()
    here.now = LATER
    here.sources["q"].down = True
    here.apply()
    (one,) = recall(here, "lady").called
    assert one.as_of == offline.AsOf(sources={"p": LATER, "q": NOON}, target=LATER, full_at=LATER)
    assert one.origins == {"q": "people.yaml:9"}
    assert recall(here, "eve").nobody.endswith(
        "kept of 2026-04-02 12:00:00 UTC; source q is as of 2026-04-01 12:00:00 UTC: "
        "they may be in what was not read since"
    )


def test_after_a_quick_cycle_it_is_told_when_all_of_the_target_was_read():
    """Those who were looked at are as of then."""
    here = Office(sources={"p": TellingSource([ADA, ZOE], [EVERYONE])})
    here.apply()
    here.now = LATER
    here.source.has(ADA)
    here.apply(mode=Mode.QUICK)
    one = same_as_online(here, "zoë")
    assert one.account.fields["active"] is False
    as_of = recall(here, "zoë").as_of
    assert (as_of.target, as_of.full_at) == (LATER, NOON)


def test_a_snapshot_that_is_renewed_meanwhile_is_asked_again(monkeypatch):
    """Half of one and half of the next would be neither."""
    here = opened(ADA)
    among, renewals = offline.Search.among, [[ADA, ZOE]]

    def renewed(search, *kept):
        found = among(search, *kept)
        if renewals:
            here.now = LATER
            here.source.has(*renewals.pop())
            here.apply()
        return found

    monkeypatch.setattr(offline.Search, "among", renewed)
    recalled = recall(here, "zoë")
    assert (names(recalled.called), recalled.as_of.target) == (["Zoë"], LATER)


def test_where_too_many_would_be_picked_out_the_question_is_about_everybody(monkeypatch):
    """At the same answer."""
    here = opened(ADA, ZOE, KIM, groups=[EVERYONE])
    monkeypatch.setattr(selection, "MANY", 0)
    assert same_as_online(here, "ada").account.groups == ("Everyone",)


def test_nothing_is_written():
    """A ledger that was opened for reading will do."""
    here = opened(ADA)
    here.ledger._write = False
    assert names(recall(here, "ada").called) == ["ada"]
