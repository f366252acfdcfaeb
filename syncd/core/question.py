"""All that a plan depends on, as one value."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from syncd.core.desired import Desired
from syncd.core.memory import Memory
from syncd.core.model import Group, Kind, Member, Op, Ref, Stored, User
from syncd.core.policy import Policy
from syncd.core.purses import Turns


class Declared(Protocol):
    """What a backend declares of one kind: the port's `Holds`."""

    @property
    def fields(self) -> frozenset[str]: ...
    @property
    def immutable(self) -> frozenset[str]: ...
    @property
    def caseless(self) -> frozenset[str]: ...
    @property
    def unique(self) -> frozenset[str]: ...
    @property
    def required(self) -> frozenset[str]: ...
    @property
    def ops(self) -> frozenset[Op]: ...
    @property
    def keeps_keys(self) -> bool: ...
    @property
    def emulated(self) -> str: ...


class Seen(Struct, frozen=True):
    """What the target holds. `own` is the account that syncd logs in with."""

    users: tuple[Stored[User], ...]
    groups: tuple[Stored[Group], ...]
    members: tuple[Member, ...]
    own: Ref | None = None
    gaps: tuple[str, ...] = ()


class Beyond(Struct, frozen=True, kw_only=True):
    """What is known of those that a question leaves out, since nothing about them has changed.

    `population` counts those of ours that are active, our groups and members, `foreign` the rest.
    `members` is how many more there are in each group that the question is about.
    `notes` are what a mapping does to all, as found when the question was about everybody.
    """

    population: Mapping[Kind, int] = {}
    foreign: Mapping[Kind, int] = {}
    notes: tuple[str, ...] = ()
    members: Mapping[Ref, int] = {}


class Question(Struct, frozen=True):
    """All that a plan depends on. It is about everybody where nobody is `beyond` it.

    `engine`, `identity`, `readings` and `undoes` are as the plan has them. `turns` says whose turn
    it is where keys are other names: then it cannot be known from them.
    """

    sync: str
    target: str
    config: str
    desired: Desired
    seen: Seen
    memory: Memory
    declared: Mapping[Kind, Declared]
    policy: Policy
    now: datetime
    beyond: Beyond | None = None
    engine: str = ""
    identity: str = ""
    readings: Mapping[str, str] = {}
    undoes: int | None = None
    turns: Turns | None = None

    @property
    def heading(self) -> dict[str, Any]:
        """What a plan says of what it was made for, by its names."""
        of_both = ("sync", "target", "config", "engine", "identity", "readings", "undoes")
        return {"created": self.now, **{name: getattr(self, name) for name in of_both}}

    def after(self, seen: Seen, memory: Memory) -> "Question":
        """The same question once a run has changed what is there and what is remembered."""
        return replace(self, seen=seen, memory=memory)
