"""Groups of a HopFrame, and who is in them (docs/api/endpoints/group.md; GroupLogic.cs).

Being in a group is holding its name among one's permissions: so a member comes or goes by a change
of that user, which is read before it is written.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from syncd.backends.hopframe.permissions import having, lacking, plain, same_name
from syncd.backends.hopframe.users import HopFrameUsers
from syncd.backends.hopframe.wire import (
    GROUPS,
    MEMBERS,
    PREFIX,
    Team,
    group_from_wire,
    group_to_wire,
    lowered,
)
from syncd.backends.http import Session
from syncd.core.model import Group, Key, Member, Ref, Stored, Update, flat
from syncd.core.normal import normal
from syncd.errors import Conflict, NotFound, Rejected

_GROUPS = "/api/v1/groups"
_ONE = _GROUPS + "/{}"


class HopFrameGroups:
    holds = GROUPS

    def __init__(self, session: Session, users: HopFrameUsers) -> None:
        self._session, self._users = session, users

    def read(self) -> Iterator[Stored[Group]]:
        return map(group_from_wire, self.teams())

    def teams(self) -> list[Team]:
        """All, in one answer."""
        answer = self._session.get(_GROUPS)
        told = lowered(answer.json(list[dict[str, object]]))
        if not all(isinstance(one.get("name"), str) for one in told):
            raise answer.unexpected("a group has no name")
        return [Team(name) for one in told if (name := one["name"]).startswith(PREFIX)]

    def get(self, ref: Ref) -> Stored[Group] | None:
        try:
            self._session.get(_ONE, ref)
        except NotFound:
            return None
        return group_from_wire(Team(ref))

    def create(self, _key: Key, entity: Group) -> Ref:
        """Permissions have no case, so that a group that differs in it would be the same."""
        body = group_to_wire(flat(entity))
        name = str(body["name"])
        for team in self.teams():
            if same_name(team.name, name):
                raise Conflict(f"{self._session.name}: there is a group {team.name}")
        self._session.post(_GROUPS, body=body)
        return Ref(name)

    def update(self, ref: Ref, change: Update) -> None:
        """Never planned: a group is its name."""
        raise Rejected(f"{self._session.name}: {ref} cannot become {sorted(change.after)}")

    def delete(self, ref: Ref) -> None:
        """Its members first: HopFrame leaves its name with them, and a later group of that name
        would have them all."""
        if self.get(ref) is None:
            raise NotFound(f"{self._session.name}: there is no group {ref}")
        for account in self._users.accounts():
            if any(same_name(plain(one.permissionname), ref) for one in account.permissions):
                self.leave(account.ref, ref)
        self._session.delete(_ONE, ref)

    def join(self, user: Ref, group: Ref) -> None:
        """Raises `NotFound` where there is no such user."""
        account = self._users.account(user)
        held = having(account.permissions, group)
        self._users.put_back(account, replace(account, permissions=held))

    def leave(self, user: Ref, group: Ref) -> None:
        """Who is gone is in no group."""
        try:
            account = self._users.account(user)
        except NotFound:
            return
        held = lacking(account.permissions, [group])
        self._users.put_back(account, replace(account, permissions=held))


class HopFrameMembers:
    ops = MEMBERS.ops

    def __init__(self, session: Session, users: HopFrameUsers, groups: HopFrameGroups) -> None:
        self._session, self._users, self._groups = session, users, groups

    def read(self) -> Iterator[Member]:
        """Of those groups that are there, who is suspended too: some hold a name twice, or in
        another case, and some the name of a group that is gone."""
        groups = {normal(team.name, caseless=True): team.ref for team in self._groups.teams()}
        for account in self._users.accounts():
            names = {
                normal(plain(one.permissionname), caseless=True) for one in account.permissions
            }
            for name in sorted(names & groups.keys()):
                yield Member(groups[name], account.ref)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        if self._groups.get(group) is None:
            raise NotFound(f"{self._session.name}: there is no group {group}")
        for user in dict.fromkeys(remove):
            self._groups.leave(user, group)
        for user in dict.fromkeys(add):
            self._groups.join(user, group)
