"""The SCIM target: one server, spoken to as it says that it wants to be.

Nothing is asked before it is needed; then ServiceProviderConfig, ResourceTypes and Schemas are
read, once, and what the collections hold is what these say.

Bulk (RFC 7644, section 3.7) is left out. A server may do a part of one and stop, and does not take
back what it did: that is no batch as the ports promise one, which may be made again whole. And a
lost answer would leave a hundred creations in doubt instead of one.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import msgspec
from pydantic import BaseModel

from syncd.backends.http import Dialect, Session
from syncd.backends.scim.collection import ScimCollection
from syncd.backends.scim.config import ScimConfig
from syncd.backends.scim.discovery import Service, discover
from syncd.backends.scim.faults import meaning
from syncd.backends.scim.late import Late
from syncd.backends.scim.listing import Head
from syncd.backends.scim.members import Collections, ScimMembers
from syncd.backends.scim.pages import GROUPS, USERS
from syncd.backends.scim.places import DECLARES
from syncd.core.model import Group, Kind, Ref, User
from syncd.core.normal import same
from syncd.errors import Denied, Rejected
from syncd.ports import Collection, Holds, Memberships, Nothing

_NOBODY = dict.fromkeys((301, 302, 303, 307, 308, 400, 403, 404, 405, 501), Rejected)


class ScimBackend:
    Config: ClassVar[type[BaseModel]] = ScimConfig
    declares: ClassVar[dict[Kind, Holds]] = DECLARES
    batch_size = 1

    def __init__(self, name: str, config: ScimConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        self.concurrency = config.concurrency
        dialect = Dialect(
            width=config.concurrency,
            media_type="application/scim+json",
            headers={"Accept": "application/scim+json, application/json"},
            reads=meaning,
        )
        self.session = Session(f"target {name}", config.server, dialect, base)
        config.auth.apply(self.session, base)

    @cached_property
    def service(self) -> Service:
        """What the server says of itself. Raises `BackendError`, as all that stands on it does."""
        return discover(self.session, self.config)

    def _late_users(self) -> Collection[User]:
        return self._users

    def _late_groups(self) -> Collection[Group]:
        groups = self._groups
        return Nothing() if groups is None else groups

    def _late_members(self) -> Memberships:
        groups, shape = self._groups, self.service.groups
        if groups is None or shape is None:
            return Nothing()
        return ScimMembers(self.session, self.service, shape, Collections(self._users, groups))

    users = Late(_late_users)
    groups = Late(_late_groups)
    members = Late(_late_members)

    def whoami(self) -> Ref | None:
        """By /Me (RFC 7644, section 3.11), or by the name that the configuration gives."""
        if self.config.own_user is not None:
            return self._named(self.config.own_user)
        return self._me

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()

    @cached_property
    def _users(self) -> ScimCollection[User]:
        return ScimCollection(self.session, self.service, self.service.users, USERS)

    @cached_property
    def _groups(self) -> ScimCollection[Group] | None:
        shape = self.service.groups
        if shape is None:
            return None
        return ScimCollection(self.session, self.service, shape, GROUPS)

    @cached_property
    def _me(self) -> Ref | None:
        try:
            answer = self.session.get("/Me", means=_NOBODY)
        except Rejected:
            return None
        return Ref(str(answer.json(Head).id))

    def _named(self, name: str) -> Ref:
        """Not all servers heed a filter, or the case of what it looks for: each is looked at."""
        quoted = msgspec.json.encode(name).decode()
        users, caseless = self._users, "user_name" in self._users.holds.caseless
        for stored in users.found(f"userName eq {quoted}"):
            if same(stored.entity.user_name, name, caseless=caseless):
                return stored.ref
        raise Denied(f"{self.session.name}: own_user {name!r} is none of its users")
