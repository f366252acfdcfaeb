"""After a run: what it touched is read again, and no more than that."""

from collections.abc import Callable, Mapping
from collections.abc import Collection as Refs

from msgspec import Struct

from syncd.core.model import E, Kind, Ref, Stored
from syncd.cycle.parts import TARGET_MEMBERS, TARGET_USERS, PartOf
from syncd.cycle.reading import Reader
from syncd.cycle.reads import PartRead, TargetRead
from syncd.paging import Members, member_pages, members_of, stored_pages
from syncd.ports import Backend, Collection, Memberships

ONE_BY_ONE = 200
"""From this many touched things on, one reading of all is cheaper than one of each, however many
pages it has."""

_GROUP_BY_GROUP = 2000
"""From this many changes of members on, reading all groups is cheaper than reading those."""


class Touched(Struct):
    """What a run has touched: how many of each kind, and which; of members, the groups. Where it
    has `deleted` anything, that may have been in any group."""

    counts: Mapping[Kind, int]
    refs: Callable[[Kind], Refs[Ref]]
    deleted: bool


def read_again(reader: Reader, backend: Backend, target: TargetRead, touched: Touched) -> None:
    """Raises `BackendError` where it cannot be read."""
    target.users = _again(reader, target.users, backend.users, touched)
    target.groups = _again(reader, target.groups, backend.groups, touched)
    target.members = _members_again(reader, target.members, backend.members, touched)


def look_at(
    reader: Reader, of: PartOf[Stored[E]], refs: Refs[Ref], collection: Collection[E]
) -> None:
    """Reads these, one by one."""
    found = [one for ref in sorted(refs) if (one := collection.get(ref)) is not None]
    reader.look(of, refs, found)


def _again(
    reader: Reader, read: PartRead[Stored[E]], collection: Collection[E], touched: Touched
) -> PartRead[Stored[E]]:
    of = read.standing.of
    kind = Kind.USER if of.part == TARGET_USERS.part else Kind.GROUP
    if touched.counts[kind] > min(ONE_BY_ONE, _pages(read)):
        return reader.again(read, stored_pages(collection))
    if touched.counts[kind]:
        look_at(reader, of, touched.refs(kind), collection)
    return read


def _pages(read: PartRead[Stored[E]]) -> int:
    """How many calls a reading of all is; without number where only some were read."""
    return ONE_BY_ONE if read.follower is None or read.delta else read.follower.pages


def _members_again(
    reader: Reader, read: PartRead[Members], memberships: Memberships, touched: Touched
) -> PartRead[Members]:
    count = touched.counts[Kind.MEMBER]
    if not count and not touched.deleted:
        return read
    if not touched.deleted and count <= _GROUP_BY_GROUP:
        groups = sorted(touched.refs(Kind.MEMBER))
        if (found := members_of(memberships, groups)) is not None:
            reader.look(TARGET_MEMBERS, groups, found)
            return read
    return reader.again(read, member_pages(memberships))
