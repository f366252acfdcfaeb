"""What was written last, and what never settles: read back in either database, and copied with it."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.memory import Link, Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.past import WHOLE, Missed, Stuck, Written
from syncd.core.plan import Change, Plan
from syncd.ledger import DONE, FAILED, Ended, Tries, open_ledger
from syncd.ledger.past import LedgerPast

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA, REF = Key("p:ada"), Ref("r-ada")
TITLE = (Kind.USER, ADA, "", "title")
MISSED = Missed(TITLE, "Dr", "dr")


@pytest.fixture
def ledger(place):
    ledger = open_ledger(*place, write=True)
    yield ledger
    ledger.close()


def run(ledger, at: datetime = NOW) -> int:
    return ledger.begin_run("main", Plan(sync="main", target="t", created=at, config="c"), at)


def write(ledger, op: Op = Op.UPDATE, key=ADA, ref=REF, outcome=DONE, at=NOW, **after) -> int:
    """A run with one change, whose number is given back."""
    number = run(ledger, at)
    change = Change(op, Kind.USER, key, "ada", None if op is Op.CREATE else ref, after=after)
    lines = ledger.begin(number, [change], at)
    ledger.end([Ended(lines[0], change, outcome, ref)], at)
    return number


def past(ledger, **how) -> LedgerPast:
    return ledger.past("main", "us", **how)


def test_the_last_value_that_was_written_counts(ledger):
    """Field by field; what failed was not written, and of what was made all else was nothing."""
    made = write(ledger, Op.CREATE, user_name="ada", title="Dr")
    later = write(ledger, at=NOW + timedelta(days=1), title="Prof", admin=True)
    write(ledger, outcome=FAILED, title="Queen")
    assert past(ledger).written(Kind.USER, {REF: None, Ref("nobody"): None}) == {
        REF: {
            "title": Written("Prof", later, NOW + timedelta(days=1)),
            "admin": Written(True, later, NOW + timedelta(days=1)),
            "user_name": Written("ada", made, NOW),
            WHOLE: Written(None, made, NOW),
        },
        Ref("nobody"): {},
    }
    assert past(ledger).written(Kind.USER, {REF: {"title"}})[REF]["title"].run == later
    assert past(ledger).written(Kind.USER, {REF: {"phone"}})[REF][WHOLE].run == made
    assert past(ledger).written(Kind.GROUP, {REF: None}) == {REF: {}}


def test_what_was_written_under_earlier_keys_counts_and_what_came_before_the_account_does_not(
    ledger,
):
    """A link moves on from key to key; who was made anew is another account."""
    write(ledger, Op.CREATE, ref=Ref("old"), title="Queen", phone="1")
    write(ledger, Op.CREATE, title="Dr")
    for key, old in (("q:1", ADA), ("r:1", "q:1")):
        mark = Mark(Remark.REKEY, Kind.USER, Key(key), REF, "ada", old_key=Key(old))
        ledger.mark(run(ledger), [mark], NOW)
    found = past(ledger).written(Kind.USER, {REF: None})[REF]
    assert found.keys() == {"title", WHOLE}
    assert found["title"].value == "Dr"


def test_what_the_run_that_is_verified_wrote_is_fresh(ledger):
    """What else is there now came back at once."""
    write(ledger, Op.CREATE, title="Dr")
    asked = past(ledger)
    asked.verifying = write(ledger, email="a@x")
    found = asked.written(Kind.USER, {REF: None})[REF]
    assert {name: one.fresh for name, one in found.items()} == {
        "title": False,
        "email": True,
        WHOLE: False,
    }


def test_what_comes_back_the_same_each_time_is_counted(ledger):
    """Anything else begins anew; another configuration counts from one, and knows since when."""
    for number, at in enumerate((NOW, NOW + timedelta(hours=1)), 4):
        ledger.keep_stuck("main", Tries(number, "us", at), [MISSED], ())
    twice = Stuck("Dr", "dr", 2, 4, NOW, 5, NOW + timedelta(hours=1))
    assert past(ledger).stuck(Kind.USER, [ADA, Key("x")]) == {TITLE: twice}
    assert past(ledger, afresh=True).stuck(Kind.USER, [ADA])[TITLE].times == 0
    assert ledger.past("main", "them").stuck(Kind.USER, [ADA])[TITLE].times == 0
    assert ledger.past("other", "us").stuck(Kind.USER, [ADA]) == {}
    assert past(ledger).stuck(Kind.GROUP, [ADA]) == {}
    ledger.keep_stuck("main", Tries(6, "them", NOW), [MISSED], ())
    assert ledger.past("main", "them").stuck(Kind.USER, [ADA])[TITLE] == Stuck(
        "Dr", "dr", 1, 4, NOW, 6, NOW
    )
    other = Missed(TITLE, "Dr", "d")
    ledger.keep_stuck("main", Tries(7, "them", NOW), [other], ())
    assert ledger.past("main", "them").stuck(Kind.USER, [ADA])[TITLE] == Stuck(
        "Dr", "d", 1, 7, NOW, 7, NOW
    )


def test_what_is_gone_is_forgotten_and_the_rest_stays(ledger):
    """Of one thing, or a membership, only what was named."""
    member = Missed((Kind.MEMBER, Key("p:g"), "p:ada", WHOLE), True, False)
    ledger.keep_stuck("main", Tries(1, "us", NOW), [MISSED, member], ())
    assert past(ledger).wheres() == {TITLE, member.where}
    ledger.keep_stuck("main", Tries(2, "us", NOW), (), {TITLE})
    assert past(ledger).wheres() == {member.where}
    link = Link(Kind.USER, ADA, REF, "ada")
    known = past(ledger).known([link])
    assert (known.values, known.misses.keys()) == ({(Kind.USER, REF): {}}, {member.where})


def test_a_copy_has_it_too(ledger, tmp_path):
    """What was tried so often is not tried anew after a move."""
    ledger.keep_stuck("main", Tries(1, "us", NOW), [MISSED], ())
    counts = ledger.copy(f"sqlite:///{tmp_path}/copy.db")
    assert counts["ledger_stuck"] == 1
    copy = open_ledger(f"sqlite:///{tmp_path}/copy.db", None, write=False)
    assert past(copy).stuck(Kind.USER, [ADA]) == past(ledger).stuck(Kind.USER, [ADA])
    copy.close()
