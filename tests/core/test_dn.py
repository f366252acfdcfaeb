"""Laws of the normal form of distinguished names (RFC 4514, RFC 4518)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.dn import normal_dn

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def escaped(value):
    """The value as RFC 4514 writes it when every octet is escaped."""
    return "".join(f"\\{octet:02X}" for octet in value.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Ada Lovelace,OU=People,DC=Example", "cn=ada lovelace,ou=people,dc=example"),
        ("cn=ada, ou=people , dc=example", "cn=ada,ou=people,dc=example"),
        ("cn=  Ada   Lovelace  ,dc=x", "cn=ada lovelace,dc=x"),
        ("cn=\\20Ada\\20,dc=x", "cn=ada,dc=x"),
        ("CN=Lovelace\\, Ada,DC=x", "cn=lovelace\\2C ada,dc=x"),
        ("uid=ada+cn=Ada,dc=x", "cn=ada+uid=ada,dc=x"),
        ("commonName=Ada,2.5.4.11=People", "cn=ada,ou=people"),
        ("0.9.2342.19200300.100.1.25=x", "dc=x"),
        ("cn=#0C03416461,dc=x", "cn=ada,dc=x"),
        ("cn=Lu\\C4\\8Di\\C4\\87", "cn=Lučić"),
        ("cn=Zoe\u0308", "cn=ZOË"),
        ("cn=Straße", "cn=STRASSE"),
        ("cn=soft\u00adhyphen", "cn=softhyphen"),
        ("cn=no\u00a0break", "cn=no break"),
        ("cn=ﬁre", "cn=fire"),
        ("cn=a\\0ACNF:1", "cn=a cnf:1"),
        ("cn=a=b", "cn=a\\=b"),
        ("cn=a#b", "cn=A\\#b"),
        ("cn=", "cn=\\20\\20"),
        ("", "  "),
    ],
)
def test_names_that_are_equal_have_one_normal_form(one, other):
    """However an equal name is written, its normal form is the same string."""
    assert normal_dn(one) == normal_dn(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a,cn=b", "cn=b,cn=a"),
        ("cn=a\\,cn=b", "cn=a,cn=b"),
        ("cn=a\\+uid=b", "cn=a+uid=b"),
        ("cn=\\#0c0141", "cn=#0c0141"),
        ("cn=a b", "cn=ab"),
        ("cn=a", "uid=a"),
        ("cn=#040141", "cn=a"),
        ("cn=#0C01FF", "cn=ÿ"),
    ],
)
def test_names_that_differ_have_different_normal_forms(one, other):
    """Order, kind, inner space and what an escape hides all count."""
    assert normal_dn(one) != normal_dn(other)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("cn=#0C00", "cn="),
        ("cn=#0C" + "7F" + "61" * 127, "cn=" + "a" * 127),
        ("cn=#0C03412C42", "cn=a\\,b"),
        ("cn=#04024142", "cn=#04024142"),
        ("cn=#0C", "cn=#0c"),
    ],
)
def test_an_encoded_value_is_text_where_it_is_text(given, normal):
    """Else its octets, as `#` and their hexadecimal."""
    assert normal_dn(given) == normal


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "=ada",
        "cn=ada,",
        ",cn=ada",
        "cn=ada,,dc=x",
        "cn=ada+",
        'cn="ada"',
        "cn=a;dc=x",
        "cn=a<b",
        "cn=\\",
        "cn=\\x",
        "cn=\\ff",
        "cn=#0c0",
        "cn=#0c0141x",
        "cn=#0c0141X",
        "<GUID=1>;cn=ada",
        "c n=ada",
    ],
)
def test_what_is_no_name_is_refused_with_its_text(text):
    """A malformed name raises ValueError that shows it."""
    with pytest.raises(ValueError, match="is no distinguished name") as caught:
        normal_dn(text)

    assert repr(text) in str(caught.value)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_the_normal_form_of_a_normal_form_is_itself(values):
    """Normalising twice is normalising once."""
    normal = normal_dn(",".join(f"cn={escaped(value)}" for value in values))

    assert normal_dn(normal) == normal


@given(st.from_regex(r"\A(?:cn|uid)=[A-Za-z0-9. ]{1,9}(?:,dc=[A-Za-z]{1,5})*\Z"))
def test_the_fast_path_agrees_with_the_long_one(text):
    """A plain name has the form that the same name with every octet escaped has."""
    parts = [part.partition("=") for part in text.split(",")]
    spelled = ",".join(f"{name}={escaped(value)}" for name, _, value in parts)

    assert normal_dn(text) == normal_dn(spelled)


@given(TEXT, TEXT)
def test_escaping_never_lets_a_value_become_structure(first, second):
    """Two escaped values joined by a comma are never equal to one value that contains it."""
    two = normal_dn(f"cn={escaped(first)},cn={escaped(second)}")
    one = normal_dn(f"cn={escaped(f'{first},cn={second}')}")

    assert one != two


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ada", "'ada' is no distinguished name: no attribute at position 1"),
        ("cn=ada,", "'cn=ada,' is no distinguished name: no attribute at position 8"),
        ("cn=a;b", "'cn=a;b' is no distinguished name: ';' at position 5"),
        ("cn=ë;b", "'cn=ë;b' is no distinguished name: ';' at position 5"),
        ("cn=\\ff", "'cn=\\\\ff' is no distinguished name: not UTF-8"),
    ],
)
def test_what_is_no_name_is_told_with_the_place(text, why):
    """Counted in letters, from one."""
    with pytest.raises(ValueError, match="no distinguished name") as caught:
        normal_dn(text)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        (" \t", ""),
        ("UID=B + CN=a,DC=x", "cn=a+uid=b,dc=x"),
        ("cn=a\ud800b", "cn=a\ud800b"),
        ("cn=a\\ed\\a0\\80", "cn=a\ud800"),
    ],
)
def test_a_normal_form_is_small_letters_without_space(text, form):
    """Parts of one step in order; what is no letter at all is kept as it came."""
    assert normal_dn(text) == form
