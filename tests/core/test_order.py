"""Changes come in an order in which each finds what it needs, and nothing is lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Key, Kind, Op
from syncd.core.order import Runnable, drop_waiting, places
from syncd.core.plan import Change, Refusal
from tests.world import ids


def change(key, *needs, op=Op.UPDATE, kind=Kind.USER):
    return Change(op, kind, Key(key), key, needs=needs)


def in_order(some):
    found = places(some)
    return sorted(some, key=lambda one: found[one.id])


def test_leavers_go_first_and_deletions_last():
    """For each hour counts, and a deletion can wait."""
    user, group, member = Kind.USER, Kind.GROUP, Kind.MEMBER
    some = [
        change("a", op=Op.DELETE),
        change("b", op=Op.DELETE, kind=group),
        change("c", op=Op.ADD, kind=member),
        change("d", op=Op.RESTORE),
        change("e", op=Op.CREATE),
        change("f"),
        change("g", kind=group),
        change("h", op=Op.CREATE, kind=group),
        change("i", op=Op.REMOVE, kind=member),
        change("j", op=Op.SUSPEND, kind=user),
    ]
    assert [one.key for one in in_order(some)] == list("jighfedcba")


def test_a_need_comes_before_rank():
    """A creation that takes a deleted account's name comes after the deletion."""
    gone = change("z", op=Op.DELETE)
    new = change("a", gone.id, op=Op.CREATE)
    assert in_order([new, gone]) == [gone, new]


def test_a_need_that_is_not_in_the_plan_does_not_stop_the_order():
    """Whether it may run is decided elsewhere."""
    assert in_order([change("a", "user/create/x")]) == [change("a", "user/create/x")]


def test_what_waits_for_the_held_is_held_and_what_waits_for_the_lost_is_refused():
    """All along the chain, with the name of what is waited for."""
    held = Refusal(change("h"), "over budget")
    one = change("1", held.change.id)
    two = change("2", one.id)
    lost = change("3", "user/update/gone")
    free = change("4")
    assert drop_waiting([two, one, lost, free], [held]) == Runnable(
        [free],
        [
            Refusal(one, "waits for user/update/h, which does not run"),
            Refusal(two, "waits for user/update/1, which does not run"),
        ],
        [Refusal(lost, "waits for user/update/gone, which does not run")],
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 9))), unique_by=lambda t: t[0]))
def test_every_change_has_its_place_after_its_needs(pairs):
    """For needs without circles: all of them, each once, in an order that input order leaves alone."""
    some = [
        change(str(n), *(f"user/update/{need}" for need in sorted(needs) if need < n))
        for n, needs in pairs
    ]
    ordered = in_order(some)
    assert in_order(some[::-1]) == ordered
    assert sorted(ids(ordered)) == sorted(ids(some))
    place = {one.id: number for number, one in enumerate(ordered)}
    assert all(place[need] < place[one.id] for one in some for need in one.needs if need in place)
