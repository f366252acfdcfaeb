"""Laws of the LDAP source's settings for 389 Directory Server, against a real one."""

import pytest

from syncd.core.model import GroupRecord, State, UserRecord
from tests.sources.ldap_reading import Memory, by_name

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("389ds")]


def test_people_and_nested_groups_are_read_whole(ds389):
    """The key is the nsUniqueId; a group has the members of the groups inside it."""
    ada = ds389.add_user("ada", givenName="Ada", sn="Lovelace")
    lab = ds389.add_group("lab", [ada])
    everyone = ds389.add_group("everyone", [lab])

    users, groups, reading = by_name(ds389.config())

    key = ds389.value(ada, "nsUniqueId")
    assert users == {
        "ada": UserRecord(
            key=key,
            attributes={
                "user_name": "ada",
                "email": "ada@example.test",
                "given_name": "Ada",
                "family_name": "Lovelace",
                "display_name": "ada",
            },
            state=State.ACTIVE,
            origin=ada,
        )
    }
    assert groups == {
        name: GroupRecord(
            key=ds389.value(dn, "nsUniqueId"),
            attributes={"display_name": name},
            members=(key,),
            origin=dn,
        )
        for name, dn in (("lab", lab), ("everyone", everyone))
    }
    assert (reading.gaps, reading.notes) == ([], [])


@pytest.mark.parametrize(
    ("lock", "state", "reason"),
    [
        ("true", State.SUSPENDED, "nsAccountLock is true"),
        ("TRUE", State.SUSPENDED, "nsAccountLock is true"),
        ("false", State.ACTIVE, ""),
    ],
)
def test_a_locked_account_is_suspended(ds389, lock, state, reason):
    """nsAccountLock says it, however it is written, and is read though it is operational."""
    ada = ds389.add_user("ada")
    ds389.modify(ada, {"nsAccountLock": lock})

    users, _, _ = by_name(ds389.config())

    assert (users["ada"].state, users["ada"].reason) == (state, reason)


def test_a_renamed_person_is_the_same(ds389):
    """The key survives a new login; an entry that is made anew has another."""
    ada = ds389.add_user("ada")
    before, _, _ = by_name(ds389.config())
    ds389.rename(ada, "uid=countess")
    renamed, _, _ = by_name(ds389.config())
    ds389.delete(f"uid=countess,{ds389.people}")
    ds389.add_user("countess")
    anew, _, _ = by_name(ds389.config())

    assert renamed["countess"].key == before["ada"].key
    assert anew["countess"].key != before["ada"].key


def test_direct_membership_is_read_from_the_users_too(ds389):
    """The plug-in's memberOf serves as `member_of`."""
    ada = ds389.add_user("ada", objectClass=["inetOrgPerson", "nsMemberOf"])
    ds389.add_group("lab", [ada])
    users = {"bases": [ds389.people], "member_of": "memberOf"}
    groups = {"bases": [ds389.groups], "members": []}

    found, groups, _ = by_name(ds389.config(users=users, groups=groups))

    assert groups["lab"].members == (found["ada"].key,)


def test_every_page_is_read_and_what_is_as_it_was_is_not_decoded(ds389):
    """Pages of any size have everybody; of a second reading nothing is decoded."""
    people = [ds389.add_user(f"user{n}") for n in range(11)]
    ds389.add_group("all", people)
    memory = Memory()

    users, _ = memory.read(ds389.config(page_size=3))
    assert (len(users), memory.gaps) == (11, [])
    for page_size in (11, 0):
        memory.read(ds389.config(page_size=page_size))
        assert (memory.decoded, memory.gaps) == ([], [])
