"""The law of the two readers: syncd's own and ldap3's say the same of the same directory."""

import pytest

from syncd.errors import SourceError
from tests.servers.slapd import BASE, PASSWORD
from tests.sources.ldap_reading import Memory, read

LONG = "x" * 70_000
"""A value whose length takes three octets to write."""

AWKWARD = {
    "plain": {"title": "Countess", "postalAddress": ["b@x.test", "a@x.test"]},
    "middling": {"description": "y" * 200},
    "long": {"jpegPhoto": LONG.encode()},
    "beyond": {"givenName": "Zoë 🦉", "sn": "Lučić", "displayName": " two  spaces "},
    "odd": {"description": "a;range=0-1 b", "telephoneNumber": "+1 2"},
}


def say(config, page_size, reader):
    """All that a reading says, or why there is none."""
    try:
        users, groups, reading = read(config | {"page_size": page_size, "reader": reader})
    except SourceError as error:
        return error.problems
    return users, groups, reading.gaps, reading.notes


def agree(config):
    """What both readers say, which is the same with pages of any size, but for a limit's effects."""
    for page_size in (0, 1, 3, 1000):
        wire = say(config, page_size, "wire")
        assert wire == say(config, page_size, "ldap3")
    memory = Memory()
    for _ in range(2):
        memory.read(config)
        assert memory.found == wire[:2]
    return wire


def fill(server):
    people = [server.add_user(name, **more) for name, more in AWKWARD.items()]
    lab = server.add_group("lab", [*people, server.base])
    server.add_group("everyone", [lab])
    return server.config(
        users={
            "bases": [server.people],
            "attributes": {
                "about": ["description", "jpegPhoto"],
                "address": "postalAddress",
                "none": "carLicense",
            },
        }
    )


def test_openldap_is_read_alike(slapd):
    """People with all that is awkward, groups in groups, members outside."""
    config = fill(slapd)
    slapd.add_user("pictured", jpegPhoto=b"\xff\x00\x64")

    users, groups, gaps, notes = agree(config)

    assert (len(users), len(groups), gaps) == (6, 2, [])
    assert users[2].attributes["about"] == LONG
    assert len(notes) == 3
    assert users[0].attributes["address"] == ("a@x.test", "b@x.test")


@pytest.mark.root
def test_active_directory_is_read_alike(samba_ad):
    """The same of a domain controller, whose lengths are longer and who sends referrals besides."""
    config = fill(samba_ad)
    config |= {"users": config["users"] | {"bases": [samba_ad.base], "member_of": "memberOf"}}

    users, groups, gaps, notes = agree(config)

    assert {"plain", "middling", "long", "beyond", "odd"} < {
        user.attributes["user_name"] for user in users
    }
    assert (len(groups), gaps) == (2, [])
    assert notes[0].startswith("referrals to where no people are, not followed (1): ")


@pytest.mark.root
@pytest.mark.xdist_group("389ds")
def test_389_directory_server_is_read_alike(ds389):
    """The same of a third product."""
    config = fill(ds389)
    ds389.add_user("pictured", jpegPhoto=b"\xff\x00\x64")

    users, groups, gaps, _ = agree(config)

    assert (len(users), len(groups), gaps) == (6, 2, [])


@pytest.mark.parametrize("account", ["syncd", "few", "unpaged", "narrow"])
@pytest.mark.parametrize(
    "below", ["people", "closed", "cn=busy,ou=retcodes", "cn=gone,ou=retcodes"]
)
def test_what_goes_wrong_is_told_alike(slapd, account, below):
    """Limits, refusals, missing bases, a closed line: in the same words, with the same people."""
    for n in range(7):
        slapd.add_user(f"user{n}")
    slapd.add_user("doubled", employeeNumber="1")
    slapd.add_user("again", employeeNumber="1")
    entry = {"objectClass": ["referral", "extensibleObject"], "ou": "abroad"}
    slapd.add(f"ou=abroad,{slapd.people}", entry | {"ref": "ldap://127.0.0.1:9/dc=other"})
    base = below if "," in below else f"ou={below}"
    config = slapd.config(
        bind={"dn": f"cn={account},{BASE}", "password": PASSWORD},
        users={"bases": [slapd.people, f"{base},{BASE}"]},
    )

    for page_size in (0, 1, 3, 1000):
        assert say(config, page_size, "wire") == say(config, page_size, "ldap3")


def test_ranges_and_references_are_read_alike(fake_ldap, slapd):
    """A member list in ranges, of a server that refers elsewhere besides."""
    people = [f"uid=u{n},{slapd.people}" for n in range(10)]
    for n, dn in enumerate(people):
        key = f"00000000-0000-0000-0000-{n:012}".encode()
        fake_ldap.entries[dn] = {"entryUUID": [key], "uid": [f"u{n}".encode()]}
    fake_ldap.entries[f"cn=all,{slapd.groups}"] = {
        "entryUUID": [b"00000000-0000-0000-0000-999999999999"],
        "cn": [b"all"],
        "member": [dn.encode() for dn in people],
    }
    fake_ldap.range_size = 3
    fake_ldap.references = ["ldap://elsewhere/dc=other"]

    users, groups, gaps, _ = agree(slapd.config(servers=[fake_ldap.url]))

    assert (len(users), len(groups[0].members), len(gaps)) == (10, 10, 2)
