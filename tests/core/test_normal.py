"""Two values that look different may be the same value."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.normal import normal, same


@pytest.mark.parametrize(
    ("one", "other", "caseless", "equal"),
    [
        ("Ada", "ada", True, True),
        ("Ada", "ada", False, False),
        ("zo\u00eb", "zoe\u0308", False, True),
        ("ZO\u00cb", "zoe\u0308", True, True),
        ("Stra\u00dfe", "STRASSE", True, True),
        ("", None, False, True),
        (None, "", True, True),
        (None, "a", True, False),
        (False, None, False, False),
        (True, True, False, True),
        (True, "True", True, False),
    ],
)
def test_values_are_the_same_by_their_normal_forms(one, other, caseless, equal):
    """NFC, case where it counts, and nothing is as good as empty, but is not false."""
    assert same(one, other, caseless=caseless) is equal


@given(st.text(), st.booleans())
def test_a_normal_form_is_its_own(text, caseless):
    """And the form that a text was written in does not show in it."""
    form = normal(text, caseless=caseless)
    assert normal(form, caseless=caseless) == form
    for written in ("NFC", "NFD"):
        assert normal(unicodedata.normalize(written, text), caseless=caseless) == form
