"""Make one person of what several sources say, attribute by attribute, by precedence.

Records are one person only where a rule says so: equal values of the attribute
`by`. The first source in order that has the person gives the key; every attribute
comes from the first source, in that attribute's order, that has it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from syncd.core.model import Key, Kind, RawValue, State, UserRecord
from syncd.core.normal import normal
from syncd.core.plan import Problem

STATE = "state"
"""The name under which a person's standing is given a precedence of its own."""


class Precedence(Struct, frozen=True):
    """`by` is the attribute that makes records of several sources one person; None for never.

    `attributes` gives single attributes an order of sources other than the sync's own.
    """

    by: str | None = None
    attributes: Mapping[str, tuple[str, ...]] = {}


class Person(Struct, frozen=True, gc=False):
    """A person as all sources together state them.

    `key` and `aliases` are full keys, `SOURCE:KEY`. `given_by` says which source
    each attribute came from, `origins` where each source has the person.
    """

    key: Key
    attributes: Mapping[str, RawValue]
    state: State | None
    reason: str
    origins: Mapping[str, str]
    given_by: Mapping[str, str]
    aliases: tuple[Key, ...] = ()


class People(Struct, frozen=True):
    """`persons` by key order; `conflicts` name those whom nobody may guess about.

    `undecided` are the full keys of the latter.
    """

    persons: tuple[Person, ...]
    conflicts: tuple[Problem, ...] = ()
    undecided: frozenset[Key] = frozenset()


def full_key(source: str, key: Key) -> Key:
    """A key that is unique over all sources: immutable as long as the source keeps its name."""
    return Key(f"{source}:{key}")


def merge(records: Mapping[str, Sequence[UserRecord]], precedence: Precedence) -> People:
    """`records` by source, the sources in order of precedence."""
    shared = _shared_keys(records)
    alone, by_value = _gather(records, precedence.by)
    persons: list[Person] = []
    unclear: _Found = []
    conflicts: list[Problem] = []
    for found in (*([one] for one in alone), *by_value.values()):
        clashing = _clashing(found) if len(found) > 1 else []
        if clashing or (
            shared and any(full_key(source, record.key) in shared for source, record in found)
        ):
            conflicts += [_ambiguous(*one, f"with this {precedence.by}") for one in clashing]
            unclear += found
        else:
            whole = _person(dict(found), precedence) if len(found) > 1 else _alone(*found[0])
            persons.append(whole)
    for source, record in unclear:
        if full_key(source, record.key) in shared:
            conflicts.append(_ambiguous(source, record, "under this key"))
    persons.sort(key=lambda person: person.key)
    conflicts.sort(key=lambda problem: (problem.key, problem.name, problem.why))
    undecided = frozenset(full_key(source, record.key) for source, record in unclear)
    return People(tuple(persons), tuple(conflicts), undecided)


_Found = list[tuple[str, UserRecord]]


def _gather(
    records: Mapping[str, Sequence[UserRecord]], by: str | None
) -> tuple[_Found, dict[str, _Found]]:
    alone: _Found = []
    by_value: dict[str, _Found] = defaultdict(list)
    for source, source_records in records.items():
        for record in source_records:
            if by and (value := merging_value(record, by)):
                by_value[value].append((source, record))
            else:
                alone.append((source, record))
    return alone, by_value


def merging_value(record: UserRecord, by: str) -> str:
    """What makes it one person with those of the same; empty where nothing does."""
    value = record.attributes.get(by)
    return normal(first(value), caseless=True) if value else ""


def _shared_keys(records: Mapping[str, Sequence[UserRecord]]) -> frozenset[Key]:
    """Keys that a source gave to several, against its promise."""
    shared: set[Key] = set()
    for source, some in records.items():
        if len({record.key for record in some}) < len(some):
            counts = Counter(record.key for record in some)
            shared |= {full_key(source, key) for key, number in counts.items() if number > 1}
    return frozenset(shared)


def _clashing(found: _Found) -> _Found:
    """The records of any source that has more than one of them."""
    sources = [source for source, _ in found]
    return [(source, record) for source, record in found if sources.count(source) > 1]


def _ambiguous(source: str, record: UserRecord, how: str) -> Problem:
    return Problem(
        kind=Kind.USER,
        key=full_key(source, record.key),
        name=first(record.attributes.get("user_name", record.key)),
        why=f"source {source} has more than one person {how}; nothing is done to any of "
        "them until the source tells them apart",
        origin=record.origin,
    )


def _alone(source: str, record: UserRecord) -> Person:
    """A person whom one source has: as `_person` makes them, the short way."""
    attributes = {name: value for name, value in sorted(record.attributes.items()) if value}
    given_by = dict.fromkeys(attributes, source)
    if record.state or record.reason:
        given_by[STATE] = source
    return Person(
        key=full_key(source, record.key),
        attributes=attributes,
        state=record.state,
        reason=record.reason,
        origins={source: record.origin},
        given_by=given_by,
    )


def _person(found: Mapping[str, UserRecord], precedence: Precedence) -> Person:
    sources = list(found)
    attributes: dict[str, RawValue] = {}
    given_by: dict[str, str] = {}
    for name in sorted({name for record in found.values() for name in record.attributes}):
        for source in _order(name, sources, precedence):
            if value := found[source].attributes.get(name):
                attributes[name], given_by[name] = value, source
                break
    stating = [s for s in _order(STATE, sources, precedence) if found[s].state or found[s].reason]
    if stating:
        given_by[STATE] = stating[0]
    keys = [full_key(source, record.key) for source, record in found.items()]
    return Person(
        key=keys[0],
        aliases=tuple(keys[1:]),
        attributes=attributes,
        state=found[stating[0]].state if stating else None,
        reason=found[stating[0]].reason if stating else "",
        origins={source: record.origin for source, record in found.items()},
        given_by=given_by,
    )


def _order(attribute: str, sources: Iterable[str], precedence: Precedence) -> list[str]:
    """Sources named for the attribute first, in that order, then the rest in the sync's own."""
    named = precedence.attributes.get(attribute, ())
    return sorted(
        sources, key=lambda source: named.index(source) if source in named else len(named)
    )


def first(value: RawValue) -> str:
    """The one value of a field that can hold only one: the first in sorted order."""
    return value if isinstance(value, str) else min(value, default="")
