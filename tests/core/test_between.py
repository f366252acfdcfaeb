"""What lies between two runs leads from the state after the one to the state after the other."""

from dataclasses import replace as but
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.merge import Precedence
from syncd.core.model import Key, Kind, Op, flat
from syncd.core.policy import Adopt, Leavers
from syncd.lookback.between import Between
from syncd.lookback.net import Net, Step, What, inverse, of_member, of_thing
from tests.core.events import Approve, Has, HasGroup, Leaves, LosesGroup, Swap
from tests.core.test_laws import WHOLE, live
from tests.core.worlds import HOLDS, worlds
from tests.world import ADA, FREE, KIM, ZOE, MemorySource, Office, group, opened, person

BY_SYNCD = (Has, Leaves, Swap, HasGroup, LosesGroup, Approve)


def state(world):
    """All that is syncd's in the target, by keys: fields of users and groups, and members."""
    links = {(link.kind, link.ref): link.key for link in world.links()}
    found = {}
    for kind, collection in ((Kind.USER, world.memory.users), (Kind.GROUP, world.memory.groups)):
        for stored in collection.read():
            if (key := links.get((kind, stored.ref))) is not None:
                found[kind, key, None] = flat(stored.entity)
    for one in world.memory.members.read():
        group_key, user = links.get((Kind.GROUP, one.group)), links.get((Kind.USER, one.user))
        if group_key is not None and user is not None:
            found[Kind.MEMBER, group_key, user] = {}
    return found


def gone_with(found, net):
    """Whoever is deleted is in no group, and nobody is in a group that is."""
    group_key = net.key if net.kind is Kind.GROUP else None
    user = net.key if net.kind is Kind.USER else None
    return {
        thing: fields
        for thing, fields in found.items()
        if thing[0] is not Kind.MEMBER or (thing[1] != group_key and thing[2] != user)
    }


def applied(found, nets):
    """The state once all this has happened to it."""
    found = dict(found)
    for net in sorted(nets, key=lambda one: one.kind is Kind.MEMBER):
        thing = (net.kind, net.key, net.member)
        after = {name: value for name, (_, value) in net.fields.items()}
        if net.what in {What.DELETED, What.REPLACED}:
            del found[thing]
            found = gone_with(found, net)
        if net.what is What.REMOVED:
            del found[thing]
        if net.what in {What.CREATED, What.REPLACED}:
            assert thing not in found
            usual = {"active": True} if net.kind is Kind.USER else {}
            found[thing] = {**usual, **after}
        if net.what is What.ADDED:
            assert thing not in found
            found[thing] = {}
        if net.what is What.CHANGED:
            assert {name: found[thing].get(name) for name in after} == {
                name: before for name, (before, _) in net.fields.items()
            }
            found[thing] = {**found[thing], **after}
        if thing in found:
            found[thing] = {name: v for name, v in found[thing].items() if v is not None}
    return found


def quiet(world):
    """Nobody but syncd does anything in the target, and nothing there becomes syncd's."""
    policy = replace(world.policy, adopt=Adopt.NEVER, adopt_groups=False)
    return but(world, merge=Precedence(), policy=policy)


@settings(max_examples=max(1, settings().max_examples // 4))
@given(worlds(holds=[one for one in HOLDS if not one]), WHOLE, st.data())
def test_what_lies_between_two_runs_leads_from_one_state_to_the_other(world, history, data):
    """Creations, deletions, fields and members, over any stretch of any history."""
    world = quiet(world)
    history = [
        but(step, events=tuple(one for one in step.events if isinstance(one, BY_SYNCD)))
        for step in history
    ]
    states = {1: None}
    for lived in live(world, history):
        states[lived.report.run] = state(world)
    states.pop(1)
    if len(states) < 2:
        return
    begin, end = sorted(data.draw(st.sampled_from(sorted(states))) for _ in range(2))
    between = Between(world.ledger, *(world.ledger.chronicle.run(one) for one in (begin, end)))
    assert applied(states[begin], list(between)) == states[end]
    assert between.unknown == 0
    back = Between(world.ledger, *(world.ledger.chronicle.run(one) for one in (end, begin)))
    assert list(back) == [inverse(one) for one in between]
    assert [inverse(one) for one in back] == list(between)


def between(here, begin, end):
    chronicle = here.ledger.chronicle
    return Between(here.ledger, chronicle.run(begin), chronicle.run(end))


def brief(nets):
    return [(one.name, one.what.value, dict(one.fields)) for one in nets]


def test_what_cancels_out_is_not_there():
    """A title that came back, and somebody who came and went for good."""
    here = opened(ADA, ZOE, KIM, policy=replace(FREE, leavers=Leavers.DELETE, grace=timedelta(0)))
    here.source.has(replace(ADA, attributes={**ADA.attributes, "title": "Queen"}), ZOE, KIM, GUEST)
    here.apply()
    assert brief(between(here, 1, 2)) == [
        ("ada", "changed", {"title": ("Engineer", "Queen")}),
        ("guest", "created", {"user_name": (None, "guest")}),
    ]
    for _ in range(2):
        here.source.has(ADA, ZOE, KIM)
        here.pass_days(1)
        here.apply()
    assert brief(between(here, 1, 4)) == []
    assert brief(between(here, 4, 4)) == []
    assert brief(between(here, 2, 4)) == [
        ("ada", "changed", {"title": ("Queen", "Engineer")}),
        ("guest", "deleted", {"active": (True, None)}),
    ]


GUEST = person("9", "guest")


def test_who_was_deleted_and_came_back_is_made_anew():
    """What they had before is not in the journal between; what they have now is, with their groups."""
    here = opened(
        ADA,
        ZOE,
        groups=[group("a", "All", "1", "2")],
        policy=replace(FREE, leavers=Leavers.DELETE, grace=timedelta(0)),
    )
    for _ in range(2):
        here.source.has(ZOE)
        here.pass_days(1)
        here.apply()
    here.source.has(ADA, ZOE)
    here.apply()
    user, member = brief(between(here, 1, 4))
    assert user[:2] == ("ada", "replaced")
    assert user[2]["user_name"] == (None, "ada")
    assert member == ("ada in All", "added", {})


def test_a_person_under_a_key_of_another_source_is_the_same():
    """The change that was made under the old key, and the one under the new key, are one."""
    here = Office(
        sources={"p": MemorySource([ADA]), "q": MemorySource([LADY])}, merge=Precedence(by="email")
    )
    here.apply()
    here.source.people = [replace(ADA, attributes={**ADA.attributes, "title": "Queen"}), ZOE]
    here.apply()
    here.source.has(ZOE)
    here.apply()
    (one,) = [net for net in between(here, 1, 3) if "title" in net.fields and net.name != "Zoë"]
    assert (one.key, one.what, one.fields["title"]) == (
        "q:9",
        What.CHANGED,
        ("Engineer", "Countess"),
    )


LADY = person("9", "ada", email="ada@example.org", title="Countess")


def test_changes_that_nobody_knows_the_end_of_are_counted_and_left_out():
    """A run that was killed in the middle of a creation."""
    here = opened(ADA)
    here.source.has(ADA, ZOE)
    run = here.ledger.begin_run("main", here.plan(), here.now)
    here.ledger.begin(run, list(here.plan().changes), here.now)
    found = between(here, 1, run)
    assert (list(found), found.unknown) == ([], 1)


def test_a_step_aside_from_a_name_leaves_nothing():
    """Of the temporary name nothing is left."""
    aside = [
        Step(1, Op.UPDATE, "ada", {"user_name": "ada"}, {"user_name": "ada-x"}),
        Step(2, Op.UPDATE, "bob", {"user_name": "ada"}, {"user_name": "bob"}),
    ]
    assert of_thing(Kind.USER, Key("p:1"), aside) == Net(
        Kind.USER, Key("p:1"), None, "bob", What.CHANGED, {"user_name": ("ada", "bob")}
    )


def test_a_place_in_a_group_that_was_deleted_is_part_of_the_deletion():
    """Taken away before it or not; who came into the new one is told as added."""
    of, name = (Key("p:g"), Key("p:1")), "ada in g"
    added = Net(Kind.MEMBER, *of, name, What.ADDED)
    assert of_member(*of, [Step(3, Op.ADD, name)], [4]) is None
    assert of_member(*of, [Step(3, Op.REMOVE, name)], [4]) is None
    assert of_member(*of, [Step(3, Op.REMOVE, name), Step(5, Op.ADD, name)], [4]) == added
    assert of_member(*of, [Step(5, Op.ADD, name)], [4]) == added
    assert of_member(*of, [Step(3, Op.REMOVE, name), Step(5, Op.ADD, name)], []) is None
