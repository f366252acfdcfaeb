"""Changes come in an order in which each finds what it needs, and nothing is lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Key, Kind, Op
from syncd.core.order import Runnable, drop_waiting, place_after, places, refusal_place
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


def test_a_place_is_a_rank_a_depth_a_key_and_a_member():
    """What needs another of its rank comes one deeper; of a lower one, in its own rank."""
    new = change("n", op=Op.CREATE)
    assert place_after(new) == (4, 0, "n", "")
    assert place_after(new, [(3, 5, "x", "")]) == (4, 0, "n", "")
    assert place_after(new, [(4, 0, "x", ""), (4, 2, "y", ""), (3, 9, "z", "")]) == (4, 3, "n", "")
    assert place_after(new, [(8, 1, "x", ""), (4, 7, "y", "")]) == (8, 2, "n", "")
    added = Change(Op.ADD, Kind.MEMBER, Key("g"), "", member=Key("m"))
    assert place_after(added) == (6, 0, "g", "m")
    made = {"group/create/g": (2, 1, "g", "")}
    needy = change("u", "group/create/g", kind=Kind.GROUP)
    assert places([needy], made) == {needy.id: (2, 2, "u", "")}


def test_what_needs_one_another_in_a_circle_has_no_place():
    """Nor has what waits for it."""
    one, two = change("1", "user/update/2"), change("2", "user/update/1")
    late, free = change("3", "user/update/1", "user/update/4"), change("4")
    assert places([one, two, late, free]) == {free.id: (3, 0, "4", "")}


def test_what_needs_several_comes_once_and_after_all_of_them():
    """However often it names one."""
    one, two = change("1"), change("2", "user/update/1")
    three = change("3", "user/update/1", "user/update/2", "user/update/1")
    assert places([three, two, one]) == {
        one.id: (3, 0, "1", ""),
        two.id: (3, 1, "2", ""),
        three.id: (3, 2, "3", ""),
    }


def test_what_does_not_run_is_told_by_what_it_is_and_whom_it_is_about():
    """Then by the rule."""
    added = Change(Op.ADD, Kind.MEMBER, Key("g"), "", member=Key("m"))
    assert refusal_place(Refusal(added, "held")) == ("member/add", "g", "m", "held")
    assert refusal_place(Refusal(change("u"), "r")) == ("user/update", "u", "", "r")
