"""HumHub's groups and who is in them (controllers/user/GroupController.php)."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress

from syncd.backends.http import Session
from syncd.backends.humhub.listing import LIMIT, everything
from syncd.backends.humhub.refusals import NoSuchUser, SoAlready
from syncd.backends.humhub.wire import Head, HubGroup, Rows, group_from, group_to
from syncd.core.model import Group, Key, Member, Op, Ref, Stored, Update, flat
from syncd.errors import BackendError, NotFound
from syncd.paging import Members, Page, decoded_pages
from syncd.ports import Holds

GROUPS = "/api/v1/user/group"
GROUP = GROUPS + "/{}"
MEMBER = GROUP + "/member"


class Administrators:
    """The members of one group: HumHub has no other sign of an administrator."""

    def __init__(self, session: Session, group: int | None) -> None:
        self.group = None if group is None else Ref(str(group))
        self._session = session
        self._known: frozenset[Ref] | None = None

    def refs(self, *, anew: bool = False) -> frozenset[Ref] | None:
        """As they were read last, unless `anew` or syncd changed them; None where nobody asks.

        A group without any is another one: somebody is always an administrator, and of a group
        that is not there HumHub says as well that it has no members."""
        if self.group is None or (self._known is not None and not anew):
            return self._known
        found = frozenset(members(self._session, self.group))
        if not found:
            told = "has no members: is it the group of the administrators?"
            raise BackendError(f"{self._session.name}: admin_group {self.group} {told}")
        self._known = found
        return found

    def change(self, ref: Ref, *, admin: bool) -> None:
        if self.group is not None:
            self._known = None
            (join if admin else leave)(self._session, self.group, ref)


class HumHubGroups:
    """All but the administrators'. Names are not unique, and most of 120 characters."""

    def __init__(self, session: Session, holds: Holds, admins: Administrators) -> None:
        self.holds = holds
        self._session, self._admins = session, admins

    def read(self) -> Iterator[Stored[Group]]:
        for found in everything(self._session, GROUPS, Rows[HubGroup]):
            if Ref(str(found.id)) != self._admins.group:
                yield group_from(found)

    def pages(self) -> Iterator[Page[Stored[Group]]]:
        """As `PagedCollection.pages`."""
        return decoded_pages(self.read(), LIMIT)

    def get(self, ref: Ref) -> Stored[Group] | None:
        if ref == self._admins.group:
            return None
        try:
            return group_from(self._session.get(GROUP, ref).json(HubGroup))
        except NotFound:
            return None

    def create(self, _key: Key, entity: Group) -> Ref:
        answer = self._session.post(GROUPS, body=group_to(flat(entity)))
        return Ref(str(answer.json(Head).id))

    def update(self, ref: Ref, change: Update) -> None:
        self._check(ref)
        self._session.put(GROUP, ref, body=group_to(change.after))

    def delete(self, ref: Ref) -> None:
        """Of any group, whatever it is for. Who was in no other one is put into the default group
        (Group::beforeDelete)."""
        self._check(ref)
        self._session.delete(GROUP, ref)

    def _check(self, ref: Ref) -> None:
        if ref == self._admins.group:
            raise NotFound(f"{self._session.name}: group {ref} is the administrators'")


class HumHubMembers:
    """Not those of the administrators' group. Who manages a group is neither shown nor changed.

    `husks` are users who are not there, though HumHub would take them for members.
    """

    ops = frozenset({Op.ADD, Op.REMOVE})

    def __init__(self, session: Session, groups: HumHubGroups, husks: AbstractSet[Ref]) -> None:
        self._session, self._groups, self._husks = session, groups, husks

    def read(self) -> Iterator[Member]:
        for stored in self._groups.read():
            for user in members(self._session, stored.ref):
                yield Member(stored.ref, user)

    def of(self, groups: Sequence[Ref]) -> Iterable[Members]:
        """As `SelectiveMemberships.of`."""
        for group in sorted(set(groups)):
            if users := tuple(sorted(members(self._session, group))):
                yield Members(group, users)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        for ref in remove:
            with suppress(NoSuchUser):
                leave(self._session, group, ref)
        for ref in add:
            if ref in self._husks:
                raise NotFound(f"{self._session.name}: user {ref} was deleted")
            join(self._session, group, ref)


def members(session: Session, group: Ref) -> Iterator[Ref]:
    """Of a group that is not there: none, and no error."""
    for found in everything(session, MEMBER, Rows[Head], group):
        yield Ref(str(found.id))


def join(session: Session, group: Ref, user: Ref) -> None:
    """`isManager` is left out: to PHP, "false" is a text that is not empty, and makes a manager."""
    with suppress(SoAlready):
        session.put(MEMBER, group, query={"userId": user})


def leave(session: Session, group: Ref, user: Ref) -> None:
    with suppress(SoAlready):
        session.delete(MEMBER, group, query={"userId": user})
