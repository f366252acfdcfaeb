"""Readings page by page: what a source or a backend may offer so that what is as it was last time
is never decoded. Who offers nothing of this is read item by item, at the same result.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from syncd.core.model import E, GroupRecord, Key, Kind, Member, Ref, Stored, UserRecord
from syncd.core.prints import Print, print_of
from syncd.errors import SyncdError
from syncd.ports import Collection, Cursor, Memberships, Reading, Source

T = TypeVar("T")

AT_ONCE = datetime.min.replace(tzinfo=UTC)
"""The `until` of what is decoded anew in every reading, since a person ought to hear of it."""

_PAGE = 1000


class Sighting(Struct, Generic[T], frozen=True, gc=False):
    """What one item of a page says: None where it is no record (the reading's gaps say why).

    As long as its print is the same it says the same, `until` then (UTC); None for ever.
    """

    record: T | None
    until: datetime | None = None


class Page(Protocol[T]):
    """Items of a reading as they came, in the order in which they came.

    Equal `prints` promise that `decode` would say the same, under the same configuration of the
    source or target. Of a group's record, `members` and `elsewhere` may be other people's affair:
    where any user of the source is new, gone or of another origin, all its groups are decoded,
    whatever their prints.
    """

    @property
    def prints(self) -> Sequence[Print]: ...

    def decode(self, at: int) -> Sighting[T]:
        """The item at that place; asked in order, if at all, maybe after a later page has come."""
        ...


class PagedReading(Reading, Protocol):
    """A reading that can be taken page by page, in place of `users` and then `groups`."""

    @property
    def user_pages(self) -> Iterable[Page[UserRecord]]: ...
    @property
    def group_pages(self) -> Iterable[Page[GroupRecord]]: ...


class Changes(Reading, Protocol):
    """A reading of only what changed since a cursor: what is not in it is as it was.

    `gone` are those that the source's protocol proves to be there no more; it is final at the end,
    like `gaps`. A changed record is told whole. With a gap, nothing of it may be relied on. A user
    who is gone is in no group any more, also where the group is not told.
    """

    @property
    def gone(self) -> Mapping[Kind, frozenset[Key]]: ...


class Before(Protocol):
    """What a source told until now, by key: those of the keys that it told of."""

    def users(self, keys: Iterable[Key]) -> Iterable[UserRecord]: ...
    def groups(self, keys: Iterable[Key]) -> Iterable[GroupRecord]: ...


class PagedCollection(Collection[E], Protocol):
    """A collection that can be read page by page."""

    def pages(self) -> Iterator[Page[Stored[E]]]:
        """As `read`. A thing has another print whenever anything of it has changed."""
        ...


class Members(Struct, frozen=True, gc=False):
    """All direct members of one group, sorted, each once."""

    group: Ref
    users: tuple[Ref, ...]


class PagedMemberships(Memberships, Protocol):
    """Members that can be read page by page, one item a group that has any."""

    def pages(self) -> Iterator[Page[Members]]: ...


class SelectiveMemberships(Memberships, Protocol):
    """Members that can be read of a few groups, without those of all others."""

    def of(self, groups: Sequence[Ref]) -> Iterable[Members]:
        """Those of these groups that have any."""
        ...


class VersionedCollection(Collection[E], Protocol):
    """A collection whose things have versions: each change of one gives it another."""

    def version(self, ref: Ref) -> str:
        """As it was when it was last read, or written; empty where that is not known."""
        ...


class DecodedPage(Generic[T]):
    """A page of what was decoded before anybody asked."""

    def __init__(self, items: Sequence[T]) -> None:
        self._items = items
        self.prints = [print_of(_ENCODER.encode(item)) for item in items]

    def decode(self, at: int) -> Sighting[T]:
        return Sighting(self._items[at])


def user_pages(reading: Reading) -> Iterable[Page[UserRecord]]:
    """Of any reading."""
    found: Iterable[Page[UserRecord]] | None = getattr(reading, "user_pages", None)
    return decoded_pages(reading.users) if found is None else found


def group_pages(reading: Reading) -> Iterable[Page[GroupRecord]]:
    """Of any reading, once its users were read."""
    found: Iterable[Page[GroupRecord]] | None = getattr(reading, "group_pages", None)
    return decoded_pages(reading.groups) if found is None else found


def stored_pages(collection: Collection[E]) -> Iterator[Page[Stored[E]]]:
    """Of any collection."""
    pages: Callable[[], Iterator[Page[Stored[E]]]] | None = getattr(collection, "pages", None)
    return decoded_pages(collection.read()) if pages is None else pages()


def has_versions(collection: Collection[E]) -> bool:
    return getattr(collection, "version", None) is not None


def version_of(collection: Collection[E], ref: Ref) -> str:
    """Of any collection: empty where it has no versions."""
    version: Callable[[Ref], str] | None = getattr(collection, "version", None)
    return "" if version is None else version(ref)


def member_pages(memberships: Memberships) -> Iterator[Page[Members]]:
    """Of any memberships."""
    pages: Callable[[], Iterator[Page[Members]]] | None = getattr(memberships, "pages", None)
    return decoded_pages(_by_group(memberships.read())) if pages is None else pages()


def members_of(memberships: Memberships, groups: Sequence[Ref]) -> Iterable[Members] | None:
    """Who is in these groups; None where only all groups can be asked for."""
    of: Callable[[Sequence[Ref]], Iterable[Members]] | None = getattr(memberships, "of", None)
    return None if of is None else of(groups)


def read_since(source: Source, since: Cursor, before: Before) -> Reading:
    """What changed since then; a source that asks what it told before is let know."""
    read: Callable[[Cursor, Before], Reading] | None = getattr(source, "read_since", None)
    return source.read(since) if read is None else read(since, before)


def gone_from(reading: Reading) -> Mapping[Kind, frozenset[Key]] | None:
    """What `Changes` say is gone; None of a reading of everything."""
    return getattr(reading, "gone", None)


def decoded_pages(items: Iterable[T], at_once: int = _PAGE) -> Iterator[Page[T]]:
    """Of what is told item by item. `at_once` is how many come by one call: what was written is
    read again one by one where that is fewer calls than there are pages."""
    page: list[T] = []
    try:
        for item in items:
            page.append(item)
            if len(page) == at_once:
                yield DecodedPage(page)
                page = []
    except SyncdError:
        if page:
            yield DecodedPage(page)  # what came before the reading broke off did come
        raise
    if page:
        yield DecodedPage(page)


def _by_group(members: Iterable[Member]) -> Iterator[Members]:
    groups: dict[Ref, set[Ref]] = {}
    for member in members:
        groups.setdefault(member.group, set()).add(member.user)
    for group, users in sorted(groups.items()):
        yield Members(group, tuple(sorted(users)))


_ENCODER: Any = msgspec.msgpack.Encoder(order="deterministic")
