"""Laws of what an LDAP reading keeps meanwhile: who is who, and groups as they came."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import SourceError
from syncd.sources.ldap import shelf
from syncd.sources.ldap.roll import Roll
from syncd.sources.ldap.shelf import Shelf

KEYS = st.sampled_from([f"key {n}" for n in range(6)])
NAMES = st.sampled_from(["", "cn=a", "cn=b", "cn=ü", "cn=\ud800", "cn=a\0b"])


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, NAMES, st.lists(NAMES, max_size=2), st.lists(NAMES, max_size=2))))
def test_a_roll_knows_people_by_their_names(people):
    """By DN the last who has it, by login the only one; a key counts once, and by groups all."""
    roll, first = Roll(), {}
    by_dn, by_login, by_group = {}, {}, {}
    for key, dn, logins, groups in people:
        assert roll.add(key, dn, logins, groups) == first.get(key)
        if key not in first:
            first[key] = dn
            by_dn[dn] = key
            for login in logins:
                by_login.setdefault(login, set()).add(key)
            for group in groups:
                by_group.setdefault(group, []).append(key)

    assert roll.by_dn([*by_dn, "cn=nobody"]) == by_dn
    assert roll.by_login([*by_login, "nobody"]) == {
        login: next(iter(keys)) if len(keys) == 1 else None for login, keys in by_login.items()
    }
    assert {group: roll.in_group(group) for group in by_group} == by_group


def test_a_roll_of_thousands_is_searched_in_one_go():
    """More names than one statement takes are found too, whether added before or after a search."""
    roll = Roll()
    for n in range(1200):
        roll.add(f"key {n}", f"cn={n}")
    assert roll.by_dn(["cn=7"]) == {"cn=7": "key 7"}
    for n in range(1200, 1400):
        roll.add(f"key {n}", f"cn={n}")

    assert roll.by_dn([f"cn={n}" for n in range(1500)]) == {
        f"cn={n}": f"key {n}" for n in range(1400)
    }


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40)), st.data())
def test_a_shelf_gives_back_what_was_put_there(things, data):
    """In any order, in memory or in a file, also while more comes."""
    kept = Shelf()
    if data.draw(st.booleans()):
        kept._file.rollover()
    for at, octets in enumerate(things):
        kept.add(octets)
        some = data.draw(st.integers(0, at))
        assert kept[some] == things[some]

    assert [kept[at] for at in range(len(kept))] == things


def test_a_full_disk_is_the_sources_error(monkeypatch, tmp_path):
    """What cannot be kept is told in words, with what to look at."""
    roll = Roll()
    roll._database.execute("PRAGMA max_page_count = 8")
    with pytest.raises(SourceError, match=r"in a temporary file: .*full; is there room"):
        _ = [roll.add(f"key {n}", f"cn={n}") for n in range(5000)]

    monkeypatch.setattr(shelf, "_IN_MEMORY", 4)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(SourceError, match=r"in a temporary file: .*No such file"):
        Shelf().add(b"12345")
