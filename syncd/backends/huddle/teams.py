"""Teams of workspaces (Teams, Membership, Invitations): one gets in by invitation, and not out."""

from collections.abc import Iterator, Sequence
from typing import NoReturn
from xml.etree import ElementTree as ET

from msgspec import Struct

from syncd.backends.http import Answer, Session
from syncd.backends.huddle.roster import Roster
from syncd.backends.huddle.users import HuddleUsers
from syncd.backends.huddle.wire import Linked, ref_from
from syncd.core.model import Group, Key, Member, Op, Ref, Stored, Update
from syncd.errors import NotFound, Rejected
from syncd.ports import Holds

_WORKSPACE = "/people/workspaces/{}"

TEAMS = Holds(fields=frozenset({"display_name"}), required=frozenset({"display_name"}))
"""They can be named in a source, and neither made, renamed nor deleted."""


class _Team(Linked):
    name: str = ""


class _Teams(Struct):
    teams: Sequence[_Team] = ()


class _Invitation(Struct):
    email: str
    accepted: bool = False


class _Invited(Struct):
    invitations: Sequence[_Invitation] = ()


class HuddleTeams:
    """Those of some workspaces. A ref is the workspace's number and the team's: `7/9001`."""

    holds = TEAMS

    def __init__(self, session: Session, workspaces: Sequence[int]) -> None:
        self._session = session
        self.workspaces = [str(one) for one in workspaces]

    def read(self) -> Iterator[Stored[Group]]:
        for workspace in self.workspaces:
            yield from self._of(workspace)

    def get(self, ref: Ref) -> Stored[Group] | None:
        workspace = ref.partition("/")[0]
        if workspace not in self.workspaces:
            return None
        return next((stored for stored in self._of(workspace) if stored.ref == ref), None)

    def create(self, _key: Key, entity: Group) -> Ref:
        self._refuse(entity.display_name)

    def update(self, ref: Ref, _change: Update) -> None:
        self._refuse(ref)

    def delete(self, ref: Ref) -> None:
        self._refuse(ref)

    def _of(self, workspace: str) -> Iterator[Stored[Group]]:
        """Names, with a link each."""
        answer = self._session.get(_WORKSPACE + "/teams", workspace)
        for team in answer.json(_Teams).teams:
            ref = Ref(f"{workspace}/{ref_from(team.href('self'))}")
            yield Stored(ref, Group(display_name=team.name or f"team {ref}"))

    def _refuse(self, what: str) -> NoReturn:
        raise Rejected(f"{self._session.name}: team {what}: teams are made and changed in Huddle")


class HuddleTeamMembers:
    ops = frozenset({Op.ADD})

    def __init__(
        self, session: Session, teams: HuddleTeams, users: HuddleUsers, roster: Roster
    ) -> None:
        self._session, self._teams, self._users = session, teams, users
        self._roster = roster

    def read(self) -> Iterator[Member]:
        """By an older API, in XML, and the only one that tells who is in which team. Teams include
        people of other companies, who are not among the users."""
        for workspace in self._teams.workspaces:
            answer = self._session.get("/v2/workspaces/{}/members", workspace)
            for user in _elements(_tree(answer), "User"):
                ref = ref_from(user.get("Uri") or user.get("Id"))
                if ref in self._roster:
                    for team in _elements(user, "Team"):
                        yield Member(Ref(f"{workspace}/{team.get('Id')}"), ref)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        """All of an invitation or nothing. Who is in Huddle is in at once; only strangers get mail,
        and nobody who has a ref is one."""
        if remove:
            raise Rejected(f"{self._session.name}: nobody can be removed from a team: {group}")
        workspace, _, team = group.partition("/")
        if self._teams.get(group) is None:
            raise NotFound(f"{self._session.name}: there is no team {group}")
        emails = [self._email(ref) for ref in dict.fromkeys(add)]
        if not emails:
            return
        href = f"/people/workspaces/{workspace}/teams/{team}"
        body = {
            "links": [{"rel": "parent", "href": href}],
            "emails": emails,
            "isDefaultMessage": True,
        }
        answer = self._session.post(_WORKSPACE + "/invitations", workspace, body=body)
        invited = answer.json(_Invited).invitations
        if waiting := [one.email for one in invited if not one.accepted]:
            told = f"{', '.join(waiting)}: got mail, and join {group} once they accept"
            raise Rejected(f"{self._session.name}: {told}")

    def _email(self, ref: Ref) -> str:
        stored = self._users.get(ref)
        if stored is None:
            raise NotFound(f"{self._session.name}: there is no user {ref}")
        return stored.entity.user_name


def _tree(answer: Answer) -> ET.Element:
    try:
        return ET.fromstring(answer.body)  # noqa: S314  expat bounds what entities grow to
    except ET.ParseError as error:
        raise answer.unexpected(f"this is no XML: {error}") from None


def _elements(tree: ET.Element, name: str) -> Iterator[ET.Element]:
    """Whatever the namespace."""
    return (one for one in tree.iter() if one.tag.rpartition("}")[2] == name)
