"""Laws of how an entry's octets become keys, text and a state; no server needed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.dn import normal_dn
from syncd.core.model import Key, State
from syncd.sources.ldap import values
from syncd.sources.ldap.config import DisabledRule
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.presets import READY_RULES
from syncd.sources.ldap.standing import Standings
from syncd.sources.ldap.tally import Tally

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = Key("1")


def standing(rule, *texts, by_filter=()):
    """The state and reason of an entry whose one attribute has these values."""
    name = (rule.attribute or "").lower()
    entry = {name: [text.encode() for text in texts]} if texts else {}
    return Standings([rule], dict(by_filter), NOW).of(KEY, entry)[:2]


def ready(name, *texts):
    return standing(READY_RULES[name], *texts)


@given(st.uuids())
def test_a_guid_is_read_from_its_mixed_order(guid):
    """objectGUID's octets become the form that Windows' own tools show."""
    entry = RawEntry("cn=a", {"objectguid": [guid.bytes_le]})

    assert values.key("objectGUID", entry) == str(guid)


@pytest.mark.parametrize(
    ("attribute", "octets"),
    [
        ("objectGUID", [b"short"]),
        ("objectGUID", []),
        ("entryUUID", [b"not a uuid"]),
        ("employeeNumber", [b"1", b"2"]),
        ("employeeNumber", [b""]),
        ("employeeNumber", [b"\xff"]),
        ("objectSid", [b"\1"]),
        ("objectSid", [b"\1\5\0\0\0\0\0\5"]),
    ],
)
def test_what_is_no_single_key_is_none(attribute, octets):
    """Missing, several, empty or malformed: there is no key."""
    assert values.key(attribute, RawEntry("cn=a", {attribute.lower(): octets})) is None


def test_a_uuid_is_written_in_one_way():
    """entryUUID in capitals is the same key."""
    uuid = UUID(int=0xABCDEF)
    entry = RawEntry("cn=a", {"entryuuid": [str(uuid).upper().encode()]})

    assert values.key("entryUUID", entry) == str(uuid)


def test_a_security_identifier_is_written_as_windows_does():
    """S-1-5-21-..., the sub-authorities little-endian."""
    octets = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770091c0100")

    assert values.text("objectSid", octets) == "S-1-5-21-2127521184-1604012920-1887927527-72713"


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        ("userAccountControl", ["514"], (State.SUSPENDED, "userAccountControl has ACCOUNTDISABLE")),
        ("userAccountControl", ["512"], (State.ACTIVE, "")),
        ("userAccountControl", [], (None, "userAccountControl is missing")),
        ("userAccountControl", ["x"], (None, "userAccountControl is 'x'")),
        ("nsAccountLock", ["TRUE"], (State.SUSPENDED, "nsAccountLock is true")),
        ("nsAccountLock", ["false"], (State.ACTIVE, "")),
        ("nsAccountLock", [], (State.ACTIVE, "")),
        ("accountExpires", ["9223372036854775807"], (State.ACTIVE, "")),
        ("accountExpires", ["0"], (State.ACTIVE, "")),
        ("accountExpires", ["1"], (State.SUSPENDED, "accountExpires is past")),
        ("accountExpires", ["soon"], (None, "accountExpires is 'soon'")),
        ("shadowExpire", ["20454"], (State.SUSPENDED, "shadowExpire is past")),
        ("shadowExpire", ["20455"], (State.ACTIVE, "")),
        ("shadowExpire", ["-1"], (State.ACTIVE, "")),
        (
            "krbPrincipalExpiration",
            ["20260101120000Z"],
            (State.SUSPENDED, "krbPrincipalExpiration is past"),
        ),
        ("krbPrincipalExpiration", ["20260101120001Z"], (State.ACTIVE, "")),
        (
            "krbPrincipalExpiration",
            ["2026010112+0100"],
            (State.SUSPENDED, "krbPrincipalExpiration is past"),
        ),
        ("krbPrincipalExpiration", ["2026010112-0100"], (State.ACTIVE, "")),
        (
            "krbPrincipalExpiration",
            ["20261301120000Z"],
            (None, "krbPrincipalExpiration is '20261301120000Z'"),
        ),
        ("krbPrincipalExpiration", ["never"], (None, "krbPrincipalExpiration is 'never'")),
    ],
)
def test_each_ready_rule_reads_its_product(name, texts, expected):
    """Disabled, active, or not known where the entry does not say."""
    assert ready(name, *texts) == expected


@given(st.integers(-(10**9), 10**9))
def test_an_account_expires_at_its_moment(microseconds):
    """accountExpires suspends from its moment on, to the microsecond."""
    moment = NOW + timedelta(microseconds=microseconds)
    ticks = (moment - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    expected = State.SUSPENDED if microseconds <= 0 else State.ACTIVE

    assert ready("accountExpires", str(ticks))[0] == expected


def test_mere_presence_may_disable():
    """A rule with nothing but an attribute asks whether it is there."""
    rule = DisabledRule(attribute="locked")

    assert standing(rule, "x") == (State.SUSPENDED, "locked is present")
    assert standing(rule) == (State.ACTIVE, "")


def test_a_rule_that_holds_outweighs_one_that_cannot_be_asked():
    """Suspended by one rule is suspended, whatever another cannot tell."""
    rules = [READY_RULES["userAccountControl"], READY_RULES["nsAccountLock"]]

    assert Standings(rules, {}, NOW).of(KEY, {"nsaccountlock": [b"true"]}) == (
        State.SUSPENDED,
        "nsAccountLock is true",
        None,
    )
    assert Standings(rules, {}, NOW).of(KEY, {}) == (None, "userAccountControl is missing", None)


def test_a_filter_that_could_not_be_asked_leaves_the_state_unknown():
    """Found by the filter is suspended, not found is active, not asked is not known."""
    rule = DisabledRule(filter="(a=b)")

    assert Standings([rule], {KEY: "why"}, NOW).of(KEY, {}) == (State.SUSPENDED, "why", None)
    assert Standings([rule], {}, NOW).of(KEY, {}) == (State.ACTIVE, "", None)
    assert Standings([rule], None, NOW).of(KEY, {}) == (None, "a filter could not be asked", None)


NAMED = st.sampled_from(
    ["cn=ada", "CN = Zoë ", "ou=a\\, b", "o=\\2c", "2.5.4.3=x", "c=#0c0141", "ou=é+l=ü"]
)
SPLIT = st.sampled_from([",", " , ", ",,", ", ", ""])


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.tuples(NAMED | st.text(max_size=4), SPLIT), max_size=5))
def test_a_dn_is_compared_by_its_normal_form(parts):
    """However its parents were met before; what is no DN is compared as it is."""
    dn = "".join(part + split for part, split in parts)
    try:
        expected = normal_dn(dn)
    except ValueError:
        expected = dn

    assert values.comparable(dn) == expected


def test_a_tally_counts_all_and_shows_three():
    """A thousand of one kind make one line; none makes none; one example is not repeated."""
    tally = Tally("things")

    assert tally.lines() == []
    for n in (1, 1, 2):
        tally.add(f"thing {n}")
    assert tally.lines() == ["things (3): thing 1; thing 2; …"]
    for n in range(997):
        tally.add(f"thing {n}")
    assert tally.lines() == ["things (1000): thing 1; thing 2; thing 0; …"]
