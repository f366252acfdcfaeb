"""A small organisation, and an office that keeps a target in memory true to it.

Ada and Zoë are employees, Kim is a contractor; they are in Engineering and in Everyone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from syncd.backends.memory import MemoryBackend
from syncd.core.approval import Consent
from syncd.core.mapping import GroupMapping, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import (
    USER_FIELDS,
    Entity,
    GroupRecord,
    Key,
    Kind,
    Ref,
    State,
    UserRecord,
    changed,
    flat,
)
from syncd.core.plan import Plan
from syncd.core.policy import Policy
from syncd.engine import apply, plan
from syncd.errors import Conflict, SourceError
from syncd.ledger import Ledger
from syncd.ports import Backend
from syncd.report import Report
from syncd.sync import Sync

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
FREE = Policy(budgets={})
"""No budgets: what a test is not about stays out of its way."""
ANY_NUMBER = dict.fromkeys(
    (
        *("user.suspend", "user.delete", "user.rename", "user.admin"),
        *("group.delete", "group.rename", "member.remove", "per_group", "per_attribute"),
    )
)
"""The same in a file's words."""


def person(
    key: str, user_name: str, state: State | None = None, reason: str = "", **attributes: str
) -> UserRecord:
    given = {"user_name": user_name, **attributes}
    return UserRecord(Key(key), given, state, f"people.yaml:{key}", reason)


def group(key: str, name: str, *members: str, elsewhere=()) -> GroupRecord:
    keys = tuple(Key(member) for member in members)
    return GroupRecord(Key(key), {"display_name": name}, keys, f"groups.yaml:{key}", elsewhere)


ADA = person("1", "ada", email="ada@example.org", title="Engineer")
ZOE = person("2", "Zoë", email="zoe@example.org")
KIM = person("3", "kim", email="kim@example.org")
ENGINEERING = group("e", "Engineering", "1", "3")
EVERYONE = group("a", "Everyone", "1", "2", "3")


@dataclass(frozen=True)
class MemoryReading:
    users: Iterable[UserRecord]
    groups: Iterable[GroupRecord]
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cursor: None = None


@dataclass
class MemorySource:
    """A source that is whatever a test says it is; `breaks` cuts the users off after so many."""

    people: list[UserRecord] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    down: bool = False
    breaks: int | None = None
    supplies: frozenset[str] = USER_FIELDS - {"active"}

    def read(self, _since=None) -> MemoryReading:
        if self.down:
            raise SourceError("the source is down")
        return MemoryReading(self._users(), self._groups(), self.gaps, self.notes)

    def _groups(self) -> list[GroupRecord]:
        """With those members only that are people of this source: as every source promises."""
        keys = {one.key for one in self.people}
        return [replace(g, members=tuple(m for m in g.members if m in keys)) for g in self.groups]

    def _users(self) -> Iterable[UserRecord]:
        for number, record in enumerate(self.people):
            if number == self.breaks:
                raise SourceError("the connection was cut")
            yield record

    def has(self, *people: UserRecord) -> None:
        """These are its people now, and no others."""
        self.people = list(people)

    def close(self) -> None:
        pass


@dataclass
class Office:
    """One sync on a target in memory, its ledger, and a clock that stands until it is moved."""

    sources: Mapping[str, MemorySource] = field(default_factory=lambda: {"p": MemorySource()})
    backend: Backend = field(default_factory=MemoryBackend)
    policy: Policy = FREE
    merge: Precedence = field(default_factory=Precedence)
    users: UserMapping = field(default_factory=UserMapping)
    groups: GroupMapping = field(default_factory=GroupMapping)
    ledger: Ledger = field(default_factory=Ledger.in_memory)
    now: datetime = NOON
    full_every: timedelta | None = None
    config: str = "c0ffee"
    identity: str = ""

    @property
    def source(self) -> MemorySource:
        return self.sources["p"]

    @property
    def sync(self) -> Sync:
        return Sync(
            "main",
            "wiki",
            self.sources,
            self.backend,
            self.merge,
            self.users,
            self.groups,
            self.policy,
            self.config,
            self.full_every,
            consent=Consent(identity=self.identity, config=self.config),
            identity=self.identity,
        )

    def plan(self, **how) -> Plan:
        return plan(self.sync, self.ledger, self.now, **how)

    def apply(self, **how) -> Report:
        how.setdefault("approve", lambda _plan: True)
        return apply(self.sync, self.ledger, clock=lambda: self.now, **how)

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)

    def live_days(self, days: float) -> None:
        """So many days, with a run in their middle: no delay is over that no run has watched."""
        self.pass_days(days / 2)
        self.apply()
        self.pass_days(days / 2)

    def links(self):
        return self.ledger.recall("main", self.now).links

    def accounts(self) -> dict[str, dict[str, object]]:
        """What the target holds, flat and by login."""
        return {s.entity.user_name: flat(s.entity) for s in self.backend.users.read()}

    def ref(self, user_name: str) -> Ref:
        found = {s.entity.user_name: s.ref for s in self.backend.users.read()}
        return found[user_name]

    def members(self) -> set[tuple[str, str]]:
        """Pairs of group and login."""
        users = {s.ref: s.entity.user_name for s in self.backend.users.read()}
        groups = {s.ref: s.entity.display_name for s in self.backend.groups.read()}
        return {(groups[m.group], users[m.user]) for m in self.backend.members.read()}


def office(*people: UserRecord, groups: Iterable[GroupRecord] = (), **rest) -> Office:
    """An office whose one source `p` has these people and groups."""
    return Office(sources={"p": MemorySource(list(people), list(groups))}, **rest)


def opened(*people: UserRecord, groups: Iterable[GroupRecord] = (), **rest) -> Office:
    """The same, with its first apply done."""
    result = office(*people, groups=groups, **rest)
    report = result.apply()
    assert (report.exit_code, report.unsettled) == (0, ())
    return result


def by_hand(backend: MemoryBackend, kind: Kind, ref: Ref, **fields) -> bool:
    """A person edits the target itself, past all that is declared; whether the target let them."""
    collection = backend.users if kind is Kind.USER else backend.groups
    stored = collection.get(ref)
    entity: Entity = changed(stored.entity, fields)
    try:
        collection._claim(ref, flat(entity), flat(stored.entity))
    except Conflict:
        return False
    collection._rows[ref] = type(stored)(ref, entity, stored.key)
    return True


def ids(changes) -> list[str]:
    return [change.id for change in changes]
