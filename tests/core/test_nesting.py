"""Laws of groups within groups, among them one that compares with a plain search."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.nesting import expand

GROUPS = st.sampled_from(["g1", "g2", "g3", "g4", "g5", "g6"])
USERS = st.sampled_from(["ada", "ben", "cy", "dee"])
DIRECT = st.dictionaries(GROUPS, st.lists(USERS))
CHILDREN = st.dictionaries(GROUPS, st.lists(GROUPS))


def _reachable(start, children):
    """Every group reached from `start` in one step or more, by plain search."""
    found, todo = set(), list(children.get(start, ()))
    while todo:
        group = todo.pop()
        if group not in found:
            found.add(group)
            todo.extend(children.get(group, ()))
    return found


def test_members_come_by_way_of_any_nested_group():
    """A group has its own members and those of every group inside it, sorted and once."""
    result = expand(
        {"all": ["zoe"], "office": ["ada", "zoe"], "lab": ["ben"]},
        {"all": ["office"], "office": ["lab"]},
    )

    assert result.members == {
        "all": ("ada", "ben", "zoe"),
        "office": ("ada", "ben", "zoe"),
        "lab": ("ben",),
    }
    assert result.cycles == ()


def test_groups_in_a_cycle_have_the_same_members_and_the_cycle_is_told():
    """A cycle neither hangs nor loses anybody, and is returned as a path from its smallest key."""
    result = expand(
        {"a": ["ada"], "b": ["ben"], "c": ["cy"], "out": []},
        {"c": ["a"], "a": ["b"], "b": ["c"], "out": ["b"]},
    )

    everybody = ("ada", "ben", "cy")
    assert result.members == {"a": everybody, "b": everybody, "c": everybody, "out": everybody}
    assert result.cycles == (("a", "b", "c"),)


def test_two_groups_inside_each_other_are_a_cycle():
    """The shortest that there is with another."""
    both = ("ada", "ben")
    assert expand({"a": ["ada"], "b": ["ben"]}, {"a": ["b"], "b": ["a"]}) == (
        {"a": both, "b": both},
        (("a", "b"),),
    )


def test_a_group_inside_itself_is_a_cycle_of_one():
    """Self-membership is harmless and told."""
    assert expand({"a": ["ada"]}, {"a": ["a"]}) == ({"a": ("ada",)}, (("a",),))


def test_a_child_that_nobody_knows_is_left_out():
    """A nested group that neither mapping has as a key adds nobody and no group."""
    assert expand({"a": ["ada"]}, {"a": ["ghost"]}) == ({"a": ("ada",)}, ())


def test_ten_thousand_levels_do_not_exhaust_the_stack():
    """Depth is bounded by memory only."""
    depth = 10_000
    children = {f"{i:05}": [f"{i + 1:05}"] for i in range(depth)}

    result = expand({f"{depth:05}": ["ada"]}, children)

    assert set(result.members.values()) == {("ada",)}
    assert len(result.members) == depth + 1


@given(DIRECT, CHILDREN)
def test_expansion_equals_a_plain_search_from_every_group(direct, children):
    """Members are what a search from each group alone would find; cycles are where it returns."""
    groups = {*direct, *children}
    result = expand(direct, children)

    known = {g: [c for c in children.get(g, ()) if c in groups] for g in groups}
    expected = {
        group: tuple(
            sorted({u for g in {group, *_reachable(group, known)} for u in direct.get(g, ())})
        )
        for group in groups
    }
    assert result.members == expected
    reached = {group: _reachable(group, known) for group in groups}
    together = [{other for other in reached[group] if group in reached[other]} for group in groups]
    assert [path[0] for path in result.cycles] == sorted({min(some) for some in together if some})


@given(CHILDREN)
def test_a_told_cycle_is_a_real_one(children):
    """Each step of a cycle, and the step back to its start, is a nesting that was given."""
    for path in expand({}, children).cycles:
        steps = list(zip(path, (*path[1:], path[0]), strict=True))
        assert all(inner in children[outer] for outer, inner in steps)
        assert path[0] == min(path)
