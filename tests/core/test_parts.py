"""Who is tied to nobody is decided about apart, and the plan is the same."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncd.core.decide import Apart, Decision, decide
from syncd.core.desired import HalfKnown
from syncd.core.knots import Knots, Ties, of_key
from syncd.core.mapping import Doubts, UserMapping
from syncd.core.members import Listed
from syncd.core.model import USER_FIELDS, Kind
from syncd.core.parts import Part
from syncd.core.spool import Trays
from syncd.cycle.spool import DiskSpool
from syncd.engine import ask
from tests.core.test_laws import ANY, live
from tests.core.worlds import worlds
from tests.world import MemorySource, Office, person


def parted(question, size, spool):
    """The question about those that are tied to others, and the rest in parts of so many."""
    ties, knots = Ties(question.declared[Kind.USER], question.policy), Knots()
    units = list(_units(question, ties))
    for line in question.memory.open_lines:
        knots.add(ties.of_line(line))
    for points, _ in units:
        knots.add(points)
    tied = _together([unit for points, unit in units if knots.tied(points)])
    free = [unit for points, unit in units if not knots.tied(points)]
    bare = {"groups": (), "conflicts": (), "failures": (), "people": {}, "doubts": Doubts()}
    bare["half_known"] = HalfKnown()

    def parts():
        for start in range(0, len(free), size):
            wanted, links, stored = _together(free[start : start + size])
            desired = replace(question.desired, users=wanted, **bare)
            yield Part(desired, stored, replace(question.memory, links=links, open_lines=()))

    listed = Listed(question.desired.members, question.seen.members)
    wanted, links, stored = tied
    of_groups = tuple(link for link in question.memory.links if link.kind is Kind.GROUP)
    rest = replace(
        question,
        desired=replace(question.desired, users=wanted),
        seen=replace(question.seen, users=stored),
        memory=replace(question.memory, links=(*links, *of_groups)),
    )
    return rest, Apart(parts(), lambda: None, listed, listed, spool)


def _units(question, ties):
    """Each person's points, and what is wanted, linked and stored of them."""
    stored = {one.ref: one for one in question.seen.users}
    links = {link.key: link for link in question.memory.links if link.kind is Kind.USER}
    wanted = {one.key: one for one in question.desired.users}
    for key in sorted({*wanted, *links}):
        one, link = wanted.get(key), links.get(key)
        account = stored.pop(link.ref, None) if link else None
        keys = {key, *(one.aliases if one else ()), *(link.aliases if link else ())}
        points = {of_key(one) for one in keys}
        points |= ties.of_user(one.entity) if one else set()
        points |= ties.of_user(account.entity) if account else set()
        yield points, (one, link, account)
    for account in stored.values():
        yield ties.of_stored(account), (None, None, account)


def _together(units):
    columns = zip(*units, strict=True) if units else ((), (), ())
    return tuple(tuple(one for one in column if one is not None) for column in columns)


@given(worlds(), ANY, st.integers(1, 4), st.sampled_from([Trays, DiskSpool]))
def test_decided_in_parts_of_any_size_the_plan_is_the_same(world, history, size, spool):
    """To the digest, and so is what is left open and counted."""
    for lived in live(world, history):
        whole = Decision(lived.question)
        rest, apart = parted(lived.question, size, spool())
        decision = Decision(rest, apart)
        assert decision.plan() == whole.plan() == decide(lived.question)
        assert decision.left() == whole.left()
        assert decision.renamed == whole.renamed


def test_administrators_are_known_of_all_parts():
    """One who is tied to nobody is in a part alone."""
    mapped = UserMapping(always={"admin": "admin"})
    here = Office(sources={"p": MemorySource(supplies=USER_FIELDS - {"active"})}, users=mapped)
    people = [person(str(n), f"user{n}") for n in range(4)]
    here.source.has(person("9", "ada", admin="true"), *people)
    here.apply()
    question = ask(here.sync, here.ledger, here.now)
    for size in (1, 2, 9):
        left = Decision(*parted(question, size, Trays())).left()
        assert left.administrators == {here.ref("ada")}
