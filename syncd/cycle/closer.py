"""Look closer at whom a cycle is about: read these from the target, and whom a guard goes by."""

from collections.abc import Collection as Refs

from syncd.core.mapping import matches
from syncd.core.model import E, Kind, Ref, Stored
from syncd.cycle.absent import confirm_absence
from syncd.cycle.again import ONE_BY_ONE, look_at
from syncd.cycle.parts import TARGET_MEMBERS
from syncd.cycle.reading import Reader
from syncd.cycle.reads import PartRead, TargetRead
from syncd.cycle.selected import Selection
from syncd.cycle.subjects import Subjects
from syncd.paging import member_pages, members_of, stored_pages
from syncd.ports import Collection
from syncd.sync import Sync


def look_closer(
    reader: Reader, sync: Sync, target: TargetRead, selection: Selection, some: Subjects
) -> None:
    """The users of the selection, and those groups with their members that it is about.

    One by one, or all of a kind where they are many. Raises `BackendError` where they cannot be
    read.
    """
    backend, groups = sync.backend, _groups(sync, target, selection, some)
    target.users, listed = _read(reader, target.users, selection.refs, backend.users)
    target.groups, all_groups = _read(reader, target.groups, groups, backend.groups)
    if groups:
        found = None if all_groups else members_of(backend.members, sorted(groups))
        if found is not None:
            reader.look(TARGET_MEMBERS, groups, found)
        else:
            target.members = reader.again(target.members, member_pages(backend.members))
    if listed or all_groups:
        confirm_absence(target, backend, [list(selection.links)])


def _groups(sync: Sync, target: TargetRead, selection: Selection, some: Subjects) -> set[Ref]:
    """With those that are protected, where anything may be taken from one who is in them."""
    groups = some.group_refs | {
        link.ref for link in selection.links if link.kind is Kind.GROUP and link.key in some.groups
    }
    if patterns := sync.policy.protect.groups if some.guarded else ():
        named = target.groups.standing.all()
        groups |= {one.ref for one in named if matches(one.entity.display_name, patterns)}
    return groups


def _read(
    reader: Reader, read: PartRead[Stored[E]], refs: Refs[Ref], collection: Collection[E]
) -> tuple[PartRead[Stored[E]], bool]:
    """Whether that was as a list."""
    if len(refs) > ONE_BY_ONE:
        return reader.again(read, stored_pages(collection)), True
    look_at(reader, read.standing.of, refs, collection)
    return read, False
