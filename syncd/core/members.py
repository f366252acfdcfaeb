"""Who must become a member of what, and who must not be one any more.

A member waits for the creations of its group and of its user. Leavers keep their memberships
with their suspended account; they are added to nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Generic

from msgspec import Struct

from syncd.core.correlate import Ours
from syncd.core.desired import Desired
from syncd.core.diff import Found
from syncd.core.model import NAME_FIELD, E, Group, Key, Kind, Member, Op, Ref, User, flat
from syncd.core.plan import Change, change_id

_Named = Mapping[Key, tuple[str, Ref | None]]
"""Things by key: name and, where it exists, ref."""


class Side(Struct, Generic[E], frozen=True):
    """What is ours of one kind, what will be made, and of which nothing may be planned."""

    ours: tuple[Ours[E], ...]
    found: Found
    undecided: frozenset[Key]


def compare_members(
    desired: Desired,
    current: Iterable[Member],
    users: Side[User],
    groups: Side[Group],
    *,
    empty_vanished: bool,
) -> list[Change]:
    """`current` are all members in the target; a group that has vanished should have none."""
    wanted_users = {one.key for one in desired.users} - users.undecided
    wanted_groups = {one.key for one in desired.groups} - groups.undecided
    filled = {ours.link.key for ours in groups.ours} - groups.undecided
    both = Membership(
        wanted={key: desired.members.get(key, frozenset()) for key in wanted_groups},
        current=_by_group(current, users.ours, groups.ours),
        groups=_named(groups, filled if empty_vanished else filled & wanted_groups),
        users=_named(users, wanted_users),
    )
    return list(
        diff_members(
            both, lambda group, user: user in wanted_users and group not in desired.uncertain
        )
    )


def _by_group(
    members: Iterable[Member], users: Iterable[Ours[User]], groups: Iterable[Ours[Group]]
) -> dict[Key, set[Key]]:
    """The pairs of our groups and our users."""
    user_keys = {ours.stored.ref: ours.link.key for ours in users}
    group_keys = {ours.stored.ref: ours.link.key for ours in groups}
    found: dict[Key, set[Key]] = defaultdict(set)
    for member in members:
        if member.group in group_keys and member.user in user_keys:
            found[group_keys[member.group]].add(user_keys[member.user])
    return found


def _named(side: Side[E], keys: Collection[Key]) -> _Named:
    """Those that are to be made, and of ours those with these keys."""
    named: dict[Key, tuple[str, Ref | None]] = {
        change.key: (change.name, None) for change in side.found.changes if change.op is Op.CREATE
    }
    for ours in side.ours:
        if ours.link.key in keys:
            name = flat(ours.stored.entity)[NAME_FIELD[ours.link.kind]]
            named[ours.link.key] = str(name), ours.stored.ref
    return named


class Membership(Struct, frozen=True):
    """Members on both sides, by full key.

    `wanted` is by group. `current` are the pairs of our groups and our users in the target.
    `groups` and `users` are those that pairs are planned for: name and, where it exists, ref.
    """

    wanted: Mapping[Key, frozenset[Key]]
    current: Mapping[Key, Collection[Key]]
    groups: _Named
    users: _Named


def diff_members(both: Membership, removable: Callable[[Key, Key], bool]) -> Iterator[Change]:
    """Adds, and those removals that `removable(group, user)` lets through, in key order."""
    for group in sorted(both.groups):
        wanted = both.wanted.get(group, frozenset())
        current = frozenset(both.current.get(group, ()))
        for user in sorted((wanted - current) & both.users.keys()):
            yield _member(Op.ADD, group, user, both)
        for user in sorted(current - wanted):
            if removable(group, user):
                yield _member(Op.REMOVE, group, user, both)


def _member(op: Op, group: Key, user: Key, both: Membership) -> Change:
    (group_name, group_ref), (user_name, user_ref) = both.groups[group], both.users[user]
    needs = [change_id(Op.CREATE, Kind.GROUP, group)] if group_ref is None else []
    needs += [change_id(Op.CREATE, Kind.USER, user)] if user_ref is None else []
    return Change(
        op,
        Kind.MEMBER,
        group,
        f"{user_name} in {group_name}",
        group_ref,
        reason="a member in the source" if op is Op.ADD else "no member in the source",
        member=user,
        member_ref=user_ref,
        needs=tuple(needs),
    )
