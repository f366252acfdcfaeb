"""Laws of who is in a group, however the directory says it, against a real slapd."""

from tests.sources.ldap_reading import by_name, read


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
