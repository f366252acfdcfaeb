"""Laws of who is disabled, against a real slapd, and for products that are not at hand, a small one."""

import pytest

from syncd.core.model import State
from tests.sources.ldap_reading import by_name, read, settled


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


@pytest.mark.parametrize(
    ("preset", "key", "disabled"),
    [
        ("389ds", "nsUniqueId", {"nsAccountLock": [b"TRUE"]}),
        ("freeipa", "ipaUniqueID", {"nsAccountLock": [b"TRUE"]}),
        ("freeipa", "ipaUniqueID", {"krbPrincipalExpiration": [b"20251231000000Z"]}),
    ],
)
def test_the_red_hat_directories_are_read_by_their_own_keys_and_locks(
    fake_ldap, slapd, preset, key, disabled
):
    """389 Directory Server and FreeIPA: their immutable ids, their ways to lock an account."""
    for name, more in (("ada", {}), ("ben", disabled)):
        entry = {key: [name.encode()], "uid": [name.encode()]}
        fake_ldap.entries[f"uid={name},{slapd.people}"] = entry | more

    config = slapd.config(servers=[fake_ldap.url], preset=preset, groups=None)

    assert settled(config) == ({"ada": State.ACTIVE, "ben": State.SUSPENDED}, [])
