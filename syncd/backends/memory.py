"""A target in memory: for trying sources out, and to hold plans to what a target declares.

It is stricter than any product: a change that nobody declared possible is a bug of the
planner, and an `AssertionError`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from syncd.backends.memory_tables import ANY_ATTRIBUTE, MemoryCollection, MemoryMembers, Undo
from syncd.core.model import (
    GROUP_FIELDS,
    USER_FIELDS,
    Group,
    Kind,
    Op,
    Ref,
    User,
    group_of,
    user_of,
)
from syncd.ports import Holds

USERS = Holds(
    fields=USER_FIELDS | {ANY_ATTRIBUTE},
    caseless=frozenset({"user_name", "email"}),
    unique=frozenset({"user_name", "email"}),
    required=frozenset({"user_name", "active"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.SUSPEND, Op.RESTORE, Op.DELETE}),
    keeps_keys=True,
)
GROUPS = Holds(
    fields=GROUP_FIELDS | {ANY_ATTRIBUTE},
    caseless=frozenset({"display_name"}),
    unique=frozenset({"display_name"}),
    required=frozenset({"display_name"}),
    ops=frozenset({Op.CREATE, Op.UPDATE, Op.DELETE}),
    keeps_keys=True,
)
MEMBERS = Holds(ops=frozenset({Op.ADD, Op.REMOVE}))


class MemoryConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["memory"] = "memory"


class MemoryBackend:
    Config: ClassVar[type[BaseModel]] = MemoryConfig
    declares: ClassVar[dict[Kind, Holds]] = {
        Kind.USER: USERS,
        Kind.GROUP: GROUPS,
        Kind.MEMBER: MEMBERS,
    }
    concurrency = 1
    batch_size = 100

    def __init__(
        self,
        name: str = "memory",
        config: MemoryConfig | None = None,
        base: Path = Path(),
        *,
        holds: Mapping[Kind, Holds] | None = None,
        own: Ref | None = None,
    ) -> None:
        """`holds` replaces what is declared, by kind; `own` is what `whoami` answers."""
        self.name, self.config, self.base, self.own = name, config or MemoryConfig(), base, own
        declared = {**self.declares, **(holds or {})}
        self._undo = Undo()
        self.users = MemoryCollection(
            Kind.USER, declared[Kind.USER], user_of, self._undo, self._dropped
        )
        self.groups = MemoryCollection(
            Kind.GROUP, declared[Kind.GROUP], group_of, self._undo, self._dropped
        )
        self.members = MemoryMembers(declared[Kind.MEMBER].ops, self.users, self.groups, self._undo)

    def whoami(self) -> Ref | None:
        return self.own

    @contextmanager
    def batch(self) -> Iterator[None]:
        with self._undo.batch():
            yield

    def close(self) -> None:
        pass

    def _dropped(self, ref: Ref) -> None:
        self.members.drop(ref)

    def snapshot(self) -> tuple[list[User], list[Group], list[tuple[str, str]]]:
        """All that is stored, by name and without refs: comparable between two targets."""
        users = {stored.ref: stored.entity for stored in self.users.read()}
        groups = {stored.ref: stored.entity for stored in self.groups.read()}
        return (
            sorted(users.values(), key=lambda user: user.user_name),
            sorted(groups.values(), key=lambda group: group.display_name),
            sorted(
                (groups[pair.group].display_name, users[pair.user].user_name)
                for pair in self.members.read()
            ),
        )
