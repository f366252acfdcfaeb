"""Checked by mypy, not run: what a third party writes is a Backend and a Source, and what is not.

A line that must be wrong says with which code; `test_typing.py` holds mypy to exactly those.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from syncd.backends.http import Dialect, ServerConfig, Session
from syncd.core.model import (
    Group,
    GroupRecord,
    Key,
    Member,
    Op,
    Ref,
    Stored,
    Update,
    User,
    UserRecord,
)
from syncd.ports import Backend, Collection, Cursor, Holds, Memberships, Nothing, Reading, Source


class Accounts:
    holds = Holds(fields=frozenset({"user_name"}), ops=frozenset({Op.CREATE}))

    def read(self) -> Iterator[Stored[User]]:
        yield Stored(Ref("1"), User(user_name="ada"), Key("p:1"))

    def get(self, ref: Ref) -> Stored[User] | None:
        return next((stored for stored in self.read() if stored.ref == ref), None)

    def create(self, key: Key, entity: User) -> Ref:
        return Ref(f"{key}={entity.user_name}")

    def update(self, ref: Ref, change: Update) -> None: ...

    def delete(self, ref: Ref) -> None: ...


class Members:
    ops = frozenset({Op.ADD})

    def read(self) -> Iterator[Member]:
        yield Member(Ref("g"), Ref("1"))

    def change(self, group: Ref, add: Sequence[Ref], remove: Sequence[Ref]) -> None: ...


@dataclass
class Plain:
    """Plain attributes, no parent: a Backend by what it has."""

    users: Collection[User] = field(default_factory=Accounts)
    groups: Collection[Group] = field(default_factory=Nothing)
    members: Memberships = field(default_factory=Members)
    concurrency: int = 1
    batch_size: int = 1

    def whoami(self) -> Ref | None:
        return None

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None: ...


@dataclass
class Page:
    users: list[UserRecord]
    groups: list[GroupRecord]
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cursor: Cursor | None = None


class Folder:
    supplies = frozenset({"user_name"})

    def read(self, since: Cursor | None = None) -> Reading:
        return Page([], [], cursor=since)

    def close(self) -> None: ...


class Deaf:
    """Has no `read`."""

    supplies = frozenset({"user_name"})

    def close(self) -> None: ...


backend: Backend = Plain()
source: Source = Folder()

backend.users.get(Key("p:1"))  # wrong: arg-type
backend.users.create(Ref("1"), User(user_name="ada"))  # wrong: arg-type
backend.users.create(Key("p:1"), Group(display_name="eng"))  # wrong: arg-type
backend.members.change("g", [], [])  # wrong: arg-type
key: Key = Ref("1")  # wrong: assignment
deaf: Source = Deaf()  # wrong: assignment
groups: Collection[Group] = Accounts()  # wrong: assignment
User("ada")  # wrong: call-arg
User(user_name="ada").user_name = "bob"  # wrong: misc

session = Session("target wiki", ServerConfig(url="https://wiki.example"), Dialect(width=4))
count: int = session.get("/users/{}", "1", query={"page": 2}, again=False).json(int)
name: str = session.get("/users").json(int)  # wrong: assignment
session.get("/users", page=2)  # wrong: call-arg
session.post("/users", means={403: ValueError})  # wrong: dict-item
