"""What should be: the records of all sources, merged, taken or left by scope, and mapped.

Whoever is in no `users` here and not `undecided` is a leaver to the sync, whether
they left every source, their dates ran out, or they are out of scope; `absent` tells why.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.mapping import (
    Doubts,
    GroupMapping,
    Mapper,
    Scope,
    Unmappable,
    group_name,
    matches,
)
from syncd.core.merge import People, Person, Precedence, first, full_key, merge
from syncd.core.model import E, Group, Key, Kind, State, User
from syncd.core.normal import normal
from syncd.core.plan import Problem
from syncd.core.records import Named, NamedAmong, Records, group_names, members_of
from syncd.core.scope import in_scope


class Wanted(Struct, Generic[E], frozen=True, gc=False):
    """A thing that should be, under its full key; `aliases` are its keys in further sources."""

    key: Key
    entity: E
    origin: str
    aliases: tuple[Key, ...] = ()


class Rules(Struct, frozen=True):
    """How a sync makes its users and groups of the sources' records."""

    merge: Precedence
    scope: Scope
    users: Mapper
    groups: GroupMapping


class HalfKnown(Struct, frozen=True):
    """How many people with the attribute `by` a source that was not read whole may say more of,
    and one of them."""

    number: int = 0
    by: str = ""
    key: Key = Key("")
    name: str = ""

    def __add__(self, other: "HalfKnown") -> "HalfKnown":
        if not self.number or not other.number:
            return self if self.number else other
        one = min(self, other, key=lambda half: half.key)
        return HalfKnown(self.number + other.number, one.by, one.key, one.name)

    def notes(self) -> tuple[str, ...]:
        if not self.number:
            return ()
        whom = f"{self.number} with {self.by}, such as {self.name}"
        return (
            f"nothing is done to {whom}: a source that was not read whole may say more of them",
        )


class Desired(Struct, frozen=True, kw_only=True):
    """`users` and `groups` are in key order; `members` are user keys by group key.

    For the `undecided` keys nothing may be planned: their records are in conflict or could not be
    mapped. From the groups in `uncertain` nobody may be removed: a reference in them leads nowhere.
    `gaps` say why an absence proves nothing, `doubts` what a mapping does that may not be meant.
    `groups_of` has the sources' names of each person's groups, where the scope asks for them.
    """

    users: tuple[Wanted[User], ...]
    groups: tuple[Wanted[Group], ...]
    members: Mapping[Key, frozenset[Key]]
    managed: frozenset[str]
    once: frozenset[str]
    people: Mapping[Key, Person]
    absent: Mapping[Key, str]
    undecided: Mapping[Kind, frozenset[Key]]
    uncertain: frozenset[Key]
    conflicts: tuple[Problem, ...]
    failures: tuple[Problem, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    doubts: Doubts = Doubts()
    half_known: HalfKnown = HalfKnown()
    groups_of: Mapping[Key, frozenset[str]] = {}


def desire(
    sources: Mapping[str, Records],
    rules: Rules,
    named: Named | None = None,
    lost_before: Sequence[Problem] = (),
) -> Desired:
    """`sources` in order of precedence. `named` finds whom references mean, where that may be
    others than these; `lost_before` are references of other groups that lead nowhere."""
    users_of = {name: records.users for name, records in sources.items()}
    people = merge(users_of, rules.merge)
    members, lost = members_of(sources, people, named or NamedAmong(users_of))
    half_known = _half_known(sources, people, rules.merge)
    waiting = frozenset(key for person in half_known for key in (person.key, *person.aliases))
    known = [person for person in people.persons if person.key not in waiting]
    groups_of = group_names(sources, members)
    unsure = _of_unsure_scope(known, groups_of, (*lost, *lost_before), rules.scope)
    waiting |= unsure
    known = [person for person in known if person.key not in unsure]
    users, absent, unmapped = _users(known, groups_of, rules)
    groups, unnamed = _groups(sources, rules.groups)
    failures = [*unmapped, *unnamed, *lost]
    aliases = {p.key: p.aliases for p in people.persons}
    unmapped_keys = {key for f in unmapped for key in (f.key, *aliases.get(f.key, ()))}
    return Desired(
        users=tuple(users),
        groups=tuple(sorted(groups, key=lambda group: group.key)),
        members=members,
        managed=rules.users.managed,
        once=rules.users.once,
        people={person.key: person for person in people.persons},
        absent=absent,
        undecided={
            Kind.USER: people.undecided | unmapped_keys | waiting,
            Kind.GROUP: frozenset(problem.key for problem in unnamed),
        },
        uncertain=frozenset(problem.key for problem in lost),
        conflicts=people.conflicts,
        failures=tuple(sorted(failures, key=lambda failure: (failure.kind, failure.key))),
        gaps=tuple(_each(sources, [records.gaps for records in sources.values()])),
        notes=tuple(_each(sources, [records.notes for records in sources.values()])),
        half_known=_first_of(half_known, rules.merge),
        doubts=rules.users.doubts([one for one in known if one.key not in absent]),
        groups_of=groups_of if rules.scope.member_of else {},
    )


def _half_known(
    sources: Mapping[str, Records], people: People, precedence: Precedence
) -> list[Person]:
    """Those of whom a source that was not read whole may say more: that they have an account
    already, or are suspended."""
    broken = {name for name, records in sources.items() if records.gaps}
    return [
        person
        for person in people.persons
        if precedence.by and person.attributes.get(precedence.by) and broken - person.origins.keys()
    ]


def _of_unsure_scope(
    persons: Iterable[Person],
    groups_of: Mapping[Key, frozenset[str]],
    lost: Iterable[Problem],
    scope: Scope,
) -> frozenset[Key]:
    """Those whom only a group would take of which a reference leads nowhere: it may mean them."""
    if not any(matches(problem.name, scope.member_of) for problem in lost):
        return frozenset()
    otherwise = replace(scope, member_of=())
    return frozenset(
        key
        for person in persons
        if person.state is not State.LEFT
        and in_scope(person, groups_of.get(person.key, frozenset()), scope)
        and not in_scope(person, frozenset(), otherwise)
        for key in (person.key, *person.aliases)
    )


def _first_of(half_known: Sequence[Person], precedence: Precedence) -> HalfKnown:
    if not half_known or precedence.by is None:
        return HalfKnown()
    one = half_known[0]
    name = first(one.attributes.get("user_name", one.key))
    return HalfKnown(len(half_known), precedence.by, one.key, name)


def _each(sources: Iterable[str], texts: Iterable[Iterable[str]]) -> Iterable[str]:
    for source, lines in zip(sources, texts, strict=True):
        prefix = f"source {source}: "
        yield from (prefix + line.removeprefix(prefix) for line in lines)


def _users(
    persons: Iterable[Person], groups_of: Mapping[Key, frozenset[str]], rules: Rules
) -> tuple[list[Wanted[User]], dict[Key, str], list[Problem]]:
    wanted: list[Wanted[User]] = []
    absent: dict[Key, str] = {}
    failures: list[Problem] = []
    for person in persons:
        why_not = person.reason or "has left" if person.state is State.LEFT else ""
        why_not = why_not or in_scope(person, groups_of.get(person.key, frozenset()), rules.scope)
        if why_not:
            absent |= dict.fromkeys((person.key, *person.aliases), why_not)
            continue
        origin = ", ".join(person.origins.values())
        try:
            wanted.append(Wanted(person.key, rules.users.user(person), origin, person.aliases))
        except Unmappable as error:
            name = first(person.attributes.get("user_name", person.key))
            failures.append(Problem(Kind.USER, person.key, name, str(error), origin))
    return wanted, absent, failures


def _groups(
    sources: Mapping[str, Records], mapping: GroupMapping
) -> tuple[list[Wanted[Group]], list[Problem]]:
    wanted: list[Wanted[Group]] = []
    failures: list[Problem] = []
    for source, records in sources.items():
        for group in records.groups:
            key, name = full_key(source, group.key), first(group.attributes["display_name"])
            if not matches(name, mapping.take) or matches(name, mapping.skip):
                continue
            try:
                renamed = normal(group_name(group.attributes, mapping), caseless=False)
            except Unmappable as error:
                failures.append(Problem(Kind.GROUP, key, name, str(error), group.origin))
            else:
                wanted.append(Wanted(key, Group(display_name=renamed), group.origin))
    return wanted, failures
