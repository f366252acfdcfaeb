"""A sync, ready to be read: one pairing of sources and a target, with all that governs it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncd import __version__
from syncd.core.approval import ANYBODYS, Consent
from syncd.core.desired import Rules
from syncd.core.mapping import GroupMapping, Mapper, UserMapping
from syncd.core.merge import Precedence
from syncd.core.model import Kind, Ref
from syncd.core.policy import Policy
from syncd.ports import Backend, Holds, Source


@dataclass(frozen=True)
class Sync:
    """One pairing: sources in order of precedence -> target, with its mapping and policy.

    `config` is a digest of all settings that it was made from, secrets left out. `full_every` is
    how often all is read where quick cycles go between; None for always. `consent` is by what is
    let through what is over budget. `parts` are digests of the settings of each source and of
    the target alone, by what they are called in messages. `keep_evidence` is for how long it is
    kept what each run was decided from; None for not at all. `identity` says which store the target
    is, by whatever name: its type and address. `places` say where a setting of the sync stands, by
    its name below the sync.
    """

    name: str
    target: str
    sources: Mapping[str, Source]
    backend: Backend
    merge: Precedence
    users: UserMapping
    groups: GroupMapping
    policy: Policy
    config: str
    full_every: timedelta | None = None
    consent: Consent = ANYBODYS
    parts: Mapping[str, str] = field(default_factory=dict)
    keep_evidence: timedelta | None = timedelta(days=90)
    identity: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    def identity_as(self, own: Ref | None) -> str:
        """With who syncd is there: a token may be all that tells two organisations apart."""
        return f"{self.identity} as {own}" if own is not None else self.identity

    @property
    def declared(self) -> dict[Kind, Holds]:
        backend = self.backend
        return {
            Kind.USER: backend.users.holds,
            Kind.GROUP: backend.groups.holds,
            Kind.MEMBER: Holds(ops=backend.members.ops),
        }

    @property
    def supplied(self) -> frozenset[str]:
        """The attributes that any of its sources states."""
        return frozenset[str]().union(*(source.supplies for source in self.sources.values()))

    @property
    def rules(self) -> Rules:
        mapper = Mapper(self.users, self.supplied, self.backend.users.holds.fields)
        return Rules(self.merge, self.users.take, mapper, self.groups)

    @property
    def made_by(self) -> str:
        """A digest of all that its records and plans depend on besides what is read."""
        parts = (__version__, self.config, self.merge, self.users, self.groups, self.policy)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def made_from(self) -> dict[str, str]:
        """For each source and the target a digest of all that the records read of it depend on."""
        names = [*map(source_part, self.sources), target_part(self.target)]
        return {name: f"{__version__} {self.parts.get(name, '')}" for name in names}

    def close(self) -> None:
        for source in self.sources.values():
            source.close()
        self.backend.close()


def source_part(name: str) -> str:
    return f"source {name}"


def target_part(name: str) -> str:
    return f"target {name}"
