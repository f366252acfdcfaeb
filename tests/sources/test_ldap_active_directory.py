"""Laws of the LDAP source's settings for Active Directory, against a real domain controller (Samba)."""

from uuid import UUID

import pytest

from syncd.core.model import GroupRecord, State, UserRecord
from syncd.errors import SourceError
from tests.sources.ldap_reading import by_name, source

pytestmark = pytest.mark.root

_CONFIGURATION = "ldaps://ad.test/CN=Configuration,DC=ad,DC=test"


def key(ad, dn):
    """The objectGUID as Active Directory's own tools write it."""
    return str(UUID(bytes_le=ad.raw_value(dn, "objectGUID")))


def test_people_and_nested_groups_are_read_whole(samba_ad):
    """The key is the GUID in its dashed form; a group has the members of the groups inside it."""
    ada = samba_ad.add_user("ada", givenName="Ada", sn="Lovelace", displayName="Ada Lovelace")
    lab = samba_ad.add_group("lab", [ada])
    everyone = samba_ad.add_group("everyone", [lab])

    users, groups, reading = by_name(samba_ad.config())

    assert users == {
        "ada": UserRecord(
            key=key(samba_ad, ada),
            attributes={
                "user_name": "ada",
                "email": "ada@ad.test",
                "given_name": "Ada",
                "family_name": "Lovelace",
                "display_name": "Ada Lovelace",
            },
            state=State.ACTIVE,
            origin=ada,
        )
    }
    assert groups == {
        name: GroupRecord(
            key=key(samba_ad, dn),
            attributes={"display_name": name},
            members=(key(samba_ad, ada),),
            origin=dn,
        )
        for name, dn in (("lab", lab), ("everyone", everyone))
    }
    assert (reading.gaps, reading.notes) == ([], [])


@pytest.mark.parametrize(
    ("attributes", "state", "reason"),
    [
        ({"userAccountControl": "514"}, State.SUSPENDED, "userAccountControl has ACCOUNTDISABLE"),
        ({"accountExpires": "134000000000000000"}, State.SUSPENDED, "accountExpires is past"),
        ({"accountExpires": "150000000000000000"}, State.ACTIVE, ""),
        ({"accountExpires": "0"}, State.ACTIVE, ""),
    ],
)
def test_a_disabled_or_expired_account_is_suspended(samba_ad, attributes, state, reason):
    """The account-disabled bit and a past expiry suspend; an expiry to come, or none, does not."""
    samba_ad.modify(samba_ad.add_user("ada"), attributes)

    users, _, reading = by_name(samba_ad.config())

    assert (users["ada"].state, users["ada"].reason) == (state, reason)
    assert reading.gaps == []


def test_a_renamed_and_moved_person_keeps_the_key(samba_ad):
    """A new common name and login change neither key nor membership."""
    ada = samba_ad.add_user("ada")
    samba_ad.add_group("lab", [ada])
    before, _, _ = by_name(samba_ad.config())

    samba_ad.rename(ada, "CN=Countess")
    samba_ad.modify(f"CN=Countess,{samba_ad.people}", {"sAMAccountName": "countess"})

    after, groups, _ = by_name(samba_ad.config())
    assert after["countess"].key == before["ada"].key
    assert groups["lab"].members == (before["ada"].key,)


def test_the_whole_domain_is_read_although_it_refers_to_its_other_parts(samba_ad):
    """The referral to the configuration in each answer from the root leaves nobody out, and is told."""
    samba_ad.add_user("ada")

    users, _, reading = by_name(samba_ad.config(users={"bases": [samba_ad.base]}))

    assert {"ada", "Administrator"} <= set(users)
    assert reading.gaps == []
    assert reading.notes == [
        "referrals to where no people are, not followed (1): " + _CONFIGURATION
    ]


def test_without_the_right_prefix_that_referral_is_a_gap(samba_ad):
    """A referral that no setting excuses makes the reading incomplete."""
    _, _, reading = by_name(
        samba_ad.config(users={"bases": [samba_ad.base]}, referrals_without_people=["CN=Elsewhere"])
    )

    assert reading.gaps == [
        "users under 'DC=ad,DC=test' are incomplete: referrals, which are not followed (1): "
        + _CONFIGURATION
    ]


def test_direct_membership_is_read_from_the_users_too(samba_ad):
    """With `member_of`, a group whose own members are not asked for has those who name it."""
    ada = samba_ad.add_user("ada")
    samba_ad.add_group("lab", [ada])

    users, groups, _ = by_name(
        samba_ad.config(
            users={"bases": [samba_ad.people], "member_of": "memberOf"},
            groups={"bases": [samba_ad.people], "members": []},
        )
    )

    assert groups["lab"].members == (users["ada"].key,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"dn": "CN=Administrator,CN=Users,DC=ad,DC=test", "password": "hunter2"},
            "password is wrong",
        ),
        ({"dn": "ada@ad.test", "password": "Passw0rd!x"}, "the account is disabled"),
    ],
)
def test_a_refused_login_says_which_way_it_was_refused(samba_ad, change, said):
    """Active Directory's own reason is read out of its message, and the password is not told."""
    samba_ad.modify(samba_ad.add_user("ada"), {"userAccountControl": "514"})

    with pytest.raises(SourceError, match=said) as caught:
        source(samba_ad.config(bind=change)).read()

    assert change["password"] not in str(caught.value)


def test_a_password_in_the_clear_is_refused_by_the_server_in_plain_words(samba_ad):
    """The server's demand for encryption is told with what to do."""
    with pytest.raises(SourceError, match=r"strongerAuthRequired.*use ldaps:// or start_tls: true"):
        source(samba_ad.config(servers=[samba_ad.url])).read()


def test_start_tls_and_a_user_principal_name_log_in(samba_ad):
    """StartTLS with verification, and the login in the form user@domain."""
    samba_ad.add_user("ada")

    users, _, reading = by_name(
        samba_ad.config(
            servers=[{"url": samba_ad.url, "start_tls": True}],
            bind={"dn": "ada@ad.test", "password": samba_ad.password},
        )
    )

    assert (list(users), reading.gaps) == (["ada"], [])


def test_a_large_group_is_read_over_many_pages(samba_ad):
    """Pages end well although each page's answer carries a cookie of Active Directory's form."""
    dns = [samba_ad.add_user(f"user{n}") for n in range(7)]
    samba_ad.add_group("all", dns)

    users, groups, reading = by_name(samba_ad.config(page_size=2))

    assert set(groups["all"].members) == {user.key for user in users.values()}
    assert (len(users), reading.gaps) == (7, [])
