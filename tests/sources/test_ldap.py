"""Laws of how the LDAP source reads people, against a real slapd."""

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


def test_an_attribute_that_nobody_has_is_told(slapd):
    """A mistyped name would clear a field of everybody: one that the settings name is asked about."""
    slapd.add_user("ada", l="Lab 1")
    attributes = {"room": "roomNumbr", "place": ["roomNumber", "l"], "title": None}

    _, _, reading = read(slapd.config(users={"bases": [slapd.people], "attributes": attributes}))

    assert reading.notes == ["no user has a value for room (roomNumbr): is that name right?"]


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
    assert reading.notes[:1] == [
        f"values of users that cannot be read as text, left out (1): jpegPhoto of {dn!r}"
    ]


def test_an_alias_is_not_followed(slapd):
    """An alias below a base brings in nobody from elsewhere."""
    slapd.add(f"ou=abroad,{slapd.base}", {"objectClass": "organizationalUnit"})
    person = {"objectClass": ["inetOrgPerson"], "sn": "x", "cn": "x"}
    slapd.add(f"uid=cy,ou=abroad,{slapd.base}", person)
    alias = {"objectClass": ["alias", "extensibleObject"]}
    target = {"aliasedObjectName": f"uid=cy,ou=abroad,{slapd.base}"}
    slapd.add(f"uid=cy,{slapd.people}", alias | target)
    slapd.add_user("ada")

    users, _, reading = by_name(slapd.config())

    assert (list(users), reading.gaps) == (["ada"], [])
