"""Finds out who is directly in a group, and which groups are, from the group's own entry."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from syncd.core.model import Key
from syncd.sources.ldap import values
from syncd.sources.ldap.config import MemberRule
from syncd.sources.ldap.entries import RawEntry
from syncd.sources.ldap.people import login_name
from syncd.sources.ldap.roll import Roll

_OPTIONAL_UID = re.compile(r"#'[01]*'B\Z")
"""What may follow the DN in a uniqueMember (RFC 4517, 3.3.21)."""


class Direct(Struct, frozen=True):
    """Keys of people; DNs, in normal form, of what is nobody; and logins of nobody, as written."""

    people: list[Key]
    others: list[str]
    strangers: list[str]


def written_dns(rules: Iterable[MemberRule], entry: RawEntry) -> list[str]:
    """The DNs, as written, that the entry names as members."""
    return [
        _OPTIONAL_UID.sub("", dn) if "#" in (dn := octets.decode("utf-8", "replace")) else dn
        for rule in rules
        if rule.kind == "dn"
        for octets in entry.attributes.get(rule.attribute.lower(), ())
    ]


def named_dns(rules: Iterable[MemberRule], entry: RawEntry) -> list[str]:
    """The DNs, in normal form, that the entry names as members."""
    return [values.comparable(dn) for dn in written_dns(rules, entry)]


def named_logins(rules: Iterable[MemberRule], entry: RawEntry) -> list[tuple[str, str]]:
    """The logins that the entry names as members: as the roll knows them, and as written."""
    return [
        (login_name(rule.matches, octets), octets.decode("utf-8", "replace"))
        for rule in rules
        if rule.kind == "uid"
        for octets in entry.attributes.get(rule.attribute.lower(), ())
    ]


def direct(rules: Sequence[MemberRule], entry: RawEntry, roll: Roll) -> Direct:
    """Who is in the group by its own entry, or by theirs."""
    people = roll.in_group(values.comparable(entry.dn))
    logins, dns = named_logins(rules, entry), named_dns(rules, entry)
    by_login = roll.by_login([login for login, _ in logins])
    by_dn = roll.by_dn(dns)
    strangers, others = [], []
    for login, written in logins:
        if (person := by_login.get(login)) is None:
            strangers.append(written)
        else:
            people.append(person)
    for dn in dns:
        if (person := by_dn.get(dn)) is None:
            others.append(dn)
        else:
            people.append(person)
    return Direct(people, others, strangers)
