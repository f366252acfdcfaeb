"""What is put into trays comes out by its place, and what does not run by what it is."""

from syncd.core.model import Key, Kind, Op
from syncd.core.order import place_after
from syncd.core.plan import Change, Refusal
from syncd.core.spool import Trays
from syncd.core.trays import refusal_row, tray_of

A, B, C = (Change(Op.UPDATE, Kind.USER, Key(key), key) for key in "abc")


def row(change, rule="", place=None):
    return place or place_after(change), change, rule


def test_changes_come_by_their_places_and_of_one_place_as_they_were_put_in():
    """Those of the tray whose name comes first are first."""
    trays = Trays()
    trays.put("two", [row(C), row(A)])
    trays.put("one", [row(B)])
    trays.put("two", [row(B, place=place_after(A))])
    assert list(trays.rows("two")) == [row(C), row(A), row(B, place=place_after(A))]
    assert trays.changes(["two", "one"]) == (A, B, B, C)
    same = place_after(A)
    trays.put("y", [row(C, place=same)])
    trays.put("x", [row(B, place=same)])
    assert trays.changes(["y", "x"]) == (B, C)
    assert trays.changes(["none"]) == ()


def test_what_does_not_run_has_the_rule_of_its_tray_or_its_own():
    """In the order of what it is, whom it is about and the rule."""
    trays = Trays()
    trays.put("held", [refusal_row(Refusal(B, "own")), refusal_row(Refusal(A, "z"))])
    trays.put("more", [refusal_row(Refusal(A, "its own"))])
    assert trays.refusals({"held": "", "more": "the tray's"}) == (
        Refusal(A, "the tray's"),
        Refusal(A, "z"),
        Refusal(B, "own"),
    )
    assert tray_of(Kind.USER, Op.SUSPEND) == "user.suspend"
