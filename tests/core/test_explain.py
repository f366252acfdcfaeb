"""Nothing is done, held or refused without a reason, and whoever asks about a person is told it."""

from datetime import timedelta

from hypothesis import given, settings
from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.decide import decide
from syncd.core.hold import Hold
from syncd.core.mapping import Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Group, Key, Kind, Op, Reference, State, User
from syncd.core.policy import Adopt, Leavers, Protect
from syncd.core.scope import conditions, in_scope
from syncd.engine import ask
from syncd.explain import Explainer, Journal, Rulebook
from syncd.explain.forgotten import forgotten
from syncd.offline import recall
from tests.core.test_laws import WHOLE
from tests.core.worlds import steps, worlds
from tests.world import (
    ADA,
    ENGINEERING,
    EVERYONE,
    FREE,
    KIM,
    ZOE,
    MemorySource,
    Office,
    group,
    office,
    opened,
    person,
)


def explained(here, who):
    """The one explanation, which reads everything."""
    question = ask(here.sync, here.ledger, here.now)
    journal = Journal(here.ledger, "main")
    explainer = Explainer(question, decide(question), Rulebook.of(here.sync), journal)
    (one,) = explainer.explain(who)
    return one


@settings(max_examples=max(1, settings().max_examples // 5))  # each asks about everybody
@given(worlds(), WHOLE, steps(broken=None))
def test_no_operation_lacks_a_reason_and_every_person_is_told_theirs(world, history, last):
    """Of all that a plan makes, holds, refuses or leaves; every field has its rule, every rule of
    the scope is met by whom it takes, and somebody has each absence's reason."""
    world.apply()
    for step in (*history, last):
        step.happen(world)
        if all(source.down for source in world.sources.values()):
            return
        check(world)
        if step is not last:
            world.apply()


def check(world):
    question = ask(world.sync, world.ledger, world.now)
    plan = decide(question)
    explainer = Explainer(question, plan, Rulebook.of(world.sync), Journal(world.ledger, "main"))
    told = {one.key: one for key in keys_of(question) for one in explainer.explain(key)}
    for change in plan.changes:
        assert change.reason
        for one in concerned(change, told, question):
            assert change in (*one.changes, *one.group_changes)
    for tray in ("held", "refused", "unsettled", "drifted"):
        for refusal in getattr(plan, tray):
            assert refusal.rule
            for one in concerned(refusal.change, told, question):
                assert refusal in (*getattr(one, tray), *one.group_refusals)
    check_problems(told, question, plan)
    for one in told.values():
        check_one(one)


def concerned(change, told, question):
    """The explanations that a change belongs in: of a group, all of who are to be in it, or are."""
    if change.kind is not Kind.GROUP:
        return [told[change.member or change.key]]
    inside = {one.user for one in question.seen.members if one.group == change.ref}
    wanted = question.desired.members.get(change.key, ())
    accounts = [one for one in told.values() if one.account and one.account.ref in inside]
    return [*accounts, *(told[key] for key in wanted)]


def check_problems(told, question, plan):
    """Whoever is to be in a group that somebody must decide about is told why."""
    for problem in (*plan.conflicts, *plan.failures):
        if problem.kind is Kind.GROUP:
            for key in question.desired.members.get(problem.key, ()):
                assert problem in told[key].group_problems


def check_one(one):
    assert all(field.rule for field in one.wanted)
    assert one.wanted or one.not_wanted
    assert not one.wanted or not [rule for rule in one.scope if rule.unmet]
    assert one.account is None or not one.account.ours or one.owned is not None


def keys_of(question):
    links = (link.key for link in question.memory.links)
    undecided = question.desired.undecided[Kind.USER]
    return {*question.desired.people, *links, *undecided}


SCOPE = Scope(
    member_of=("Engineering", "Ops*"),
    where={"kind": ("staff", "guest")},
    unless={"title": ("Robot",)},
)


def rules(one):
    return [(rule.rule, rule.own, rule.unmet) for rule in one.scope]


def test_each_rule_of_the_scope_is_told_with_the_persons_own_value():
    """Also after the first that is not met, and by the sources' names of groups, also of such that
    the target does not get."""
    somebody = person("1", "ada", kind="temp", title="robot")
    here = office(somebody, groups=[EVERYONE], users=UserMapping(take=SCOPE))
    one = explained(here, "ada")
    assert one.not_wanted == "not a member of Engineering, Ops*"
    assert rules(one) == [
        ("users.take.member_of", ("Everyone",), "not a member of Engineering, Ops*"),
        ("users.take.where.kind", ("temp",), "kind is not staff or guest"),
        ("users.take.except.title", ("robot",), "title is Robot"),
    ]
    here.source.has(person("1", "ada", kind="Staff"))
    here.source.groups = [ENGINEERING]
    here.groups = replace(here.groups, skip=("*",))
    one = explained(here, "ada")
    assert (one.groups, one.not_wanted) == ((), "")
    assert rules(one) == [
        ("users.take.member_of", ("Engineering",), ""),
        ("users.take.where.kind", ("Staff",), ""),
        ("users.take.except.title", (), ""),
    ]
    here.apply()
    (again,) = recall(here.sync, here.ledger, "ada", here.now).called
    assert rules(again) == rules(one)


def test_the_scope_refuses_by_the_first_rule_that_is_not_met():
    """What decides and what explains is one thing."""
    question = ask(office(ADA).sync, office(ADA).ledger, office(ADA).now)
    (ada,) = question.desired.people.values()
    unmet = [one.unmet for one in conditions(ada, ("Ops-Berlin",), SCOPE) if one.unmet]
    assert in_scope(ada, ("Ops-Berlin",), SCOPE) == unmet[0] == "kind is not staff or guest"


def test_who_has_left_is_told_by_the_state():
    """It comes before every rule of the scope."""
    one = explained(office(person("1", "ada", State.LEFT, "contract is over")), "ada")
    assert rules(one) == [("state", ("left",), "contract is over")]


LADY = person("9", "lady", email="ADA@example.org")


def merged(*sources, **rest):
    """A sync of sources that are merged by e-mail."""
    return Office(
        sources=dict(zip("pq", sources, strict=False)), merge=Precedence(by="email"), **rest
    )


def test_records_are_one_person_by_an_attribute_and_its_value():
    """All their keys, the value, and that nobody else has it."""
    here = merged(MemorySource([ADA, ZOE, person("4", "eve")]), MemorySource([LADY]))
    found = {who: explained(here, who).match for who in ("ada", "zoe@example.org", "eve")}
    assert [(one.by, one.value, one.keys) for one in found.values()] == [
        ("email", "ada@example.org", ("p:1", "q:9")),
        ("email", "zoe@example.org", ("p:2",)),
        ("email", "", ("p:4",)),
    ]
    assert explained(office(ADA), "ada").match is None


def test_a_source_that_was_not_read_whole_is_named_with_what_follows():
    """It may say more of somebody new; and nothing is taken from anybody."""
    here = merged(MemorySource([ADA]), MemorySource([KIM]))
    here.apply()
    here.sources["q"].gaps = ("cut off",)
    here.source.has(ZOE)
    zoe, ada = explained(here, "p:2"), explained(here, "ada")
    assert zoe.not_wanted == (
        "undecided: source q was not read whole, and may say more of who has this email"
    )
    assert [(one.name, one.gaps, one.has) for one in zoe.sides] == [
        ("p", (), True),
        ("q", ("cut off",), False),
        ("", (), False),
    ]
    assert (ada.withheld, ada.changes) == (("source q: cut off",), ())


def test_why_a_group_is_not_made_is_told_to_who_is_to_be_in_it():
    """Not only that the membership waits for the group."""
    here = office(ADA, groups=[group("e", "Engineering", "1")])
    here.backend.groups.create(Key("theirs"), Group(display_name="Engineering"))
    here.apply()
    (problem,) = explained(here, "ada").group_problems
    assert (problem.key, problem.why) == (
        "p:e",
        f"display_name 'Engineering' is taken by Engineering ({ref_of(here)})",
    )


def ref_of(here):
    (stored,) = here.backend.groups.read()
    return stored.ref


def test_nothing_is_as_it_should_be_where_not_all_was_read():
    """A leaver whose suspension is withheld, and who may be in what was not read of the target."""
    here = merged(MemorySource([ADA, ZOE]), MemorySource([KIM]))
    here.apply()
    assert explained(here, "p:2").at_rest == "nothing: it is as it should be"
    here.sources["q"].gaps = ("cut off",)
    here.source.has(ADA)
    assert explained(here, "p:2").at_rest == (
        "nothing for now: not all was read, and what takes away waits for that"
    )


def test_an_account_that_may_be_in_what_was_not_read_is_not_as_it_should_be():
    """Nobody is made a second time, so a newcomer waits as well."""
    here = opened(ADA, identity="store one")
    here.identity = "store two"
    here.backend = MemoryBackend()
    here.source.has(ADA, ZOE)
    for who in ("p:1", "p:2"):
        assert explained(here, who).at_rest == (
            "nothing for now: the target was not read whole, and may have the account"
        )


def test_a_reference_that_leads_nowhere_may_mean_somebody():
    """Whom only that group would take is undecided, and told why."""
    nobody = Reference("p", "user_name", "nemo", "groups")
    guests = group("g", "Guests", elsewhere=(nobody,))
    here = office(ADA, groups=[guests], users=UserMapping(take=Scope(member_of=("Guests",))))
    assert explained(here, "ada").not_wanted == (
        "undecided: they may be a member, by a reference in a group that leads nowhere"
    )


def test_it_is_told_which_run_made_an_account():
    """However many changes there were since, and under which key it was made."""
    here = merged(MemorySource([ADA]), MemorySource([LADY]))
    here.apply()
    made = here.now
    for number in range(12):
        here.pass_days(1)
        here.source.has(replace(ADA, attributes={**ADA.attributes, "title": f"No {number}"}))
        here.apply()
    here.source.has()
    here.policy = replace(FREE, may_be_empty=("p",))
    here.apply()
    one = explained(here, "q:9")
    assert (one.owned.how, one.owned.run, one.owned.at) == ("made by syncd", 1, made)
    assert one.owned.rule == "new: people.yaml:1, people.yaml:9"
    assert (len(one.lines), one.link.key) == (10, "q:9")
    assert [remark.mark.remark for remark in one.remarks][:1] == ["rekey"]


def test_by_which_rule_an_account_is_adopted_is_told_before_and_after():
    """And what would become of one that is there, where there is none."""
    here = office(ADA, ZOE, policy=replace(FREE, adopt=Adopt.BY_EMAIL))
    here.backend.users.create(Key("x"), User(user_name="ada", email="ada@example.org"))
    before, zoe = explained(here, "ada"), explained(here, "p:2")
    assert before.owned.how == "becomes syncd's with the next run"
    assert zoe.owned.how == "one that is there already with this email would be adopted"
    here.apply()
    after = explained(here, "ada")
    assert (after.owned.how, after.owned.run) == ("adopted by syncd", 1)
    assert after.owned.rule == before.owned.rule != ""
    here.policy = FREE
    assert explained(here, "ada").owned == after.owned
    eve = explained(office(ADA), "ada")
    assert eve.owned.how == "one that is there already would be left alone"


def test_what_guards_an_account_is_told_while_nothing_is_to_be_taken_from_it():
    """Patterns, protected groups, the own account and legal holds."""
    hold = Hold("p:3", "a case", "ann", pattern=True, suspend=False)
    policy = replace(FREE, protect=Protect(users=("ada",), groups=("Root",)), legal_holds=(hold,))
    here = opened(ADA, ZOE, KIM, groups=[group("r", "Root", "2")], policy=policy)
    here.backend.own = here.ref("kim")
    guards = {who: explained(here, who).guards for who in ("ada", "p:2", "kim")}
    assert guards == {
        "ada": ("protected: user ada",),
        "p:2": ("protected: member of Root",),
        "kim": (
            "protected: syncd logs in with this account",
            "legal hold: a case, by ann; not suspended either",
        ),
    }


def test_who_was_deleted_and_forgotten_is_told_of_by_the_journal():
    """By login, e-mail, key or full key, online and offline: made, suspended and deleted, by which run."""
    here = opened(ADA, ZOE, policy=replace(FREE, leavers=Leavers.DELETE, grace=timedelta(days=7)))
    here.source.has(ZOE)
    here.apply()
    here.live_days(8)
    run = here.apply().run
    here.apply()
    assert here.ledger.recall_links("main", {(Kind.USER, Key("p:1"))}, ()) == ()
    for who in ("ADA", "ada@example.org", "1", "p:1"):
        recalled = recall(here.sync, here.ledger, who, here.now)
        (one,) = recalled.called
        assert (one.key, one.name, one.forgotten) == ("p:1", "ada", True)
        assert (one.owned.how, one.owned.run) == ("deleted by syncd", run)
        assert [line.op for line in one.lines] == [Op.DELETE, Op.SUSPEND, Op.CREATE]
        assert recalled.nobody
        assert forgotten(here.sync, here.ledger, who, 20) == [one]
    assert recall(here.sync, here.ledger, "eve", here.now).called == ()


def test_who_was_adopted_and_never_changed_is_remembered_after_they_are_gone():
    """No line of the journal is theirs: only that they were adopted."""
    here = office(ADA, policy=replace(FREE, adopt=Adopt.BY_USER_NAME))
    fields = User(user_name="ada", email="ada@example.org", title="Engineer")
    ref = here.backend.users.create(Key("x"), fields)
    here.apply()
    here.backend.users.delete(ref)
    here.source.has(ZOE)
    here.apply()
    (one,) = recall(here.sync, here.ledger, "ada", here.now).called
    assert (one.key, one.forgotten, one.lines) == ("p:1", True, ())
    assert [remark.mark.remark for remark in one.remarks] == ["forget", "adopt"]


def test_whom_nobody_knows_may_stand_in_what_was_not_read():
    """The sources that were not whole are named."""
    here = office(ADA)
    here.source.gaps = ("cut off",)
    question = ask(here.sync, here.ledger, here.now)
    journal = Journal(here.ledger, "main")
    explainer = Explainer(question, decide(question), Rulebook.of(here.sync), journal)
    assert explainer.names.nobody("eve").endswith(
        "; not all was read, and they may be in what was not: source p: cut off"
    )
