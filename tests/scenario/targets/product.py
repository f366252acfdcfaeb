"""What the shared tests ask of a target that is spoken to by HTTP, whichever it is."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.scenario.organisation import Person

Fields = Mapping[str, Any]
"""Of one account, by syncd's names for them."""

NAMES = frozenset({"user_name", "email", "given_name", "family_name"})


class Look(NamedTuple):
    """All that a server holds, as lists, so that nothing there twice is there once."""

    accounts: Iterable[Fields]
    groups: Iterable[str]
    members: Iterable[tuple[str, str]]
    """Pairs of group and login."""


class Each(NamedTuple):
    """Calls for each change, at most: when all is new, and when everything moves."""

    new: float = 1.1
    moved: float = 1.1


def as_it_is(person: Person) -> Person:
    return person


@dataclass(frozen=True)
class Product:
    """`start` is a server, which has `faults` and `calls` if it is one of tests/servers/web.

    `config` is the target's part of a configuration file, and `sync` and
    `policy` more of the sync's; `look` is
    how the server's own eyes see it. `foreign` puts somebody and something there by hand, and
    returns what tells how these are now; `joins` puts the foreign account into one of our groups.
    """

    name: str
    start: Callable[[], AbstractContextManager[Any]]
    config: Callable[[Any], dict[str, Any]]
    look: Callable[[Any], Look]
    foreign: Callable[[Any], Callable[[], object]]
    joins: Callable[[Any, str], object] | None = None
    sync: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    fields: frozenset[str] = NAMES
    fit: Callable[[Person], Person] = as_it_is
    """The nearest to this person that the product takes; who fits stays as they are."""
    makes_groups: bool = True
    renames_groups: bool = True
    removes_members: bool = True
    groups: bool = True
    """Whether there are any, whoever made them."""
    deletes: bool = True
    emulates: bool = False
    """Whether something else stands for a suspension."""
    mends_halves: bool = True
    """Whether what the product itself left half-made can be made whole by its API."""
    each: Each = field(default_factory=Each)
    why: str = ""
    """Why it is more calls than one for each change."""

    def __repr__(self) -> str:
        return self.name
