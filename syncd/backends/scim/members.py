"""Who is in which group of a SCIM server, as the ports have it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from syncd.backends.http import Session
from syncd.backends.scim.collection import MEANS, ScimCollection
from syncd.backends.scim.discovery import Service
from syncd.backends.scim.faults import Moved, NoTarget
from syncd.backends.scim.listing import Item, Listing
from syncd.backends.scim.schema import Shape
from syncd.backends.scim.wire import PATCH_OP, Resource, replaced
from syncd.core.model import Group, Member, Op, Ref, User
from syncd.errors import NotFound, Rejected
from syncd.paging import DecodedPage, Members, Page

_AT_ONCE = 100
"""Members that one request names: more are refused by servers that many use."""

_ONLY = {"attributes": "members"}


class _Member(Struct, gc=False):
    value: str | int | None = None
    kind: str | None = field(name="type", default=None)
    link: str | None = field(name="$ref", default=None)

    @property
    def is_user(self) -> bool:
        """A group may be in a group (RFC 7643, section 4.2); that is nobody's affair here."""
        if self.kind is not None:
            return self.kind.lower() != "group"
        return "/Groups/" not in (self.link or "")


class _Group(Struct, gc=False):
    members: list[_Member] | None = None


class Collections(NamedTuple):
    users: ScimCollection[User]
    groups: ScimCollection[Group]


class ScimMembers:
    ops = frozenset({Op.ADD, Op.REMOVE})

    def __init__(
        self, session: Session, service: Service, shape: Shape, collections: Collections
    ) -> None:
        self._session, self._service, self._shape = session, service, shape
        self._users, self._groups = collections
        self._one = shape.endpoint + "/{}"

    def read(self) -> Iterator[Member]:
        for members in self._everything():
            for user in members.users:
                yield Member(members.group, user)

    def pages(self) -> Iterator[Page[Members]]:
        """As `PagedMemberships.pages`."""
        for items in self._listing().pages():
            yield DecodedPage([one for item in items if (one := _decoded(item)).users])

    def of(self, groups: Sequence[Ref]) -> Iterator[Members]:
        """As `SelectiveMemberships.of`."""
        for group in dict.fromkeys(groups):
            try:
                answer = self._session.get(self._one, group, query=_ONLY)
            except NotFound:
                continue
            if users := _users(answer.json(_Group)):
                yield Members(group, users)

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        """Adding what is there already is no error (RFC 7644, section 3.5.2.1)."""
        joining, leaving = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
        # Where users show their groups, theirs change with this.
        self._users.versions.forget(*joining, *leaving)
        self._groups.versions.forget(group)
        try:
            if self._service.members == "put":
                self._put(group, joining, leaving)
            else:
                self._patch(group, joining, leaving)
        except NoTarget:
            raise
        except Rejected as error:
            self._check_there(group, joining, error)
            raise

    def _patch(self, group: Ref, joining: Sequence[Ref], leaving: Sequence[Ref]) -> None:
        for some in _chunks(leaving):
            try:
                self._operate(group, self._removal(some))
            except NoTarget:
                # Nobody is there to be removed, and so none of them was.
                there = {user for one in self.of([group]) for user in one.users}
                if still := [user for user in some if user in there]:
                    self._operate(group, self._removal(still))
        for some in _chunks(joining):
            value = [self._member(user) for user in some]
            self._operate(group, [{"op": "add", "path": "members", "value": value}])

    def _removal(self, users: Sequence[Ref]) -> list[Resource]:
        """Without a filter in the path, all members are removed (RFC 7644, section 3.5.2.2): a list
        of values is for servers that are known to understand it otherwise."""
        if self._service.members == "values":
            value = [{"value": user} for user in users]
            return [{"op": "remove", "path": "members", "value": value}]
        quoted = [msgspec.json.encode(user).decode() for user in users]
        return [{"op": "remove", "path": f"members[value eq {user}]"} for user in quoted]

    def _operate(self, group: Ref, operations: Sequence[Resource]) -> None:
        body = {"schemas": [PATCH_OP], "Operations": operations}
        self._session.patch(self._one, group, body=body)

    def _put(self, group: Ref, joining: Sequence[Ref], leaving: Sequence[Ref]) -> None:
        """Again where somebody changed the group meanwhile."""
        with self._groups.turns.of(group):
            try:
                self._put_whole(group, joining, leaving)
            except Moved:
                self._put_whole(group, joining, leaving)

    def _put_whole(self, group: Ref, joining: Sequence[Ref], leaving: Sequence[Ref]) -> None:
        """With those members that are no users too."""
        answer = self._session.get(self._one, group)
        self._groups.versions.told(group, answer)
        whole = replaced(answer.json(dict[str, Any]), {}, self._shape)
        gone = {*joining, *leaving}
        kept = [one for one in whole.get("members") or [] if str(one.get("value")) not in gone]
        whole["members"] = kept + [self._member(user) for user in joining]
        condition = self._groups.versions.condition(group)
        answer = self._session.put(self._one, group, body=whole, headers=condition, means=MEANS)
        self._groups.versions.told(group, answer)

    def _member(self, user: Ref) -> Resource:
        """What else a server wants to be told of a member, by its schema."""
        more: Mapping[str, Any] = {
            "$ref": f"{self._service.base}{self._service.users.endpoint}/{user}",
            "type": "User",
        }
        return {"value": user, **{name: more[name] for name in more if name in self._shape.member}}

    def _check_there(self, group: Ref, joining: Sequence[Ref], error: Rejected) -> None:
        """Servers that refuse a member whom they do not know say so in many ways."""
        if self._groups.get(group) is None:
            raise NotFound(f"{self._session.name}: there is no group {group}") from error
        for user in joining:
            if self._users.get(user) is None:
                why = f"there is no user {user} to add to group {group}"
                raise NotFound(f"{self._session.name}: {why}") from error

    def _everything(self) -> Iterator[Members]:
        for items in self._listing().pages():
            for item in items:
                yield _decoded(item)

    def _listing(self) -> Listing:
        service = self._service
        return Listing(
            self._session, self._shape.endpoint, _ONLY, cursor=service.cursor, page=service.page
        )


def _decoded(item: Item) -> Members:
    return Members(item.ref, _users(msgspec.json.decode(item.raw, type=_Group)))


def _users(group: _Group) -> tuple[Ref, ...]:
    """Sorted, and each once: some servers keep who was added twice twice."""
    found = {Ref(str(one.value)) for one in group.members or () if one.value and one.is_user}
    return tuple(sorted(found))


def _chunks(users: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
    for at in range(0, len(users), _AT_ONCE):
        yield users[at : at + _AT_ONCE]
