"""Whom a sync takes: each rule of the scope, met or not, by the person's own values."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from syncd.core.mapping import Scope, matches
from syncd.core.merge import Person
from syncd.core.model import RawValue


class Condition(Struct, frozen=True):
    """One rule of the scope. `rule` is its name in the configuration below `users.take`, `asked`
    are its patterns, `own` what the person has there; `unmet` says why it is not met, empty where
    it is."""

    rule: str
    asked: tuple[str, ...]
    own: tuple[str, ...]
    unmet: str = ""


def conditions(person: Person, groups: Iterable[str], scope: Scope) -> Iterator[Condition]:
    """In the order in which they are asked. `groups` are display names of the person's groups."""
    if scope.member_of:
        own, asked = tuple(groups), scope.member_of
        met = any(matches(group, asked) for group in own)
        unmet = "" if met else f"not a member of {', '.join(asked)}"
        yield Condition("member_of", asked, own, unmet)
    for name, asked in scope.where.items():
        own = _values(person.attributes.get(name, ()))
        met = any(matches(one, asked) for one in own)
        yield Condition(f"where.{name}", asked, own, "" if met else f"{name} is not {_or(asked)}")
    for name, asked in scope.unless.items():
        own = _values(person.attributes.get(name, ()))
        met = not any(matches(one, asked) for one in own)
        yield Condition(f"except.{name}", asked, own, "" if met else f"{name} is {_or(asked)}")


def in_scope(person: Person, groups: Iterable[str], scope: Scope) -> str:
    """Empty where taken, else the first reason why not."""
    return next((one.unmet for one in conditions(person, groups, scope) if one.unmet), "")


def _values(value: RawValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _or(patterns: Iterable[str]) -> str:
    return " or ".join(patterns)
