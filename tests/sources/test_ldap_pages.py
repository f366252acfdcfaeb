"""Laws of the LDAP source's pages, against a real slapd: what is as it was need not be decoded."""

from datetime import timedelta

import pytest

from syncd.paging import AT_ONCE
from tests.sources.ldap_reading import NOW, Memory, by_name, source


def test_what_is_as_it_was_is_known_by_its_print(slapd):
    """A second reading of an unchanged directory decodes nobody and no group."""
    people = [slapd.add_user(f"user{n}") for n in range(7)]
    slapd.add_group("lab", people)
    memory = Memory()

    first = memory.read(slapd.config(page_size=3))
    assert memory.decoded == [*people, f"cn=lab,{slapd.groups}"]
    assert memory.read(slapd.config(page_size=2)) == first
    assert (memory.decoded, memory.gaps, memory.notes) == ([], [], [])


def test_only_who_changed_is_decoded(slapd):
    """A changed value changes one print, and its record is the new one."""
    people = [slapd.add_user(f"user{n}") for n in range(4)]
    slapd.add_group("lab", people)
    memory = Memory()
    memory.read(slapd.config())
    slapd.modify(people[2], {"title": "Countess"})

    users, groups = memory.read(slapd.config())

    assert memory.decoded == [people[2]]
    assert users["user2"].attributes["title"] == "Countess"
    assert len(groups["lab"].members) == 4


def test_a_changed_group_has_members_that_nobody_decoded(slapd):
    """Who is meant by a DN, or by a login, is found out though no person was decoded."""
    people = [slapd.add_user(f"user{n}") for n in range(4)]
    lab = slapd.add_group("lab", people[:1])
    unix = f"cn=unix,{slapd.groups}"
    slapd.add(unix, {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": "user0"})
    memory = Memory()
    users, _ = memory.read(slapd.config())
    slapd.modify(lab, {"member": people[1:]})
    slapd.modify(unix, {"memberUid": ["user3", "user2"]})

    _, groups = memory.read(slapd.config(page_size=3))

    assert memory.decoded == [lab, unix]
    assert groups["lab"].members == keys(users, "user1", "user2", "user3")
    assert groups["unix"].members == keys(users, "user2", "user3")
    assert memory.gaps == []


def keys(users, *names):
    return tuple(sorted(users[name].key for name in names))


def test_a_group_is_decoded_where_one_inside_it_changed(slapd):
    """Who joins an inner group is in the outer ones, though their own entries are as they were."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    inner = slapd.add_group("inner", [ada])
    outer = slapd.add_group("outer", [inner.upper()])
    slapd.add_group("whole", [outer])
    alone = slapd.add_group("alone", [ada])
    memory = Memory()
    memory.read(slapd.config())
    slapd.modify(inner, {"member": [ada, ben]})

    users, groups = memory.read(slapd.config())

    assert alone not in memory.decoded
    assert {name: group.members for name, group in groups.items()} == {
        "alone": keys(users, "ada"),
        "inner": keys(users, "ada", "ben"),
        "outer": keys(users, "ada", "ben"),
        "whole": keys(users, "ada", "ben"),
    }


def test_a_login_that_passes_to_another_takes_the_membership_with_it(slapd):
    """A group that names logins is decoded where anybody changed: the login may be theirs now."""
    for cn, uid in (("first", "ada"), ("second", "ben")):
        entry = {"objectClass": ["inetOrgPerson"], "cn": cn, "sn": "x", "uid": uid}
        slapd.add(f"cn={cn},{slapd.people}", entry)
    unix = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": "ada"}
    slapd.add(f"cn=unix,{slapd.groups}", unix)
    memory = Memory()
    memory.read(slapd.config())
    slapd.modify(f"cn=first,{slapd.people}", {"uid": "former"})
    slapd.modify(f"cn=second,{slapd.people}", {"uid": "ada"})

    users, groups = memory.read(slapd.config())

    assert groups["unix"].members == keys(users, "ada")


def test_a_login_in_an_inner_group_counts_for_the_outer(slapd):
    """A group that contains one that names logins is decoded where anybody changed."""
    ada = slapd.add_user("ada")
    ben = slapd.add_user("ben")
    unix = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": "shared"}
    slapd.add(f"cn=unix,{slapd.groups}", unix)
    slapd.add_group("outer", [ada, f"cn=unix,{slapd.groups}"])
    memory = Memory()
    memory.read(slapd.config())
    slapd.modify(ben, {"uid": ["ben", "shared"]})

    users, groups = memory.read(slapd.config())

    ben_key = next(user.key for user in users.values() if user.origin == ben)
    assert groups["outer"].members == tuple(sorted([users["ada"].key, ben_key]))


def test_people_who_name_their_groups_change_them(slapd):
    """With `member_of`, a group's members are the people's affair, and its print covers them."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    lab = slapd.add_group("lab", [ada])
    users = {"bases": [slapd.people], "member_of": "memberOf"}
    config = slapd.config(users=users, groups={"bases": [slapd.groups], "members": []})
    memory = Memory()
    memory.read(config)
    slapd.modify(lab, {"member": [ada, ben]})

    found, groups = memory.read(config)

    assert groups["lab"].members == keys(found, "ada", "ben")


def test_whom_a_filter_disables_is_part_of_everybodys_print(slapd):
    """Who is found by a filter, or no longer, is decoded though the entry shows nothing of it."""
    ada = slapd.add_user("ada", employeeType="former")
    slapd.add_user("ben")
    disabled = [{"filter": f"(memberOf=cn=gone,{slapd.groups})"}]
    config = slapd.config(users={"bases": [slapd.people], "disabled": disabled}, groups=None)
    memory = Memory()
    before, _ = memory.read(config)
    slapd.add_group("gone", [ada])

    after, _ = memory.read(config)

    assert [before[name].state for name in ("ada", "ben")] == ["active", "active"]
    assert [after[name].state for name in ("ada", "ben")] == ["suspended", "active"]
    memory.read(config)
    assert memory.decoded == []


def test_an_account_is_known_until_it_expires(slapd):
    """From the moment of expiry the same entry says another state."""
    slapd.add_user("ada", objectClass=["inetOrgPerson", "shadowAccount"], shadowExpire="20455")
    memory = Memory()
    config = slapd.config(groups=None)
    moment = NOW + timedelta(days=1)

    states = [
        (memory.read(config, now)[0]["ada"].state, len(memory.decoded))
        for now in (NOW, moment - timedelta(microseconds=1), moment, moment)
    ]

    assert states == [("active", 1), ("active", 0), ("suspended", 1), ("suspended", 0)]


@pytest.mark.parametrize(
    "attributes",
    [
        {"employeeNumber": "1", "jpegPhoto": b"\xff"},
        {"employeeNumber": "1", "employeeType": "odd"},
        {},
    ],
    ids=["unreadable", "unclear", "nameless"],
)
def test_what_a_person_should_hear_of_is_told_every_time(slapd, attributes):
    """Notes and gaps about an entry come again in each reading: it is decoded at once."""
    slapd.add_user("ada", **attributes)
    ben = slapd.add_user("ben", employeeNumber="2", employeeType="0", l="Lab 1")
    rules = {
        "bases": [slapd.people],
        "key": "employeeNumber",
        "attributes": {"photo": ["jpegPhoto", "l"]},
        "disabled": [{"attribute": "employeeType", "bit": 2}],
    }
    memory = Memory()

    memory.read(slapd.config(users=rules, groups=None))
    first = memory.gaps + memory.notes
    memory.read(slapd.config(users=rules, groups=None))

    assert memory.gaps + memory.notes == first
    assert len(first) == 1 + ("jpegPhoto" in attributes)
    assert ben not in memory.decoded


def test_odd_groups_are_told_every_time_where_that_matters(slapd):
    """Groups without a key are told in each reading; members outside and cycles with what is new."""
    ada = slapd.add_user("ada")
    odd = slapd.add_group("odd", [ada, f"cn=printer,{slapd.base}"], businessCategory="1")
    slapd.add_group("self", [f"cn=self,{slapd.groups}"], businessCategory="2")
    slapd.add_group("nameless", [ada])
    config = slapd.config(groups={"bases": [slapd.groups], "key": "businessCategory"})
    memory = Memory()

    memory.read(config)
    gaps, notes = memory.gaps, memory.notes
    assert (len(gaps), len(notes)) == (1, 2)
    memory.read(config)
    assert (memory.gaps, memory.decoded) == (gaps, [])
    slapd.modify(odd, {"member": [ada, f"cn=scanner,{slapd.base}"]})
    memory.read(config)
    assert memory.gaps == gaps
    assert memory.notes[0] == notes[0].replace("printer", "scanner")


def test_sentinels_and_expectations_need_no_decoding(slapd):
    """Who must be there is looked for among those who are not decoded too, and all are counted."""
    ada = slapd.add_user("ada")
    lab = slapd.add_group("lab", [ada])
    config = slapd.config(
        sentinels=["ADA", ada.upper(), lab, "zoe", f"uid=zoe,{slapd.people}"],
        expect={"min_users": 1, "min_groups": 1},
    )
    memory = Memory()
    told = [
        "the sentinel 'zoe' was not seen",
        f"the sentinel 'uid=zoe,{slapd.people}' was not seen",
    ]

    for decoded in ([ada, lab], []):
        memory.read(config)
        assert (memory.decoded, memory.gaps) == (decoded, told)


def test_overlapping_bases_count_each_entry_once(slapd):
    """An entry that is found under two bases comes in one page only."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])
    config = slapd.config(
        users={"bases": [slapd.people, slapd.base]},
        groups={"bases": [slapd.base, slapd.groups]},
        expect={"min_users": 2, "min_groups": 2},
    )

    directory = source(config)
    reading = directory.read()
    users = [seen for page in reading.user_pages for seen in page.prints]
    groups = [seen for page in reading.group_pages for seen in page.prints]

    assert (len(users), len(groups)) == (1, 1)
    assert [gap[:1] for gap in reading.gaps] == ["1", "1"]
    directory.close()


def test_an_unknown_attribute_is_told_only_of_where_all_were_decoded(slapd):
    """Where some were not looked into, nothing is said of an attribute that the others lack."""
    slapd.add_user("ada")
    users = {"bases": [slapd.people], "attributes": {"room": "roomNumbr"}}
    memory = Memory()

    told = []
    for _ in range(2):
        memory.read(slapd.config(users=users))
        told.append(len(memory.notes))

    assert told == [1, 0]


def test_an_item_is_decoded_in_its_turn(slapd):
    """Pages are decoded in order, each item once: another order is a mistake of who asks."""
    slapd.add_user("ada")
    directory = source(slapd.config())
    (page,) = directory.read().user_pages

    assert page.decode(0).until is None
    with pytest.raises(AssertionError, match="item 0 was asked for after item 0"):
        page.decode(0)
    directory.close()


def test_groups_that_may_lack_members_are_not_remembered(slapd):
    """Where the people are not whole, each group is decoded again the next time."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])
    config = slapd.config(users={"bases": [slapd.people, f"ou=nowhere,{slapd.base}"]})
    directory = source(config)
    reading = directory.read()

    list(reading.users)
    (page,) = reading.group_pages

    assert page.decode(0).until == AT_ONCE
    directory.close()


def test_the_plain_readings_are_the_pages_decoded(slapd):
    """`users` and `groups` say what the pages do."""
    slapd.add_group("lab", [slapd.add_user("ada"), slapd.add_user("ben")])

    users, groups, _ = by_name(slapd.config())

    assert Memory().read(slapd.config()) == (users, groups)
