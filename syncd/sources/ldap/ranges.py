"""Follows an attribute that the server hands out in ranges (`member;range=0-1499`) to its end.

Active Directory gives at most 1,500 values of an attribute at a time ([MS-ADTS] 3.1.1.3.1.3.3);
`*` as the upper end says that no more follow.
"""

import re
from collections.abc import Callable

from syncd.sources.ldap import failures
from syncd.sources.ldap.entries import RawEntry, opened
from syncd.sources.ldap.search import Query, Search

Asking = Callable[[Query], Search]
"""Makes a search without pages."""

_RANGED = re.compile(r"([^;]+);range=(\d+)-(\d+|\*)", re.IGNORECASE)


class Broken(Exception):
    """The range cannot be read to its end."""


def complete(entry: RawEntry, ask: Asking) -> list[str]:
    """Puts all values of each ranged attribute under its plain name; says what is missing."""
    problems = []
    for attribute in [name for name in entry.attributes if ";range=" in name]:
        name = attribute.partition(";")[0]
        values = entry.attributes.setdefault(name, [])
        try:
            last = _take(entry, name, 0, values)
            while last != "*":
                last = _next(entry.dn, name, int(last) + 1, values, ask)
        except Broken as exc:
            problems.append(
                f"{name} of {entry.dn!r} is incomplete after {len(values)} values: {exc}"
            )
    return problems


def _next(dn: str, name: str, first: int, values: list[bytes], ask: Asking) -> str:
    """Asks for the values from `first` on, adds them, and returns the end of their range."""
    query = Query(dn, "(objectClass=*)", [f"{name};range={first}-*"], scope="base")
    search = ask(query)
    answers = [octets for page in search for octets in page]
    if search.failure:
        raise Broken(search.failure)
    if len(answers) != 1:
        raise Broken("the entry is gone")
    try:
        answer = opened(answers[0])
    except ValueError as exc:
        raise Broken(failures.of_entry(exc)) from None
    return _take(answer, name, first, values)


def _take(entry: RawEntry, name: str, first: int, values: list[bytes]) -> str:
    """Moves the values that begin at `first`, and returns the end of their range."""
    for attribute in list(entry.attributes):
        match = _RANGED.fullmatch(attribute)
        if match is not None and match[1] == name and int(match[2]) == first:
            if match[3] != "*" and int(match[3]) < first:
                raise Broken(f"the server answers with {attribute}")
            values.extend(entry.attributes.pop(attribute))
            return match[3]
    raise Broken(f"no answer to {name};range={first}-*")
