"""The ledger: what is remembered of changes, and what it leads to."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from syncd.core.doubt import Settled
from syncd.core.memory import Link, Mark, Memory, OpenLine, Remark
from syncd.core.model import Key, Kind, Op, Ref, Rung
from syncd.core.plan import Change, Plan
from syncd.core.policy import ADMIN
from syncd.errors import LedgerError
from syncd.ledger import BROKEN_OFF, DONE, FAILED, MOOT, Ended, Run, open_ledger
from syncd.ledger.schema import RUNS
from syncd.ledger.snapshot import Head, Part, Renewal

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
PLAN = Plan(sync="staff", target="wiki", created=NOW, config="c", withheld=("a gap",))


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def change(op: Op, key: str = "ada", **fields) -> Change:
    kind = fields.pop("kind", Kind.USER)
    return Change(op=op, kind=kind, key=Key(key), name=fields.pop("name", key), **fields)


def do(ledger, *changes: Change, ref: str = "", outcome: str = DONE, at: datetime = NOW) -> int:
    """One run of these changes, all with that outcome; a creation answers `r-KEY` or `ref`."""
    run = ledger.begin_run("staff", PLAN, at)
    lines = ledger.begin(run, changes, at)
    refs = [Ref(ref or f"r-{one.key}") for one in changes]
    ended = map(Ended, lines, changes, [outcome] * len(lines), refs)
    ledger.end(list(ended), at)
    return run


def remember(ledger, remark: Remark, key: str = "ada", ref: str = "r-ada", **more) -> None:
    run = ledger.begin_run("staff", PLAN, LATER)
    mark = Mark(remark, Kind.USER, Key(key), Ref(ref), more.pop("name", key), "a rule", **more)
    ledger.mark(run, [mark], LATER)


def links(ledger) -> tuple[Link, ...]:
    """But for the run of their last step, which has a test of its own."""
    return tuple(replace(one, stepped_in=0) for one in ledger.recall("staff", EPOCH).links)


def link(key: str = "ada", ref: str = "r-ada", name: str = "", **more) -> Link:
    return Link(Kind.USER, Key(key), Ref(ref), name or key, **more)


def outcomes(ledger) -> list[tuple[str, str | None]]:
    return sorted((line.key, line.outcome) for line in ledger.lines())


def test_a_new_ledger_remembers_nothing(ledger):
    """There is nothing to recall before the first run."""
    assert ledger.recall("staff", EPOCH) == Memory()
    assert (ledger.runs(), ledger.lines()) == ([], [])


def test_a_begun_change_is_open_until_its_end_is_known(ledger):
    """Whatever happens in between, the next run knows that it may have happened."""
    run = ledger.begin_run("staff", PLAN, NOW)
    changes = [change(Op.CREATE, after={"user_name": "Zoë", "admin": True, "email": None})]
    [line] = ledger.begin(run, changes, NOW)
    open_line = OpenLine(line, Op.CREATE, Kind.USER, Key("ada"), None, changes[0].after)
    assert ledger.recall("staff", EPOCH) == Memory(open_lines=(open_line,))
    ledger.end([Ended(line, changes[0], DONE, Ref("r1"))], NOW)
    assert ledger.recall("staff", EPOCH) == Memory(
        links=(link(ref="r1"),), spent={(Kind.USER, Op.CREATE): 1, (Kind.USER, ADMIN): 1}
    )


def test_lines_are_numbered_in_the_order_of_their_changes(ledger):
    """The executor matches them by position."""
    run = ledger.begin_run("staff", PLAN, NOW)
    keys = [f"k{number:04}" for number in range(3000)]
    numbers = ledger.begin(run, [change(Op.CREATE, key) for key in reversed(keys)], NOW)
    stored = {line.line: line.key for line in ledger.lines(run=run)}
    assert [stored[number] for number in numbers] == list(reversed(keys))
    assert numbers == sorted(numbers)


def test_a_failed_change_links_nothing_and_says_why(ledger):
    """Its line is closed with the target's words."""
    run = ledger.begin_run("staff", PLAN, NOW)
    [line] = ledger.begin(run, [change(Op.CREATE)], NOW)
    ledger.end([Ended(line, change(Op.CREATE), FAILED, error="taken by bob")], LATER)
    [stored] = ledger.lines()
    assert (stored.outcome, stored.error, stored.ended_at) == (FAILED, "taken by bob", LATER)
    assert ledger.recall("staff", EPOCH) == Memory()


def test_a_link_follows_what_was_done(ledger):
    """Each op leaves the link as the next plan needs it."""
    do(ledger, change(Op.CREATE))
    do(ledger, change(Op.UPDATE, after={"user_name": "lovelace"}))
    do(ledger, change(Op.UPDATE, after={"title": "Dr"}))
    assert links(ledger) == (link(name="lovelace"),)
    remember(ledger, Remark.LEFT)
    do(ledger, change(Op.SUSPEND, after={"active": False}))
    assert links(ledger) == (link(name="lovelace", left_at=LATER, suspended_at=NOW),)
    do(ledger, change(Op.RESTORE, after={"active": True}))
    assert links(ledger) == (link(name="lovelace"),)
    do(ledger, change(Op.DELETE))
    assert links(ledger) == ()


def test_a_members_change_is_journaled_and_links_nothing(ledger):
    """Members have no links; their lines are found by the group's key and by the user's."""
    member = change(Op.ADD, "g1", kind=Kind.MEMBER, member=Key("ada"), member_ref=Ref("r-ada"))
    do(ledger, member)
    assert links(ledger) == ()
    assert ledger.lines(key=Key("ada")) == ledger.lines(key=Key("g1")) == ledger.lines()
    assert ledger.lines()[0].member_ref == "r-ada"


def test_a_new_account_replaces_the_link_to_the_one_that_vanished(ledger):
    """Neither its key nor a ref that the target gives out again is held back by the past."""
    do(ledger, change(Op.CREATE), ref="1")
    do(ledger, change(Op.CREATE), ref="2")
    assert links(ledger) == (link(ref="2"),)
    do(ledger, change(Op.CREATE, "bob"), ref="2")
    assert links(ledger) == (link("bob", "2"),)


def test_outcomes_and_links_are_one(ledger):
    """Where a link cannot be stored, no outcome is."""
    run = ledger.begin_run("staff", PLAN, NOW)
    changes = [change(Op.CREATE, "ada"), change(Op.CREATE, "bob")]
    lines = ledger.begin(run, changes, NOW)
    twice = [Ended(*one, DONE, Ref("same")) for one in zip(lines, changes, strict=True)]
    with pytest.raises(LedgerError, match="the ledger"):
        ledger.end(twice, NOW)
    assert outcomes(ledger) == [("ada", None), ("bob", None)]
    assert links(ledger) == ()


@pytest.mark.parametrize(
    ("remark", "left"),
    [
        (Remark.FORGET, ()),
        (Remark.LEFT, (link(left_at=NOW, suspended_at=NOW),)),
        (Remark.RETURNED, (link(suspended_at=NOW),)),
        (Remark.SUSPENDED, (link(left_at=NOW, suspended_at=LATER),)),
        (Remark.ACTIVE, (link(left_at=NOW),)),
    ],
)
def test_a_remark_stamps_its_link(ledger, remark, left):
    """Of a leaver that syncd suspended; who has left already left when they first did."""
    do(ledger, change(Op.CREATE))
    run = do(ledger, change(Op.SUSPEND))
    ledger.mark(run, [Mark(Remark.LEFT, Kind.USER, Key("ada"), Ref("r-ada"), "ada")], NOW)
    remember(ledger, remark)
    assert links(ledger) == left


def test_a_rekeyed_link_keeps_its_stamps(ledger):
    """The same person under another key stands where they stood."""
    do(ledger, change(Op.CREATE))
    remember(ledger, Remark.LEFT)
    remember(ledger, Remark.REKEY, "uuid-1", old_key=Key("ada"), name="ada.l")
    assert links(ledger) == (link("uuid-1", name="ada.l", left_at=LATER),)
    assert [one.mark.remark for one in ledger.remarks("staff", Key("ada"))] == ["rekey", "left"]


@pytest.mark.parametrize("remark", [Remark.ADOPT, Remark.CLAIM])
def test_a_link_has_the_aliases_that_it_is_made_with(ledger, remark):
    """By a creation, an adoption or a claim; each comes back in its order."""
    keys = (Key("p:1"), Key('q:"ü"'))
    do(ledger, change(Op.CREATE, aliases=keys), change(Op.CREATE, "bob"))
    remember(ledger, remark, "zoe", "r-zoe", aliases=keys)
    zoe = link("zoe", "r-zoe", aliases=keys)
    assert links(ledger) == (link(aliases=keys), link("bob", "r-bob"), zoe)


def test_the_aliases_of_a_link_become_those_of_the_remark(ledger):
    """What is not among them any more is somebody else's."""
    do(ledger, change(Op.CREATE, aliases=(Key("p:1"), Key("q:9"))))
    remember(ledger, Remark.LEFT)
    assert links(ledger) == (link(left_at=LATER, aliases=(Key("p:1"), Key("q:9"))),)
    remember(ledger, Remark.ALIASES, aliases=(Key("q:9"), Key("r:5")))
    assert links(ledger) == (link(left_at=LATER, aliases=(Key("q:9"), Key("r:5"))),)
    remember(ledger, Remark.ALIASES)
    assert links(ledger) == (link(left_at=LATER),)


def test_a_rekeyed_link_has_new_aliases_and_displaces_one_to_what_is_gone(ledger):
    """The person is under the new key from now on, with this account and no other."""
    do(ledger, change(Op.CREATE, aliases=(Key("bob"),)), change(Op.CREATE, "bob"))
    remember(ledger, Remark.REKEY, "bob", old_key=Key("ada"), aliases=(Key("ada"),))
    assert links(ledger) == (link("bob", "r-ada", aliases=(Key("ada"),)),)


def test_an_adopted_account_is_ours_and_has_one_key(ledger):
    """By an explicit rule; what is linked already is never adopted under another key."""
    remember(ledger, Remark.ADOPT, ref="42")
    with pytest.raises(LedgerError, match="the ledger"):
        remember(ledger, Remark.ADOPT, "bob", "42")
    assert links(ledger) == (link(ref="42"),)
    [kept] = ledger.remarks("staff", Key("ada"))
    assert (kept.at, kept.mark.remark, kept.mark.rule) == (LATER, Remark.ADOPT, "a rule")
    assert ledger.remarks("staff", Key("bob")) == []


def test_a_claim_links_the_account_and_ends_the_doubt(ledger):
    """A creation that is found to have happened counts as done."""
    run = ledger.begin_run("staff", PLAN, NOW)
    ledger.begin(run, [change(Op.CREATE), change(Op.CREATE, "bob")], NOW)
    remember(ledger, Remark.CLAIM)
    memory = ledger.recall("staff", EPOCH)
    assert memory.links == (link(),)
    assert [line.key for line in memory.open_lines] == ["bob"]
    assert memory.spent == {(Kind.USER, Op.CREATE): 1}


def test_a_suspension_that_is_found_ends_its_doubt(ledger):
    """It is ours, so that it can be restored."""
    do(ledger, change(Op.CREATE))
    ledger.begin(ledger.begin_run("staff", PLAN, NOW), [change(Op.SUSPEND)], NOW)
    remember(ledger, Remark.SUSPENDED)
    memory = ledger.recall("staff", EPOCH)
    assert (links(ledger), memory.open_lines) == ((link(suspended_at=LATER),), ())


def test_settling_closes_what_earlier_runs_left_open(ledger):
    """Neither this run's lines nor another sync's, and nothing that has its end."""
    do(ledger, change(Op.CREATE, "done"))
    old = ledger.begin_run("staff", PLAN, NOW)
    ledger.begin(old, [change(Op.CREATE, "old")], NOW)
    other = ledger.begin_run("other", PLAN, NOW)
    ledger.begin(other, [change(Op.CREATE, "other")], NOW)
    new = ledger.begin_run("staff", PLAN, NOW)
    ledger.begin(new, [change(Op.CREATE, "new")], NOW)
    ledger.settle("staff", new, LATER)
    wanted = [("done", DONE), ("new", None), ("old", MOOT), ("other", None)]
    assert outcomes(ledger) == wanted


def test_only_done_changes_in_the_window_are_spent(ledger):
    """What failed or happened before the window costs no budget."""
    do(ledger, change(Op.CREATE, "early"), at=NOW)
    do(ledger, change(Op.CREATE, "late"), change(Op.CREATE, "later"), at=LATER)
    do(ledger, change(Op.DELETE, "never"), outcome=FAILED, at=LATER)
    assert ledger.recall("staff", LATER).spent == {(Kind.USER, Op.CREATE): 2}
    assert ledger.recall("other", EPOCH) == Memory()


def test_what_is_spent_is_told_by_group_and_field_without_what_was_approved(ledger):
    """And what was begun, and is not due any more, is with it once that is settled."""
    fields = {"title": "x", "user_name": "a", "phone": None}
    update = change(
        Op.UPDATE, before=fields, after=dict.fromkeys(fields, "y"), approved=("user_name",)
    )
    member = Change(Op.REMOVE, Kind.MEMBER, Key("g"), "", Ref("g1"), member=Key("ada"))
    do(ledger, update, member, replace(member, member=Key("bob"), approved=("remove",)))
    spent = {
        (Kind.USER, Op.UPDATE): 1,
        (Kind.USER, Op.UPDATE, "title"): 1,
        (Kind.MEMBER, Op.REMOVE): 1,
        (Kind.MEMBER, Op.REMOVE, "g"): 1,
    }
    assert ledger.recall("staff", EPOCH).spent == spent
    lines = ledger.begin(ledger.begin_run("staff", PLAN, NOW), [update, member], NOW)
    found = Settled({lines[1]: member})
    ledger.settle("staff", ledger.begin_run("staff", PLAN, NOW), NOW, found)
    spent |= {(Kind.MEMBER, Op.REMOVE): 2, (Kind.MEMBER, Op.REMOVE, "g"): 2}
    assert ledger.recall("staff", EPOCH).spent == spent


def test_times_are_utc_whatever_zone_they_come_in(ledger):
    """A stamp of another zone is the same moment; one without a zone is a bug."""
    zone = timezone(timedelta(hours=-7))
    do(ledger, change(Op.CREATE), at=NOW.astimezone(zone))
    [line] = ledger.lines()
    assert (line.begun_at, line.begun_at.tzinfo) == (NOW, UTC)
    with pytest.raises(Exception, match="without a zone"):
        ledger.begin_run("staff", PLAN, NOW.replace(tzinfo=None))


def test_a_run_is_told_with_its_outcome(ledger):
    """A run that ended without a word was broken off."""
    first = ledger.begin_run("staff", PLAN, NOW)
    second = ledger.begin_run("staff", PLAN, NOW)
    ledger.end_run(second, "done", 3, 1, LATER)
    counts = {"planned": 0, "held": 0, "refused": 0, "conflicts": 0, "withheld": ("a gap",)}
    same = {"sync": "staff", "target": "wiki", "digest": PLAN.digest, "begun_at": NOW, **counts}
    assert ledger.runs("staff", 5) == [
        Run(run=second, **same, ended_at=LATER, outcome="done", done=3, failed=1),
        Run(run=first, **same, ended_at=None, outcome=BROKEN_OFF, done=0, failed=0),
    ]
    assert [run.run for run in ledger.runs(None, 1)] == [second]
    assert ledger.runs("other", 5) == []


def test_things_of_a_snapshot_are_met_at_their_points(ledger):
    """Those of one part, at any of the points; after a renewal, where they are by then."""
    part, other = Part("user@p"), Part("user@q")
    points = {b"a": 2**63 - 1, b"b": -(2**63), b"c": 7, b"d": None}

    def keep(part, things, *, afresh=False):
        renewal = Renewal(part=part, things=things, point=points.__getitem__, afresh=afresh)
        head = Head(made_by="c", full_at=NOW)
        ledger.keep("staff", head, [renewal], (), {}, afresh=afresh)

    keep(part, [("1", b"a"), ("2", b"b"), ("3", b"d")], afresh=True)
    keep(other, [("9", b"a")])
    snapshot = ledger.snapshot("staff")
    assert sorted(snapshot.met(part, [2**63 - 1, -(2**63), 7])) == ["1", "2"]
    assert snapshot.met(other, [2**63 - 1]) == ["9"]
    assert snapshot.met(part, []) == []
    keep(part, [("1", b"c")])
    assert snapshot.met(part, [2**63 - 1, 7]) == ["1"]
    assert ledger.snapshot("another").met(part, [7]) == []


def test_leavers_who_may_come_back_under_another_key_are_found(ledger):
    """Those who were met under several, and are in no source under that of their link."""
    for key in ("ada", "bob", "zoe"):
        do(ledger, change(Op.CREATE, key, aliases=() if key == "zoe" else (Key(f"q:{key}"),)))
    for key in ("bob", "zoe"):
        remember(ledger, Remark.LEFT, key, f"r-{key}")
    [found] = ledger.register.leavers_with_aliases("staff", Kind.USER)
    assert found in ledger.recall("staff", EPOCH).links
    assert (found.key, found.aliases) == ("bob", (Key("q:bob"),))
    assert ledger.register.leavers_with_aliases("other", Kind.USER) == ()


def test_leavers_are_known_by_when_they_were_suspended(ledger):
    """Those of a span of time, with when they were first missed; not whom a source suspended."""
    do(ledger, *(change(Op.CREATE, key) for key in ("ada", "zoe", "kim")))
    remember(ledger, Remark.LEFT)
    do(ledger, change(Op.SUSPEND, "ada", ref=Ref("r-ada")), at=LATER + timedelta(days=2))
    do(ledger, change(Op.SUSPEND, "zoe", ref=Ref("r-zoe")), at=LATER + timedelta(days=2))

    def asked(since, until):
        return ledger.desk.suspensions("staff", LATER + since, LATER + until)

    suspended = LATER + timedelta(days=2)
    assert asked(timedelta(days=1), timedelta(days=3)) == [(LATER, suspended)]
    assert asked(timedelta(days=2), timedelta(days=2)) == [(LATER, suspended)]
    assert asked(timedelta(days=3), timedelta(days=4)) == []
    assert ledger.desk.suspensions("others", NOW, suspended) == []


def test_a_ledger_knows_what_it_takes(ledger):
    """In bytes: it grows with what is kept, by about as much."""
    before = ledger.size()
    do(ledger, *(change(Op.CREATE, f"{n}" * 100) for n in range(1000)))

    assert before > 10_000
    assert 200_000 < ledger.size() - before < 20_000_000


def stepped(ledger) -> tuple[int, datetime | None]:
    [one] = ledger.recall("staff", EPOCH).links
    return one.stepped_in, one.stripped_at


def test_each_step_down_the_ladder_has_its_run(ledger):
    """First missed, suspended, stripped of a group or found to be in none; who returns has none."""
    do(ledger, change(Op.CREATE))
    assert stepped(ledger) == (0, None)
    remember(ledger, Remark.LEFT)
    assert stepped(ledger) == (2, None)
    assert stepped_by(ledger, change(Op.SUSPEND)) == (3, None)
    group = {"kind": Kind.MEMBER, "member": Key("ada"), "member_ref": Ref("r-ada")}
    assert stepped_by(ledger, change(Op.REMOVE, "g1", **group)) == (3, None)
    assert stepped_by(ledger, change(Op.REMOVE, "g1", **group, rung=Rung.STRIP)) == (5, NOW)
    remember(ledger, Remark.STRIPPED)
    assert stepped(ledger) == (6, LATER)
    remember(ledger, Remark.RETURNED)
    assert stepped(ledger) == (0, None)
    remember(ledger, Remark.STRIPPED)
    assert stepped_by(ledger, change(Op.RESTORE)) == (0, None)


def stepped_by(ledger, one: Change) -> tuple[int, datetime | None]:
    do(ledger, one)
    return stepped(ledger)


def test_of_the_time_between_two_runs_half_of_a_delay_was_watched_at_most(ledger):
    """In the order of the runs: what the clock lost is not counted, nor what it won."""
    day = timedelta(days=1)
    begins = [0, 1, 1.5, -300, -299.75, 400]
    for at in begins:
        ledger.begin_run("staff", PLAN, NOW + at * day)
        ledger.begin_run("other", PLAN, NOW + at * day)
    delays = [day, 1.25 * day, 1.5 * day, 4 * day, 9 * day]
    watched = ledger.recall("staff", EPOCH, NOW + 400.25 * day, delays=delays).watched
    # Backwards: a quarter, then as much of 699 days as may count, a quarter, nothing, half a day
    # and a day.
    assert {delay / day: begins[of.run // 2] for delay, of in watched.items()} == {
        1: -300,
        1.25: 1,
        1.5: 1,
        4: 0,
    }
    assert ledger.recall("staff", EPOCH).watched == {}
    assert ledger.recall("nobody", EPOCH, NOW, delays=delays).watched == {}


def test_runs_are_looked_at_as_far_back_as_a_delay_is_long(ledger):
    """Also where these are more than one statement gives."""
    with ledger._writing("staff") as (connection, _):
        rows = [
            {
                "sync": "staff",
                "target": "wiki",
                "digest": "",
                "begun_at": NOW + timedelta(minutes=number),
                "planned": 0,
                "held": 0,
                "refused": 0,
                "conflicts": 0,
                "withheld": "[]",
            }
            for number in range(1201)
        ]
        connection.execute(insert(RUNS), rows)
    delays = [timedelta(minutes=number) for number in (1, 600, 1200)]
    at = NOW + timedelta(minutes=1200)
    found = ledger.recall("staff", EPOCH, at, delays=delays).watched
    assert {delay: at - of.at for delay, of in found.items()} == {
        delays[0]: timedelta(minutes=2),
        delays[1]: delays[1],
        delays[2]: delays[2],
    }
