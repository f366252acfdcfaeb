"""What the LDAP source does with ranges of members, and with answers that nobody should give."""

from uuid import UUID

import pytest

from tests.sources.ldap_reading import problems, read, settled


def test_ignored_paging_is_never_whole(fake_ldap, slapd):
    """A server that answers without the page control may have more; without paging it is believed."""
    fake_ldap.entries = {f"uid=ada,{slapd.people}": {"entryUUID": [b"0" * 32], "uid": [b"ada"]}}
    fake_ldap.ignores_pages = True

    users, gaps = settled(slapd.config(servers=[fake_ldap.url], groups=None))
    assert (list(users), len(gaps)) == (["ada"], 1)
    assert "page_size: 0 asks for all at once" in gaps[0]
    _, gaps = settled(slapd.config(servers=[fake_ldap.url], groups=None, page_size=0))
    assert gaps == []


def ranged(fake_ldap, slapd, members):
    """A server with one group of so many people, whose members come three at a time."""
    fake_ldap.range_size = 3
    people = [f"uid=u{n},{slapd.people}" for n in range(members)]
    for n, dn in enumerate(people):
        key = f"00000000-0000-0000-0000-{n:012}".encode()
        fake_ldap.entries[dn] = {"entryUUID": [key], "uid": [f"u{n}".encode()]}
    fake_ldap.entries[f"cn=all,{slapd.groups}"] = {
        "entryUUID": [b"00000000-0000-0000-0000-999999999999"],
        "cn": [b"all"],
        "member": [dn.encode() for dn in people],
    }
    return slapd.config(servers=[fake_ldap.url], page_size=2)


@pytest.mark.parametrize("members", [3, 4, 6, 10])
def test_a_member_range_is_followed_to_its_end(fake_ldap, slapd, members):
    """However the members divide into ranges, all of them are read."""
    users, (group,), reading = read(ranged(fake_ldap, slapd, members))

    assert group.members == tuple(user.key for user in users)
    assert (len(users), reading.gaps, reading.notes) == (members, [], [])


def test_an_open_member_range_is_never_whole(fake_ldap, slapd):
    """Where the rest of the members does not come, those that came stay, and the group is named."""
    config = ranged(fake_ldap, slapd, 10)
    fake_ldap.range_ends_at = 6

    users, (group,), reading = read(config)

    assert group.members == tuple(user.key for user in users[:6])
    assert reading.gaps == [
        (
            f"member of 'cn=all,{slapd.groups}' is incomplete after 6 values: "
            "no answer to member;range=6-*"
        )
    ]


@pytest.mark.parametrize(
    ("oddity", "said"),
    [
        ({"range_answer": None}, "the entry is gone"),
        ({"range_answer": {}}, "no answer to member;range=3-*"),
        (
            {"range_answer": {"member;range=3-1": [b"cn=x"]}},
            "the server answers with member;range=3-1",
        ),
        (
            {"range_answer": {"member;range=0-*": [b"cn=x"]}},
            "no answer to member;range=3-*",
        ),
        ({"range_code": 51}, "the server is busy"),
    ],
)
def test_an_odd_answer_to_a_range_is_never_whole(fake_ldap, slapd, oddity, said):
    """Whatever comes instead of the next range, the group keeps what it has, and is named."""
    config = ranged(fake_ldap, slapd, 10)
    for name, value in oddity.items():
        setattr(fake_ldap, name, value)

    _, (group,), reading = read(config)

    assert len(group.members) == 3
    assert reading.gaps == [
        f"member of 'cn=all,{slapd.groups}' is incomplete after 3 values: {said}"
    ]


def test_names_that_are_no_names_are_compared_as_they_are(fake_ldap, slapd):
    """A server's malformed DNs, as old servers quote them, cost nobody the reading."""
    config = ranged(fake_ldap, slapd, 0)
    quoted = f'uid="ada",{slapd.people}'
    fake_ldap.entries[quoted] = {"entryUUID": [str(UUID(int=1)).encode()], "uid": [b"ada"]}
    fake_ldap.entries[f'cn="lab",{slapd.groups}'] = {
        "entryUUID": [str(UUID(int=2)).encode()],
        "cn": [b"lab"],
        "member": [quoted.encode(), b"nonsense", b"\xff"],
    }
    fake_ldap.references = ["ldap://elsewhere/nonsense"]

    (ada,), groups, reading = read(config)

    assert {group.attributes["display_name"]: group.members for group in groups} == {
        "all": (),
        "lab": (ada.key,),
    }
    assert [gap.partition(" under ")[0] for gap in reading.gaps] == ["users", "groups"]
    assert reading.notes[0].startswith("members of groups that are no users of this source (2): ")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes([0x30, 0x05, 0x02, 0x01, 0x02, 0x65, 0x00]),
        bytes([0x30, 0x03, 0x02, 0x01, 0x02]),
        bytes([0x30, 0x0C, 0x02, 0x01, 0x63, 0x65, 0x07, 0x0A, 1, 0, 4, 0, 4, 0]),
    ],
)
def test_an_answer_that_is_no_ldap_is_never_whole(fake_ldap, slapd, answer):
    """Nonsense on the line is the source's error, not a bug of syncd."""
    fake_ldap.search_answer = answer

    assert len(problems(slapd.config(servers=[fake_ldap.url], groups=None, read_timeout=1))) == 1
