"""Tell who goes on with an account when the source that gave its key has lost the person.

The keys that the same person had in further sources lead from the link to them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.desired import Wanted
from syncd.core.memory import Link
from syncd.core.model import E, Key


class Succession(Struct, Generic[E], frozen=True):
    """A person, and the links that may be theirs; `why_not` is empty where one is for certain."""

    wanted: Wanted[E]
    links: tuple[Link, ...]
    why_not: str


class Keys(Generic[E]):
    """Whose key is whose. Of the `undecided` ones it is known only that a source has them."""

    def __init__(self, wanted: Sequence[Wanted[E]], undecided: frozenset[Key]) -> None:
        self._aliases: dict[Key, tuple[Key, ...]] = {}
        self._owners: dict[Key, Key] = {}
        for one in wanted:
            self._aliases[one.key] = one.aliases
            self._owners[one.key] = one.key
            for alias in one.aliases:
                self._owners[alias] = one.key
        self._undecided = undecided

    def owner(self, key: Key) -> Key:
        """Under which key whoever has this one stands; itself where nobody has it."""
        return self._owners.get(key, key)

    def complete(self, link: Link) -> Link:
        """The link with all keys that its person was met under, but for those of others by now."""
        if link.key not in self._aliases:
            return link
        met = {*link.aliases, *self._aliases[link.key]} - {link.key}
        own = (key for key in met if self._owners.get(key, link.key) == link.key)
        return replace(link, aliases=tuple(sorted(own)))

    def successions(
        self, unlinked: Iterable[Wanted[E]], links: Iterable[Link], *, certain: bool
    ) -> Iterator[Succession[E]]:
        """Those of the unlinked that were met as one with whom no source has any more.

        `certain` is whether it is known that none has.
        """
        by_alias: dict[Key, dict[Key, Link]] = defaultdict(dict)
        for link in links:
            if link.key not in self._owners and link.key not in self._undecided:
                for alias in link.aliases:
                    by_alias[alias][link.key] = link
        if not by_alias:
            return
        found = [(one, _links(one, by_alias)) for one in unlinked]
        claims = Counter(link.key for _, some in found for link in some)
        for one, some in found:
            if some:
                shared = any(claims[link.key] > 1 for link in some)
                yield Succession(one, some, _why_not(some, shared=shared, certain=certain))


def _links(one: Wanted[E], by_alias: dict[Key, dict[Key, Link]]) -> tuple[Link, ...]:
    found: dict[Key, Link] = {}
    for key in (one.key, *one.aliases):
        found |= by_alias.get(key, {})
    return tuple(found[key] for key in sorted(found))


def _why_not(links: Sequence[Link], *, shared: bool, certain: bool) -> str:
    may = "may be who had " + ", ".join(f"account {link.ref} under {link.key}" for link in links)
    if not certain:
        return f"{may}, and not all was read; nothing is done to them until it is"
    if len(links) > 1:
        return f"{may}; decide which one stays"
    return f"{may}, and so may others; decide whose it is" if shared else ""
