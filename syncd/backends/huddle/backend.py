"""The Huddle target: the members of one company, and the teams of some workspaces."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from pydantic import BaseModel

from syncd.backends.http import Dialect, Session
from syncd.backends.huddle.config import HuddleConfig
from syncd.backends.huddle.login import log_in
from syncd.backends.huddle.refusals import BROKEN, meaning, words
from syncd.backends.huddle.roster import Roster
from syncd.backends.huddle.teams import TEAMS, HuddleTeamMembers, HuddleTeams
from syncd.backends.huddle.users import HuddleUsers
from syncd.backends.huddle.wire import OPTIONAL, REQUIRED, ref_from
from syncd.backends.initial import InitialPassword
from syncd.core.model import Group, Kind, Op, Ref
from syncd.errors import Denied, NotFound
from syncd.ports import Collection, Holds, Memberships, Nothing

_DATA = "application/vnd.huddle.data+json"
_ACCEPT = f"{_DATA}, application/scim+json;q=0.9, application/json;q=0.8, application/xml;q=0.7"

_PATIENCE = 360.0
"""Calls are counted for five minutes, typically (RateLimiting): a reading waits as long."""

USERS = Holds(
    fields=REQUIRED | OPTIONAL | {"active", "admin"},
    caseless=frozenset({"user_name"}),
    unique=frozenset({"user_name"}),
    required=REQUIRED | {"active"},
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
)


class HuddleBackend:
    Config: ClassVar[type[BaseModel]] = HuddleConfig
    declares: ClassVar[dict[Kind, Holds]] = {
        Kind.USER: USERS,
        Kind.GROUP: TEAMS,
        Kind.MEMBER: Holds(ops=HuddleTeamMembers.ops),
    }
    batch_size = 1

    def __init__(self, name: str, config: HuddleConfig, base: Path) -> None:
        """Connects to nobody. Raises `ConfigError`."""
        self.name, self.config, self.base = name, config, base
        self.concurrency = config.concurrency
        dialect = Dialect(
            width=config.concurrency,
            media_type=_DATA,
            headers={"Accept": _ACCEPT},
            means=BROKEN,
            reads=meaning,
            words=words,
            patience=_PATIENCE,
        )
        self.session = Session(f"target {name}", config.server, dialect, base)
        log_in(self.session, config.auth, base)
        roster = Roster(self.session, config.server.url, config.company)
        passwords = InitialPassword(name, config.initial_password, base)
        self.users = HuddleUsers(self.session, config, _holds(config), roster, passwords)
        self.groups: Collection[Group] = Nothing()
        self.members: Memberships = Nothing()
        if config.workspaces:
            teams = HuddleTeams(self.session, config.workspaces)
            self.groups = teams
            self.members = HuddleTeamMembers(self.session, teams, self.users, roster)

    def whoami(self) -> Ref | None:
        """The entry leads to the user whom the application acts as; 404 where it acts as nobody,
        and 400 where the token is shown in a way that this Huddle does not know (`scheme`)."""
        try:
            answer = self.session.get("/entry", good={303}, means={400: Denied})
        except NotFound:
            return None
        return ref_from(answer.headers.get("location"))

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()


def _holds(config: HuddleConfig) -> Holds:
    """What this instance lets one change, and whether it lets one create."""
    without = {Op.CREATE} if config.create_by == "nothing" else set()
    return replace(USERS, fields=USERS.fields - set(config.drops), ops=USERS.ops - without)
