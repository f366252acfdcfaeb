"""The promises of docs/design.md over generated worlds and histories."""

import random
from collections import Counter
from dataclasses import dataclass, replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from syncd import planfile
from syncd.core.decide import decide
from syncd.core.memory import Remark
from syncd.core.model import Key, Kind, Op, UserRecord
from syncd.core.plan import Plan
from syncd.core.purses import purses
from syncd.core.question import Question
from syncd.engine import ask
from syncd.report import Report
from tests.core.events import Has, Leaves, Step, World
from tests.core.worlds import steps, worlds

WHOLE = st.lists(steps(), min_size=1, max_size=5)
ANY = st.lists(steps(broken=None), min_size=1, max_size=5)

_ADA = UserRecord(Key("1"), {"user_name": "ada", "email": "a@x"}, None, "people:1")
BOTH_HAVE_ADA = Step((Has("p", _ADA), Has("q", _ADA)), frozenset(), frozenset(), None, None, 0)
ONE_LOSES_ADA = replace(BOTH_HAVE_ADA, events=(Leaves("p", Key("1")),))


@dataclass
class Lived:
    """One apply of a history: what was asked and before it, and what it came to."""

    world: World
    step: Step
    question: Question
    users: dict
    groups: dict
    report: Report
    before: object = None

    @property
    def plan(self) -> Plan:
        return self.report.plan


def live(world: World, history: list[Step], before=lambda _: None):
    """Each apply of the history, told of as soon as it is done, with what `before` found."""
    world.apply()
    for step in history:
        step.happen(world)
        if all(source.down for source in world.sources.values()):
            continue
        question = ask(world.sync, world.ledger, world.now)
        users, groups = rows(world)
        found = before(world)
        yield Lived(world, step, question, users, groups, world.apply(), found)


def rows(world: World) -> tuple[dict, dict]:
    memory = world.memory
    return (
        {stored.ref: stored for stored in memory.users.read()},
        {stored.ref: stored for stored in memory.groups.read()},
    )


@given(worlds(), WHOLE)
def test_after_an_apply_the_next_plan_is_empty(world, history):
    """Convergence: nothing is left to do, to remember or to settle, but for what was held."""
    for lived in live(world, history):
        assert (lived.report.execution.failed, lived.report.unsettled) == ([], ())
        again = world.plan()
        held = {refusal.change.id for refusal in lived.plan.held}
        if lived.plan.withheld:
            continue  # a target that held none of ours is believed again once one was made
        # A budget that is spent by now may hold back one of two that claim a name.
        rivals = [one.change for one in again.held if one.change.id not in held]
        blocked = {problem.key for problem in lived.plan.conflicts}
        freed = {c.id for c in again.changes if c.key in blocked and shares_a_name(c, rivals)}
        assert {change.id for change in again.changes} <= held | freed
        assert again.marks == ()


def shares_a_name(change, others) -> bool:
    """Whether it takes a login or an e-mail, or is made with one, that another of these is to."""
    names = [
        {(field, str(value).casefold()) for field, value in one.after.items() if value}
        & {(field, str(one.after.get(field)).casefold()) for field in ("user_name", "email")}
        for one in (change, *others)
    ]
    return any(names[0] & other for other in names[1:])


@given(worlds(), ANY)
def test_only_a_whole_reading_may_remove(world, history):
    """Where anything was cut or down, nothing is taken away, and no absence is remembered."""
    for lived in live(world, history):
        plan = lived.plan
        assert bool(plan.withheld) == bool(lived.question.desired.gaps + lived.question.seen.gaps)
        if lived.step.broken and plan.withheld:
            assert [change.id for change in plan.changes if change.removes] == []
            assert {mark.remark for mark in plan.marks}.isdisjoint({Remark.LEFT, Remark.FORGET})
            before = {link.key: link.left_at for link in lived.question.memory.links}
            for link in world.links():
                assert link.left_at == before.get(link.key) or link.left_at is None


@given(worlds(), ANY)
def test_creations_go_on_where_a_reading_was_not_whole(world, history):
    """Withholding takes removals and nothing else out of a plan."""
    for lived in live(world, history):
        whole = decide(
            lived.question.after(
                msgspec.structs.replace(lived.question.seen, gaps=()), lived.question.memory
            )
        )
        if not lived.question.desired.gaps and lived.question.seen.gaps:
            made = {change.id for change in lived.plan.changes if change.op is Op.CREATE}
            possible = {change.id for change in whole.changes if change.op is Op.CREATE}
            undecided = {f"{p.kind}/create/{p.key}" for p in lived.plan.conflicts}
            missed = {f"{link.kind}/create/{link.key}" for link in lived.question.memory.links}
            assert possible - made <= undecided | missed


@given(worlds(), ANY)
def test_nothing_foreign_is_touched(world, history):
    """What syncd neither created nor adopted by a rule is bit-identical after every apply."""
    for lived in live(world, history):
        linked = {(link.kind, link.ref) for link in world.links()}
        linked |= {(link.kind, link.ref) for link in lived.question.memory.links}
        users, groups = rows(world)
        for kind, before, after in (
            (Kind.USER, lived.users, users),
            (Kind.GROUP, lived.groups, groups),
        ):
            foreign = {ref for ref in before if (kind, ref) not in linked}
            assert {r: before[r] for r in foreign} == {r: after.get(r) for r in foreign}
        for kind, ref in linked:
            if ref in world.planted:
                assert world.policy.adopt != "never" or kind is Kind.GROUP
                assert world.policy.adopt_groups or kind is Kind.USER
        assert world.memory.own is None or (Kind.USER, world.memory.own) not in linked


@given(worlds(), ANY)
def test_there_is_no_orphan_and_no_second_account(world, history):
    """Every account is somebody else's or linked, and no two links share a key or an account."""
    for _ in live(world, history):
        links = world.links()
        refs = [(link.kind, link.ref) for link in links]
        assert len(refs) == len(set(refs))
        users, groups = rows(world)
        there = {(Kind.USER, ref) for ref in users} | {(Kind.GROUP, ref) for ref in groups}
        assert {(kind, ref) for kind, ref in there if ref not in world.planted} <= set(refs)


@given(worlds(), WHOLE)
def test_who_is_in_any_source_keeps_the_account(world, history):
    """A link follows its person from key to key, as long as nobody else could be meant."""
    for lived in live(world, [*history, BOTH_HAVE_ADA, ONE_LOSES_ADA]):
        if lived.plan.withheld:
            continue
        unclear = lived.question.desired.undecided[Kind.USER]
        before = [link for link in lived.question.memory.links if link.ref in lived.users]
        meant = [
            (link.ref, one.key)
            for link in before
            for one in lived.question.desired.users
            if link.key not in unclear
            and not {link.key, *link.aliases}.isdisjoint((one.key, *one.aliases))
        ]
        refs, keys = (
            Counter(column) for column in (zip(*meant, strict=True) if meant else ((), ()))
        )
        after = {link.ref: link.key for link in world.links()}
        for ref, key in meant:
            if refs[ref] == keys[key] == 1:
                assert after[ref] == key


@given(worlds(), ANY)
def test_the_protected_lose_nothing(world, history):
    """Neither suspended nor demoted nor deleted: the protected, syncd's own, all administrators."""
    for lived in live(world, history):
        users, _ = rows(world)
        protected = world.policy.protect.users
        for ref, stored in lived.users.items():
            kept = ref == world.memory.own
            kept |= "admin-*" in protected and stored.entity.user_name.startswith("admin-")
            kept |= "*@x" in protected and bool(stored.entity.email)
            if kept:
                now = users[ref].entity
                assert (now.active or not stored.entity.active) is True
                assert (now.admin or not stored.entity.admin) is True
        if administrators(lived.users):
            assert administrators(users)


def administrators(users) -> set:
    return {ref for ref, one in users.items() if one.entity.active and one.entity.admin}


@given(worlds(), ANY)
def test_the_ladder_has_no_leap(world, history):
    """Deleted is only who was inactive, missed before, and past the grace, where policy says so."""
    for lived in live(world, history):
        links = {link.key: link for link in lived.question.memory.links if link.kind is Kind.USER}
        for change in lived.plan.changes:
            if change.op is Op.DELETE and change.kind is Kind.USER:
                link = links[change.key]
                assert world.policy.leavers == "delete"
                assert not lived.users[change.ref].entity.active
                steps = (link.left_at, link.suspended_at, link.stripped_at)
                assert world.now - max(filter(None, steps)) >= world.policy.grace
                assert change.key != "p:1" or not world.policy.legal_holds


@given(worlds(), ANY)
def test_only_syncds_own_suspensions_are_lifted(world, history):
    """What a person disabled by hand stays disabled."""
    for lived in live(world, history):
        suspended = {
            link.ref for link in lived.question.memory.links if link.suspended_at is not None
        }
        users, _ = rows(world)
        for ref, stored in lived.users.items():
            if not stored.entity.active and users.get(ref) and users[ref].entity.active:
                assert ref in suspended
                assert world.policy.restore


@given(worlds(), ANY)
def test_nothing_goes_over_a_budget(world, history):
    """Planned and spent stay within the allowance, of each kind, group and field; steps that make
    way for a name are extra, and what was approved draws on nothing."""
    for lived in live(world, history):
        links = {(link.kind, link.ref) for link in lived.question.memory.links}
        adopted = {(m.kind, m.ref) for m in lived.plan.marks if m.remark in {"adopt", "claim"}}
        ours, members = links | adopted, lived.question.seen.members
        active = [r for r, s in lived.users.items() if (Kind.USER, r) in ours and s.entity.active]
        population = {
            Kind.USER: len(active),
            Kind.GROUP: sum((Kind.GROUP, ref) in ours for ref in lived.groups),
            Kind.MEMBER: sum((Kind.USER, member.user) in ours for member in members),
        }
        changes = [c for c in lived.plan.changes if not c.reason.startswith("has left; ")]
        planned = Counter(purse for change in changes for purse in purses(change))
        refs = {change.key: change.ref for change in changes}
        for purse, number in planned.items():
            if (budget := world.policy.budget(purse)) is None:
                continue
            of, spent = population[purse[0]], lived.question.memory.spent.get(purse, 0)
            if purse[0] == "member" and purse[2:]:
                of = sum(member.group == refs[purse[2]] for member in members)
            of += spent if purse[1] in {"suspend", "remove"} else 0
            of += len(lived.question.desired.users) if purse[1] == "admin" else 0
            allowance = budget.allowance(of)
            assert allowance is None or number + spent <= allowance


@given(worlds(), WHOLE)
def test_an_emptied_source_removes_nothing(world, history):
    """Where several had come from it, an empty source proves nothing."""
    for _ in live(world, history):
        pass
    keys = [
        link.key
        for link in world.links()
        if link.key.startswith("p:") and link.kind is Kind.USER and link.left_at is None
    ]
    world.source.people, world.source.groups = [], []
    plan = world.plan()
    if len(keys) > 1:
        assert [change.id for change in plan.changes if change.removes] == []
        assert plan.withheld != ()


@given(worlds(), ANY, st.randoms(use_true_random=False))
def test_the_same_inputs_give_the_same_plan_in_whatever_order_they_are_read(world, history, chance):
    """Planning is a function of what is there: no order, no clock, no earlier plan shows."""
    for _ in live(world, history[:-1]):
        pass
    history[-1].happen(world)
    if all(source.down for source in world.sources.values()) or history[-1].broken:
        return
    first = world.plan()
    assert world.plan() == first
    shuffle(world, chance)
    second = world.plan()
    # Digests of readings are of octets, in which members have their order.
    assert msgspec.structs.replace(second, readings=first.readings) == first
    assert second.digest == first.digest


def shuffle(world: World, chance: random.Random) -> None:
    for source in world.sources.values():
        chance.shuffle(source.people)
        chance.shuffle(source.groups)
        source.groups = [
            msgspec.structs.replace(g, members=tuple(chance.sample(g.members, len(g.members))))
            for g in source.groups
        ]
    memory = world.memory
    for table in (memory.users._rows, memory.groups._rows, memory.members._pairs):
        entries = list(table.items())
        chance.shuffle(entries)
        table.clear()
        table.update(entries)


@given(worlds(), ANY)
def test_a_plan_is_a_value(world, history):
    """It comes back from JSON as it was, digest and all."""
    for lived in live(world, history):
        back = planfile.load(planfile.lines(lived.plan))
        assert back == lived.plan
        assert back.digest == lived.plan.digest


@given(worlds(), ANY)
def test_every_change_is_in_one_place_and_has_one_fate(world, history):
    """No change is twice in a plan, and what runs is done, failed, unknown or untried."""
    for lived in live(world, history):
        planned = sorted(change.id for change in lived.plan.changes)
        assert len(planned) == len(set(planned))
        run = lived.report.execution
        fates = [c.id for c in (*run.done, *run.untried)]
        fates += [one.change.id for one in (*run.failed, *run.unknown)]
        assert sorted(fates) == planned


@given(worlds(), ANY)
def test_a_change_comes_after_what_it_needs(world, history):
    """No change needs one that is missing or later."""
    for lived in live(world, history):
        seen: set[str] = set()
        for change in lived.plan.changes:
            assert seen.issuperset(change.needs)
            seen.add(change.id)
