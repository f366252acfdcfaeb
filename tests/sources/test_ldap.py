"""Laws of the LDAP source, against a real slapd."""

import pytest

from syncd.core.model import GroupRecord, State, UserRecord
from tests.sources.ldap_reading import by_name, read, source


def test_people_and_groups_are_read_whole(slapd):
    """Each person and group comes with key, attributes, state, members and DN; nothing is missed."""
    ada = slapd.add_user("ada", givenName="Ada", sn="Lovelace", mail=["b@x.test", "a@x.test"])
    lab = slapd.add_group("lab", [ada])

    users, groups, reading = read(slapd.config())

    key = slapd.value(ada, "entryUUID")
    assert users == [
        UserRecord(
            key=key,
            attributes={
                "user_name": "ada",
                "email": ("a@x.test", "b@x.test"),
                "given_name": "Ada",
                "family_name": "Lovelace",
                "display_name": "ada",
            },
            state=State.ACTIVE,
            origin=ada,
        )
    ]
    assert groups == [
        GroupRecord(
            key=slapd.value(lab, "entryUUID"),
            attributes={"display_name": "lab"},
            members=(key,),
            origin=lab,
        )
    ]
    assert (reading.gaps, reading.notes) == ([], [])


def test_every_page_is_read(slapd):
    """A page size that does not divide the number of people loses nobody, nor does no paging."""
    names = {f"user{n}" for n in range(11)}
    for name in names:
        slapd.add_user(name)

    for page_size in (3, 11, 0):
        users, _, reading = by_name(slapd.config(page_size=page_size))
        assert (set(users), reading.gaps) == (names, [])


def test_a_source_is_read_again_from_the_start(slapd):
    """A second reading of the same source sees what has changed since the first."""
    slapd.add_user("ada")
    staff = source(slapd.config())
    first = [user.attributes["user_name"] for user in staff.read().users]
    slapd.add_user("ben")

    assert first == ["ada"]
    assert [user.attributes["user_name"] for user in staff.read().users] == ["ada", "ben"]
    staff.close()
    staff.close()


def test_a_reading_is_not_whole_before_its_end(slapd):
    """Until users and groups were read to their end, that is itself a gap."""
    slapd.add_user("ada")
    reading = source(slapd.config()).read()
    users = iter(reading.users)
    next(users)

    assert reading.gaps == [
        "the users were not read to their end",
        "the groups were not read to their end",
    ]
    assert list(users) == []
    assert list(reading.groups) == []
    assert reading.gaps == []


def test_a_source_supplies_what_its_preset_and_settings_name(slapd):
    """What users can have is known without reading: the preset's names, less nulls, plus others."""
    attributes = {"title": None, "locale": None, "room": ["roomNumber", "l"]}
    users = {"bases": [slapd.people], "attributes": attributes}
    slapd.add_user("ada", l="Lab 1", title="Countess")
    slapd.add_user("ben", l="Lab 2", roomNumber="7")

    staff = source(slapd.config(users=users))

    assert staff.supplies == {
        *("user_name", "email", "given_name", "family_name", "display_name", "phone", "room")
    }
    found, _, _ = by_name(slapd.config(users=users))
    assert [found[name].attributes["room"] for name in ("ada", "ben")] == ["Lab 1", "7"]
    assert "title" not in found["ada"].attributes


def test_a_renamed_person_keeps_key_and_groups(slapd):
    """A new DN and login change neither the key nor the membership."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])
    before, _, _ = by_name(slapd.config())

    slapd.rename(ada, "uid=countess")
    slapd.modify(f"cn=lab,{slapd.groups}", {"member": f"UID=Countess, {slapd.people.upper()}"})

    after, groups, _ = by_name(slapd.config())
    assert after["countess"].key == before["ada"].key
    assert groups["lab"].members == (before["ada"].key,)


def test_a_name_with_every_special_character_is_found_as_member(slapd):
    """A DN that needs escapes, spaces and letters beyond ASCII is one name in entry and member."""
    dn = f"cn=Lučić\\, Zoë \\+ \\22Z\\22\\, \\#1,{slapd.people}"
    entry = {"objectClass": ["inetOrgPerson"], "uid": "zoe", "sn": "Lučić"}
    slapd.add(dn, entry | {"cn": 'Lučić, Zoë + "Z", #1'})
    slapd.add_group("lab", [dn.replace("ë", "\\C3\\AB").replace("cn=", "CN= ")])

    users, groups, reading = by_name(slapd.config())

    assert groups["lab"].members == (users["zoe"].key,)
    assert (reading.gaps, reading.notes) == ([], [])


def test_groups_of_groups_are_expanded_and_a_cycle_is_told(slapd):
    """Members come by way of nested groups at any depth; a cycle loses nobody and is a note."""
    ada, ben = slapd.add_user("ada"), slapd.add_user("ben")
    inner = f"cn=inner,{slapd.groups}"
    outer = slapd.add_group("outer", [ada, inner])
    slapd.add_group("inner", [ben, outer])
    slapd.add_group("all", [outer])

    users, groups, reading = by_name(slapd.config())

    everybody = tuple(sorted(user.key for user in users.values()))
    assert {name: group.members for name, group in groups.items()} == dict.fromkeys(
        ("outer", "inner", "all"), everybody
    )
    assert reading.gaps == []
    assert len(reading.notes) == 1
    assert reading.notes[0].startswith("groups contain each other: ")
    assert reading.notes[0].count(" contains ") == 2


def test_members_by_unique_name_and_by_login_are_found(slapd):
    """uniqueMember, with or without the optional UID, and memberUid name the same people."""
    ada = slapd.add_user("ada")
    ben = slapd.add_user("ben")
    slapd.modify(ben, {"uid": ["ben", "Benjamin"]})
    classes = {"unix": ["posixGroup"], "unique": ["groupOfUniqueNames"]}
    slapd.add(
        f"cn=unix,{slapd.groups}",
        {"objectClass": classes["unix"], "gidNumber": "7", "memberUid": ["ada", "benjamin"]},
    )
    slapd.add(
        f"cn=unique,{slapd.groups}",
        {"objectClass": classes["unique"], "uniqueMember": [ada, f"{ben}#'0101'B"]},
    )

    users, groups, reading = by_name(slapd.config())

    both = tuple(sorted(user.key for user in users.values()))
    assert (groups["unix"].members, groups["unique"].members) == (both, both)
    assert (reading.gaps, reading.notes) == ([], [])


def test_a_login_that_two_people_have_is_nobodys(slapd):
    """A memberUid that fits two people adds neither, and is told."""
    slapd.add_user("ada")
    entry = {"objectClass": ["inetOrgPerson"], "cn": "other", "sn": "x", "uid": "ada"}
    slapd.add(f"cn=other,{slapd.people}", entry)
    group = {"objectClass": ["posixGroup"], "gidNumber": "7", "memberUid": "ada"}
    slapd.add(f"cn=unix,{slapd.groups}", group)

    _, (unix,), reading = read(slapd.config())

    assert unix.members == ()
    assert reading.notes == [
        f"members of groups that are no users of this source (1): 'ada' in 'cn=unix,{slapd.groups}'"
    ]


def test_direct_membership_is_read_from_the_users_too(slapd):
    """With `member_of`, a group whose own members are not asked for has those who name it."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])
    users = {"bases": [slapd.people], "member_of": "memberOf"}

    found, groups, _ = by_name(
        slapd.config(users=users, groups={"bases": [slapd.groups], "members": []})
    )

    assert groups["lab"].members == (found["ada"].key,)


def test_members_outside_are_told_once_with_examples(slapd):
    """Members that are no users of this source are one note, and leave the reading whole."""
    ada = slapd.add_user("ada")
    strangers = [f"cn=printer{n},{slapd.base}" for n in range(5)]
    slapd.add_group("lab", [ada, *strangers])

    _, (lab,), reading = read(slapd.config())

    examples = "; ".join(f"{dn!r} in 'cn=lab,{slapd.groups}'" for dn in strangers[:3])
    assert len(lab.members) == 1
    assert reading.gaps == []
    assert reading.notes == [
        f"members of groups that are no users of this source (5): {examples}; …"
    ]


@pytest.mark.parametrize(
    ("attributes", "state", "reason"),
    [
        ({"title": "Countess"}, State.ACTIVE, ""),
        (
            {"pwdAccountLockedTime": "000001010000Z"},
            State.SUSPENDED,
            "pwdAccountLockedTime is 000001010000Z",
        ),
        ({"pwdAccountLockedTime": "20251231235959Z"}, State.ACTIVE, ""),
        ({"shadowExpire": "20454"}, State.SUSPENDED, "shadowExpire is past"),
        ({"shadowExpire": "20455"}, State.ACTIVE, ""),
        ({"shadowExpire": "-1"}, State.ACTIVE, ""),
        ({"shadowExpire": "1"}, State.SUSPENDED, "shadowExpire is past"),
    ],
)
def test_a_disabled_or_expired_account_is_suspended(slapd, attributes, state, reason):
    """An administrator's lock and a past expiry suspend; a lock-out after wrong passwords does not."""
    slapd.add_user("ada", objectClass=["inetOrgPerson", "shadowAccount"])
    slapd.modify(f"uid=ada,{slapd.people}", attributes)

    ((ada,), _, _) = read(slapd.config())

    assert (ada.state, ada.reason) == (state, reason)


def test_a_filter_may_say_who_is_disabled(slapd):
    """Those whom the filter finds are suspended, the others active."""
    slapd.add_user("ada", employeeType="former")
    slapd.add_user("ben")
    disabled = [{"filter": "(employeeType=former)"}]

    users, _, reading = by_name(slapd.config(users={"bases": [slapd.people], "disabled": disabled}))

    assert {name: user.state for name, user in users.items()} == {
        "ada": State.SUSPENDED,
        "ben": State.ACTIVE,
    }
    assert users["ada"].reason == "it matches (employeeType=former)"
    assert reading.gaps == []


def test_without_a_rule_the_source_says_nothing_of_the_state(slapd):
    """An empty list of rules leaves the state to others."""
    slapd.add_user("ada")

    ((ada,), _, reading) = read(slapd.config(users={"bases": [slapd.people], "disabled": []}))

    assert (ada.state, ada.reason, reading.notes) == (None, "", [])


def test_a_flag_that_cannot_be_read_leaves_the_state_unknown(slapd):
    """Where the attribute with the flag is missing, nobody is restored on a guess."""
    dn = slapd.add_user("ada")
    disabled = [{"attribute": "userAccountControl", "bit": 2}]

    ((ada,), _, reading) = read(slapd.config(users={"bases": [slapd.people], "disabled": disabled}))

    assert ada.state is None
    told = f"{dn!r}: userAccountControl is missing"
    assert reading.notes == [f"users of whom it is not known whether they are disabled (1): {told}"]


def test_who_has_no_key_is_a_gap(slapd):
    """A person or group that cannot be told apart is left out, and the reading is not whole."""
    slapd.add_user("ada", employeeNumber="1")
    ben = slapd.add_user("ben")
    lab = slapd.add_group("lab", [ben])

    users, groups, reading = by_name(
        slapd.config(
            users={"bases": [slapd.people], "key": "employeeNumber"},
            groups={"bases": [slapd.groups], "key": "businessCategory"},
        )
    )

    assert (list(users), users["ada"].key, groups) == (["ada"], "1", {})
    assert reading.gaps == [
        f"users without exactly one employeeNumber, left out (1): {ben}",
        f"groups without exactly one businessCategory or without a name, left out (1): {lab}",
    ]


def test_a_key_that_two_entries_have_is_a_gap(slapd):
    """Of two entries with one key the first counts; which is meant nobody can know."""
    first = slapd.add_user("ada", employeeNumber="1")
    second = slapd.add_user("ben", employeeNumber="1")
    users = {"bases": [slapd.people], "key": "employeeNumber"}

    found, _, reading = by_name(slapd.config(users=users))

    assert list(found) == ["ada"]
    assert reading.gaps == [
        f"users with the employeeNumber of another, left out (1): {second!r} and {first!r} have 1"
    ]


def test_a_group_key_that_two_entries_have_is_a_gap(slapd):
    """Of two groups with one key the first counts, and the reading is not whole."""
    ada = slapd.add_user("ada")
    first = slapd.add_group("lab", [ada], businessCategory="1")
    second = slapd.add_group("office", [ada], businessCategory="1")
    groups = {"bases": [slapd.groups], "key": "businessCategory"}

    _, found, reading = by_name(slapd.config(groups=groups))

    assert list(found) == ["lab"]
    told = f"{second!r} and {first!r} have 1"
    assert reading.gaps == [f"groups with the businessCategory of another, left out (1): {told}"]


def test_overlapping_bases_give_each_entry_once(slapd):
    """An entry found under two bases is one record, and no gap."""
    ada = slapd.add_user("ada")
    slapd.add_group("lab", [ada])

    users, groups, reading = read(
        slapd.config(
            users={"bases": [slapd.people, slapd.base]},
            groups={"bases": [slapd.base, slapd.groups]},
        )
    )

    assert ([user.origin for user in users], len(groups)) == ([ada], 1)
    assert (reading.gaps, reading.notes) == ([], [])


def test_scope_and_filter_say_who_is_read(slapd):
    """One level leaves out what lies deeper; the filter leaves out who does not match."""
    slapd.add(f"ou=deep,{slapd.people}", {"objectClass": "organizationalUnit"})
    entry = {"objectClass": ["inetOrgPerson"], "sn": "x", "cn": "x"}
    slapd.add(f"uid=cy,ou=deep,{slapd.people}", entry)
    for name in ("ada", "ben"):
        slapd.add_user(name)
    rules = {
        "bases": [slapd.people],
        "scope": "one_level",
        "filter": "(&(objectClass=inetOrgPerson)(!(uid=ben)))",
    }

    users, _, reading = by_name(slapd.config(users=rules, groups=None))

    assert (list(users), reading.gaps) == (["ada"], [])


def test_a_filter_may_need_escapes_and_letters_beyond_ascii(slapd):
    """The filter reaches the server as it is written, escapes and all."""
    for name, cn in (("ada", "Lučić (A*B)"), ("ben", "Lučić (AxB)")):
        slapd.modify(slapd.add_user(name), {"cn": cn})
    rules = {"bases": [slapd.people], "filter": r"(&(uid=*)(cn=Lučić \28A\2aB\29))"}

    users, _, reading = by_name(slapd.config(users=rules))

    assert (list(users), reading.gaps) == (["ada"], [])


def test_admin_is_true_or_false(slapd):
    """LDAP's TRUE is our true."""
    slapd.add_user("ada", employeeType="TRUE")
    users = {"bases": [slapd.people], "attributes": {"admin": "employeeType"}}

    ((ada,), _, _) = read(slapd.config(users=users))

    assert ada.attributes["admin"] == "true"


def test_a_value_that_is_no_text_is_left_out_and_told(slapd):
    """An octet string under a name of ours is a note, and costs nobody the record."""
    dn = slapd.add_user("ada", jpegPhoto=b"\xff\xd8\xff")
    users = {"bases": [slapd.people], "attributes": {"photo": "jpegPhoto"}}

    found, _, reading = by_name(slapd.config(users=users))

    assert "photo" not in found["ada"].attributes
    assert reading.gaps == []
    assert reading.notes == [
        f"values of users that cannot be read as text, left out (1): jpegPhoto of {dn!r}"
    ]


def test_sentinels_and_expectations_speak_too(slapd):
    """A sentinel that was not seen, or too few users or groups, make the reading incomplete."""
    ada = slapd.add_user("ada")
    lab = slapd.add_group("lab", [ada])
    settings = {
        "sentinels": ["ADA", ada.upper(), lab, "zoe", f"uid=zoe,{slapd.people}"],
        "expect": {"min_users": 2, "min_groups": 2},
    }

    _, _, reading = read(slapd.config(**settings))

    assert reading.gaps == [
        "the sentinel 'zoe' was not seen",
        f"the sentinel 'uid=zoe,{slapd.people}' was not seen",
        "1 users were found, where at least 2 are expected",
        "1 groups were found, where at least 2 are expected",
    ]
