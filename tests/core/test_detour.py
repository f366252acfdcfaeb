"""Who steps aside where names go round in a circle: one of them, for those names, under what name."""

import hashlib

from msgspec.structs import replace

from syncd.core.detour import detour
from syncd.core.model import Key, Kind, Op, Ref
from syncd.core.plan import Change

LOGIN = frozenset({"user_name"})


def renamed(key, before, after, op=Op.UPDATE, needs=()):
    fields = (dict.fromkeys(after, was) for was in (before, "new"))
    return Change(op, Kind.USER, Key(key), before, Ref(key), *fields, needs=needs)


def aside(change, after):
    """What it is to step aside."""
    return replace(
        change,
        op=Op.UPDATE,
        before={field: change.before.get(field) for field in after},
        after=after,
        reason="steps aside, for its names change hands in a circle",
        needs=(),
        temporary=True,
    )


def temporary(key):
    return f"syncd-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def by_id(changes):
    return {one.id: one for one in changes}


def test_a_chain_needs_no_detour():
    """Each takes the name once the one before has given it up, with what it needed already."""
    one = renamed("1", "ada", ("user_name",), needs=("group/create/g",))
    two = renamed("2", "bob", ("user_name",))
    assert detour([one, two], {one.id: {two.id: LOGIN}}, LOGIN) == [
        replace(one, needs=("group/create/g", two.id)),
        two,
    ]


def test_in_a_circle_the_first_by_key_steps_aside():
    """Its own change starts from there; who takes its names waits for the step aside alone."""
    one, two, three = (renamed(key, f"user{key}", ("email", "user_name")) for key in "123")
    takes = {
        one.id: {two.id: LOGIN},
        two.id: {three.id: LOGIN},
        three.id: {one.id: frozenset({"user_name", "email"})},
    }
    step = aside(one, {"email": None, "user_name": temporary("1")})
    assert list(step.after) == ["email", "user_name"]
    for order in ([one, two, three], [three, two, one]):
        assert by_id(detour(order, takes, LOGIN)) == by_id(
            [
                replace(one, before={**one.before, **step.after}, needs=(step.id, two.id)),
                replace(two, needs=(three.id,)),
                replace(three, needs=(step.id,)),
                step,
            ]
        )


def test_for_anything_but_a_name_nobody_steps_aside():
    """Who is needed for another reason too is not the one."""
    one = renamed("1", "ada", ("user_name",))
    two = renamed("2", "bob", ("user_name",), needs=(one.id,))
    takes = {one.id: {two.id: LOGIN}, two.id: {one.id: LOGIN}}
    found = by_id(detour([one, two], takes, LOGIN))
    step = aside(two, {"user_name": temporary("2")})
    assert found.keys() == {one.id, two.id, step.id}
    assert found[one.id].needs == (step.id,)
    assert found[two.id].needs == (one.id, step.id)


def test_who_is_to_be_deleted_steps_aside_by_an_update():
    """Nobody is deleted early."""
    gone = replace(renamed("1", "ada@x", ("user_name",)), op=Op.DELETE, after={}, name="ada@x")
    gone = replace(gone, before={"user_name": "ada@x"})
    two = renamed("2", "bob", ("user_name",))
    gone = replace(gone, needs=(two.id,))
    found = by_id(detour([gone, two], {two.id: {gone.id: LOGIN}}, LOGIN))
    step = found["user/update/1/temporary"]
    assert dict(step.after) == {"user_name": f"{temporary('1')}@syncd.invalid"}
    assert dict(step.before) == {"user_name": "ada@x"}
    assert found[two.id].needs == (step.id,)
    assert found[gone.id].needs == (two.id, step.id)


def test_two_circles_cost_two_steps():
    """And an address that must be there becomes one that reaches nobody."""
    some = [renamed(key, f"user{key}", ("email",)) for key in "1234"]
    one, two, three, four = (change.id for change in some)
    email = frozenset({"email"})
    takes = {one: {two: email}, two: {one: email}, three: {four: email}, four: {three: email}}
    found = detour(some, takes, email)
    assert [(c.key, dict(c.after)) for c in found if c.temporary] == [
        ("1", {"email": f"{temporary('1')}@syncd.invalid"}),
        ("3", {"email": f"{temporary('3')}@syncd.invalid"}),
    ]


def test_only_the_names_that_others_take_step_aside():
    """What else its change writes waits for that change."""
    fields = {"title": "Dr", "user_name": "ada"}
    one = replace(
        renamed("1", "ada", ("user_name",)), before=fields, after={**fields, "title": "x"}
    )
    two = renamed("2", "bob", ("user_name",))
    takes = {one.id: {two.id: LOGIN}, two.id: {one.id: LOGIN}}
    (step,) = [change for change in detour([one, two], takes, LOGIN) if change.temporary]
    assert dict(step.before) == {"user_name": "ada"}
