"""Looking for runs and for what they left, on either database."""

from datetime import timedelta

from syncd.core.memory import Mark, Remark
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change
from syncd.ledger import FAILED
from syncd.ledger.lookback import Moved, Wanted
from tests.shell.test_ledger_chronicle import DAY, NOW, change, changes, do, ledger

__all__ = ["ledger"]


def test_runs_are_found_by_all_that_is_said_of_them(ledger):
    """Sync, time, outcome and whom they changed, be it only their place in a group."""
    first = do(ledger, changes("ada", "bob"), at=NOW - 9 * DAY)
    member = Change(Op.ADD, Kind.MEMBER, Key("eng"), "ada in Eng", Ref("g"), member=Key("ada"))
    second = do(ledger, [member], at=NOW - DAY)
    other = do(ledger, changes("ada"), sync="students")
    last = do(ledger, changes("bob"), fails={"bob"})

    def runs(**wanted):
        return [one.run for one in ledger.chronicle.runs_wanted(Wanted(**wanted), limit=9)]

    assert runs() == [last, other, second, first]
    assert runs(keys=frozenset({Key("ada")})) == [other, second, first]
    assert runs(keys=frozenset({Key("eng")}), sync="staff") == [second]
    assert runs(keys=frozenset({Key("ada")}), sync="staff") == [second, first]
    assert runs(keys=frozenset()) == []
    assert runs(since=NOW - DAY, until=NOW) == [second]
    assert runs(outcome=FAILED) == [last]
    assert runs(before=second) == [first]


def test_a_word_means_who_has_it_and_else_who_ever_had_it(ledger):
    """Without case, by key, ref and name; what looks like a pattern is none."""
    made = Change(Op.UPDATE, Kind.USER, Key("p:1"), "Ada_L", Ref("u1"), {"title": "x"})
    gone = Change(
        Op.UPDATE, Kind.USER, Key("p:9"), 'q"z', Ref("u9"), {"email": "É@x"}, {"email": "y"}
    )
    do(ledger, [made, gone])

    def called(word, sync=None):
        return ledger.chronicle.called(sync, word)

    link = Mark(Remark.ADOPT, Kind.USER, Key("p:2"), Ref("u2"), "bob")
    ledger.mark(do(ledger), [link], NOW)
    assert called("p:2") == called("2") == called("u2") == called("BOB", "staff") == {"p:2"}
    assert called("bob", "students") == frozenset()
    assert called("ada_l") == {"p:1"}
    assert called("AdaXL") == called("%") == called("_") == frozenset()
    assert called("9") == called('q"z') == called("É@x") == {"p:9"}


def test_lines_between_two_runs_come_in_order_and_so_do_new_keys(ledger):
    """Of one sync, without the first run's and with the last one's."""
    first, second = do(ledger, changes("ada")), do(ledger, changes("bob"), changes("cyd"))
    do(ledger, changes("eve"), sync="students")
    last = do(ledger, changes("dan"))
    chronicle = ledger.chronicle

    def keys(after, upto):
        return [line.key for line in chronicle.each_line_between("staff", after, upto)]

    assert keys(first, last) == ["bob", "cyd", "dan"]
    assert keys(0, second) == ["ada", "bob", "cyd"]
    assert keys(last, last) == []
    assert [line.key for line in chronicle.each_line_of(second)] == ["bob", "cyd"]
    moves = [
        Mark(Remark.REKEY, Kind.USER, Key(new), Ref("u"), "x", "by email", old_key=Key(old))
        for old, new in (("p:1", "q:1"), ("q:1", "r:1"))
    ]
    ledger.mark(last, moves, NOW + timedelta(minutes=1))
    assert chronicle.moved("staff", second, last) == [
        Moved(last, Kind.USER, Key("p:1"), Key("q:1")),
        Moved(last, Kind.USER, Key("q:1"), Key("r:1")),
    ]
    assert chronicle.moved("staff", last, last + 1) == []
    assert chronicle.marks_of(last) == moves
    assert chronicle.approvals_used(last) == []


def test_many_lines_are_read_some_at_a_time(ledger):
    """In their order, over batches and pages."""
    many = [[change(f"{batch}-{n:03}") for n in range(700)] for batch in range(3)]
    run = do(ledger, *many)
    expected = [one.key for batch in many for one in batch]
    assert [line.key for line in ledger.chronicle.each_line_of(run)] == expected
