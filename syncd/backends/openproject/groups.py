"""Groups of an OpenProject, and who is in them, as the ports have them.

A group shows its members among its links, and takes them as one set: who is not in what is sent
is a member no more (docs/api/apiv3/paths/group.yml). So a change is a reading and a writing, and
nothing tells whether somebody else wrote in between.
"""

from collections.abc import Iterator, Sequence
from threading import Lock

from msgspec import Struct, field

from syncd.backends.http import ListPage, Session, whole
from syncd.backends.openproject.config import OpenProjectConfig
from syncd.backends.openproject.faults import Unclear
from syncd.backends.openproject.users import OpenProjectUsers, path_of
from syncd.backends.openproject.waiting import JSON, until_gone
from syncd.backends.openproject.wire import (
    GROUPS,
    MEMBERS,
    Link,
    Team,
    group_from_wire,
    group_to_wire,
    user_in,
)
from syncd.core.model import Group, Key, Member, Ref, Stored, Update, Value, flat
from syncd.core.normal import same
from syncd.errors import Conflict, Denied, NotFound, Rejected

_GROUPS = "/api/v3/groups"
_ONE = _GROUPS + "/{}"


class _Elements(Struct):
    elements: list[Team]


class _All(Struct):
    total: int
    embedded: _Elements = field(name="_embedded")


class OpenProjectGroups:
    holds = GROUPS

    def __init__(
        self, session: Session, config: OpenProjectConfig, users: OpenProjectUsers
    ) -> None:
        self._session, self._config, self._users = session, config, users

    def read(self) -> Iterator[Stored[Group]]:
        return map(group_from_wire, self.teams())

    def teams(self) -> Iterator[Team]:
        """All at once: this list has no pages. Who is no administrator sees some of them."""
        self._users.me()
        return whole(f"{self._session.name}: {_GROUPS}", self._all, lambda one: one.id)

    def team(self, ref: Ref) -> Team:
        """Raises `NotFound`."""
        return self._session.get(_ONE, ref).json(Team)

    def get(self, ref: Ref) -> Stored[Group] | None:
        try:
            return group_from_wire(self.team(ref))
        except NotFound:
            return None

    def create(self, _key: Key, entity: Group) -> Ref:
        fields = flat(entity)
        try:
            return self._session.post(_GROUPS, body=group_to_wire(fields)).json(Team).ref
        except Unclear as error:
            self._check_free(fields["display_name"], None, error)
            raise

    def update(self, ref: Ref, change: Update) -> None:
        """Members that are not named stay."""
        try:
            self._session.patch(_ONE, ref, body=group_to_wire(change.after))
        except Unclear as error:
            self._check_free(change.after["display_name"], ref, error)
            raise

    def delete(self, ref: Ref) -> None:
        """Followed to its end, as with users."""
        self._session.delete(_ONE, ref, headers=JSON)
        until_gone(lambda: self.get(ref) is None, f"group {ref}", self._session, self._config)

    def _check_free(self, name: Value, ref: Ref | None, error: Rejected) -> None:
        for team in self.teams():
            if team.ref != ref and same(team.name, name, caseless=True):
                raise Conflict(f"{error}: group {team.id} has it") from error

    def _all(self) -> Iterator[ListPage[Team]]:
        found = self._session.get(_GROUPS).json(_All)
        yield ListPage(found.embedded.elements, found.total)


class OpenProjectMembers:
    ops = MEMBERS.ops

    def __init__(
        self,
        session: Session,
        config: OpenProjectConfig,
        users: OpenProjectUsers,
        groups: OpenProjectGroups,
    ) -> None:
        self._session, self._users, self._groups = session, users, groups
        self._link = f"{path_of(config)}/api/v3/users/"
        self._turns = [Lock() for _ in range(16)]

    def read(self) -> Iterator[Member]:
        for team in self._groups.teams():
            for link in self._links(team):
                if (user := user_in(link)) is not None:
                    yield Member(team.ref, user)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        """Whoever else is in the group stays, whether syncd knows them or not.

        Of one group one change at a time, or the second would undo the first.
        """
        with self._turns[hash(group) % len(self._turns)]:
            links = self._links(self._groups.team(group))
            before = [link.href for link in links]
            gone = set(remove)
            kept = [link.href for link in links if user_in(link) not in gone]
            there = {user_in(link) for link in links}
            new = [ref for ref in dict.fromkeys(add) if ref not in there]
            after = kept + [self._link + ref for ref in new]
            if after != before:
                self._put(group, after, new)

    def _put(self, group: Ref, links: Sequence[str | None], new: Sequence[Ref]) -> None:
        members = [Link(link) for link in links]
        try:
            self._session.patch(_ONE, group, body={"_links": {"members": members}})
        except Unclear as error:
            for ref in new:
                if self._users.get(ref) is None:
                    raise NotFound(f"{error}: there is no user {ref} to add") from error
            raise

    def _links(self, team: Team) -> Sequence[Link]:
        """Absent where one may not see them: that is not a group without members."""
        if team.links.members is None:
            raise Denied(f"{self._session.name}: the members of group {team.id} are not shown")
        return team.links.members
