"""The ports: what a source and a backend promise. Ports, not parents: nothing inherits from these.

A *source* says what should be. A *backend* speaks one target's language: five
verbs on two collections, and members. What a backend holds and does is
declared as data (`Holds`), never probed; what is not declared is never compared or planned.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, NewType, Protocol

from msgspec import Struct
from pydantic import BaseModel

from syncd.core.model import (
    E,
    Group,
    GroupRecord,
    Key,
    Kind,
    Member,
    Op,
    Ref,
    Stored,
    Update,
    User,
    UserRecord,
)

Cursor = NewType("Cursor", bytes)
"""Where a source's reading ended, in the source's own form; opaque to everybody else."""


class Reading(Protocol):
    """One pass over a source.

    `users` is read to its end first, then `groups`, each once. After that, `gaps`
    says why the reading is not whole (size limit, lost page, referral, open member
    range); empty means whole, and only then may an absence lead to a removal.
    `notes` are worth a person's eye and harmless (a group cycle). A reading that breaks off
    either raises `SourceError` from the iteration or ends it and leaves a gap.
    """

    @property
    def users(self) -> Iterable[UserRecord]: ...
    @property
    def groups(self) -> Iterable[GroupRecord]: ...
    @property
    def gaps(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def cursor(self) -> Cursor | None:
        """What to hand to the next `read` to be told only what changed; None where unsupported."""
        ...


class Source(Protocol):
    """One that reaches nothing but files on this machine says so by `local = True` on its class:
    then it is read where nobody may be asked (`syncd whatif`)."""

    supplies: frozenset[str]
    """Names of the attributes that its users can have; what no source supplies is not compared."""

    def read(self, since: Cursor | None = None) -> Reading:
        """Everything, or what changed `since`. Raises `SourceError` where nothing can be read."""
        ...

    def close(self) -> None: ...


class Holds(Struct, frozen=True):
    """What one collection can hold and do.

    `fields` are flat field names; "attributes.*" means any. `immutable` ones can be given
    at creation only. `caseless` ones are compared without case. `unique` ones are taken by
    one thing at a time. `required` ones can never be cleared. `ops` are what may be planned.
    `keeps_keys` is whether all that syncd creates shows its key again (`Stored.key`). `emulated`
    says, where the product has no suspension, what stands for one and what it leaves open.
    """

    fields: frozenset[str] = frozenset()
    immutable: frozenset[str] = frozenset()
    caseless: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    ops: frozenset[Op] = frozenset()
    keeps_keys: bool = False
    emulated: str = ""


class Collection(Protocol[E]):
    """All users, or all groups, of a target. Every verb may raise `Unavailable` or `Denied`."""

    holds: Holds

    def read(self) -> Iterator[Stored[E]]:
        """Everything, each ref once, or raises `Incomplete`, at the latest at the end."""
        ...

    def get(self, ref: Ref) -> Stored[E] | None: ...

    def create(self, key: Key, entity: E) -> Ref:
        """Raises `Conflict` where a unique field is taken, `Rejected` where refused."""
        ...

    def update(self, ref: Ref, change: Update) -> None:
        """Sets exactly the fields in `change.after`; suspending is an update of `active`.

        Raises `NotFound`, `Conflict` where a unique field is taken, `Rejected`.
        """
        ...

    def delete(self, ref: Ref) -> None:
        """Raises `NotFound` where nothing has that ref, `Rejected` where refused."""
        ...


class Memberships(Protocol):
    ops: frozenset[Op]

    def read(self) -> Iterator[Member]:
        """Every direct member, or raises `Incomplete`."""
        ...

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None:
        """All of it or, where raised, possibly some.

        Adding who is a member already, or removing who is none, is no error.
        Raises `NotFound` where the group, or a user to add, is not there.
        """
        ...


class Backend(Protocol):
    users: Collection[User]
    groups: Collection[Group]
    members: Memberships
    concurrency: int
    """Writes that may be under way at once."""
    batch_size: int
    """Writes that `batch` makes one; 1 where it cannot."""

    def whoami(self) -> Ref | None:
        """The account that syncd logs in with, if it is one of `users`: it is never touched."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Writes inside are stored together when the block ends, or, where it raises, none is.

        A `Rejected` caught inside the block undoes that one write only.
        """
        ...

    def close(self) -> None: ...


class SourcePlugin(Protocol):
    """What an entry point of the group `syncd.sources` names: a class, or anything that acts so.

    `Config` is checked before anything is read; relative paths are relative to `base`.
    """

    Config: ClassVar[type[BaseModel]]

    def __call__(self, name: str, config: Any, base: Path) -> Source: ...


class BackendPlugin(Protocol):
    """What an entry point of the group `syncd.backends` names.

    `declares` is what every instance's collections hold, known without a connection:
    documentation, test parameter and policy input at once.
    """

    Config: ClassVar[type[BaseModel]]
    declares: ClassVar[dict[Kind, Holds]]

    def __call__(self, name: str, config: Any, base: Path) -> Backend: ...


class Nothing(Generic[E]):
    """The collection, and the members, of a target that has none such: empty, and never written."""

    holds = Holds()
    ops: frozenset[Op] = frozenset()

    def read(self) -> Iterator[Any]:
        return iter(())

    def get(self, _ref: Ref) -> Stored[E] | None:
        return None

    def _refuse(self, *_: object) -> Any:
        raise AssertionError("a change was planned for a collection that declares no ops")

    create = update = delete = change = _refuse
