"""Many writes at once: what a backend may offer besides its single verbs, where it can.

`write` runs within `Backend.batch` and answers for each write, in order. Who does not offer it is
asked verb by verb.
"""

from collections.abc import Sequence
from typing import Generic, Protocol

from msgspec import Struct

from syncd.core.model import E, Key, Op, Ref, Update
from syncd.errors import Rejected
from syncd.ports import Collection, Memberships


class Write(Struct, Generic[E], frozen=True, gc=False):
    """One verb of a collection and what it takes.

    `CREATE` takes key and entity; `UPDATE`, `SUSPEND` and `RESTORE` take ref and change; `DELETE`
    takes ref.
    """

    op: Op
    key: Key
    ref: Ref | None = None
    entity: E | None = None
    change: Update | None = None


class BulkCollection(Collection[E], Protocol):
    """A collection that takes many writes as few statements."""

    def write(self, writes: Sequence[Write[E]]) -> list[Ref | Rejected]:
        """The ref of each thing, or why that write was rejected, which undoes no other one.

        Writes of one call are to different things, and no two want the same unique name.
        """
        ...


class Delta(Struct, frozen=True, gc=False):
    """Whom one group gains and loses."""

    group: Ref
    add: tuple[Ref, ...] = ()
    remove: tuple[Ref, ...] = ()


class BulkMemberships(Memberships, Protocol):
    """Members of many groups that are changed by few statements."""

    def write(self, deltas: Sequence[Delta]) -> list[Rejected | None]:
        """None where the delta is done, or why it was rejected, which undoes no other one."""
        ...
