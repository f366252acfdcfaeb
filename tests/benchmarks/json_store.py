"""A backend over HTTP as small as one can be: a user is made by one POST of JSON, and that is all."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

import msgspec
from msgspec import Struct

from syncd.backends.http import Dialect, ServerConfig, Session
from syncd.core.model import USER_FIELDS, Group, Key, Op, Ref, Stored, Update, User
from syncd.ports import Collection, Holds, Memberships, Nothing

CONCURRENCY = 16
PATH = "/users"


def body_of(key: Key, user: User) -> dict[str, object]:
    return {"externalId": key, **msgspec.structs.asdict(user)}


class Created(Struct):
    id: str


class Users:
    holds = Holds(fields=USER_FIELDS, ops=frozenset({Op.CREATE}))

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Iterator[Stored[User]]:
        return iter(())

    def get(self, ref: Ref) -> Stored[User] | None:
        self._refuse(ref)

    def create(self, key: Key, entity: User) -> Ref:
        return Ref(self._session.post(PATH, body=body_of(key, entity)).json(Created).id)

    def update(self, ref: Ref, change: Update) -> None:
        self._refuse(ref, change)

    def delete(self, ref: Ref) -> None:
        self._refuse(ref)

    def _refuse(self, *_: object) -> NoReturn:
        raise AssertionError("only creates are declared")


class JsonStore:
    concurrency = CONCURRENCY
    batch_size = 1
    groups: Collection[Group] = Nothing()
    members: Memberships = Nothing()

    def __init__(self, url: str) -> None:
        dialect = Dialect(width=self.concurrency)
        self.session = Session("target store", ServerConfig(url=url), dialect)
        self.session.authorize("Bearer made-up-token")
        self.users: Collection[User] = Users(self.session)

    def whoami(self) -> Ref | None:
        return None

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def close(self) -> None:
        self.session.close()
