"""Records are flat where they are compared, and come back whole."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Group, User, changed, flat, group_of, user_of

TEXT = st.text(min_size=1, max_size=5)
USERS = st.builds(
    User,
    user_name=TEXT,
    email=st.none() | TEXT,
    active=st.booleans(),
    admin=st.none() | st.booleans(),
    attributes=st.dictionaries(TEXT, TEXT, max_size=3),
)
GROUPS = st.builds(Group, display_name=TEXT, attributes=st.dictionaries(TEXT, TEXT, max_size=3))


@given(USERS, GROUPS)
def test_a_flat_record_is_the_whole_record(user, group):
    """Nothing is lost on the way there and back."""
    assert user_of(flat(user)) == user
    assert group_of(flat(group)) == group


@given(USERS, USERS)
def test_a_change_of_the_fields_that_differ_makes_one_record_the_other(one, other):
    """What the other has not is cleared."""
    before, after = flat(one), flat(other)
    differing = {
        n: after.get(n) for n in before.keys() | after.keys() if before.get(n) != after.get(n)
    }
    assert changed(one, differing) == other


def test_an_empty_free_attribute_is_none_at_all():
    """As a mapping gives it that found no value."""
    assert user_of({"user_name": "ada", "attributes.room": None}) == User(user_name="ada")


def test_a_free_attribute_is_cleared_by_none_and_the_others_stay():
    """And set by a value."""
    user = User(user_name="ada", attributes={"room": "1", "desk": "2"})
    assert changed(user, {"attributes.room": None}).attributes == {"desk": "2"}
    assert changed(user, {"attributes.room": "3", "title": "Dr"}) == User(
        user_name="ada", title="Dr", attributes={"room": "3", "desk": "2"}
    )
    assert changed(user, {"attributes.attributes.": None}).attributes == user.attributes
