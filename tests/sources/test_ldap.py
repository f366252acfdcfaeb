"""Laws of the LDAP source, against a real slapd."""

from datetime import UTC, datetime
from pathlib import Path

from syncd.core.model import GroupRecord, State, UserRecord
from syncd.sources.ldap import LdapSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def source(slapd, **settings):
    """A source that reads the server, with these settings instead of the usual ones."""
    config = {
        "type": "ldap",
        "preset": "openldap",
        "servers": [slapd.url],
        "bind": {"dn": slapd.bind_dn, "password": slapd.password},
        "read_timeout": 5,
        "users": {"bases": [slapd.people]},
        "groups": {"bases": [slapd.groups]},
    } | settings
    return LdapSource("staff", LdapSource.Config.model_validate(config), Path("/"), lambda: NOW)


def read(slapd, **settings):
    """Users, groups and the finished reading."""
    reading = source(slapd, **settings).read()
    return list(reading.users), list(reading.groups), reading


def test_people_and_groups_are_read_whole(slapd):
    ada = slapd.add_user("ada", givenName="Ada", sn="Lovelace", mail=["b@x.test", "a@x.test"])
    lab = slapd.add_group("lab", [ada])

    users, groups, reading = read(slapd)

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
