"""What the laws are tried on: a few people and groups, cut to what a backend declares."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from syncd.core.model import ATTRIBUTES, E, Entity, Group, Key, Op, Ref, User, Value, changed, flat
from syncd.ports import Backend, Collection, Holds

FULL: dict[str, Value] = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "display_name": "Ada Lovelace",
    "title": "Countess",
    "phone": "+44 20 7946 0000",
    "locale": "en-GB",
    "admin": True,
    "attributes.team": "engines",
    "attributes.room": "12",
}
"""What is given of one user, beside a login and an e-mail, where it can be held."""


class Sample:
    """What a backend's test supplies (`backend`) and may override."""

    many: ClassVar[int] = 1000
    """How many users are read back in one reading."""

    @pytest.fixture
    def backend(self) -> Backend:
        """An empty target."""
        raise NotImplementedError("supply a fixture `backend`: an empty target")

    def reopen(self, _backend: Backend) -> Backend | None:
        """Another connection to the same target, where there can be one."""
        return None

    def user(self, number: int) -> User:
        """A user that this target takes."""
        return User(user_name=f"user{number}", email=f"user{number}@example.org")

    def group(self, number: int) -> Group:
        """A group that this target takes."""
        return Group(display_name=f"Group {number}")

    def full(self, holds: Holds) -> User:
        """The first user, with all that can be held."""
        return changed(self.user(1), only(holds, FULL))


def needs(law: bool, why: str) -> None:
    if not law:
        pytest.skip(f"not declared: {why}")


def needs_ops(holds: Holds, *ops: Op) -> None:
    needs(holds.ops >= set(ops), f"ops {sorted(set(ops) - holds.ops)}")


def create(collection: Collection[E], key: str, entity: E) -> Ref:
    needs_ops(collection.holds, Op.CREATE)
    return collection.create(Key(key), entity)


def holds_field(holds: Holds, name: str) -> bool:
    return name in holds.fields or (
        name.startswith(ATTRIBUTES) and f"{ATTRIBUTES}*" in holds.fields
    )


def only(holds: Holds, fields: Mapping[str, Value]) -> dict[str, Value]:
    """The fields that can be held."""
    return {name: value for name, value in fields.items() if holds_field(holds, name)}


def held(holds: Holds, entity: Entity) -> dict[str, Value]:
    """What is compared: the declared fields that have a value."""
    return only(holds, flat(entity))


def seen(collection: Collection[E]) -> dict[Ref, dict[str, Value]]:
    """Everything that is read, by ref; each ref once."""
    found = [(one.ref, held(collection.holds, one.entity)) for one in collection.read()]
    if len(found) != len(dict(found)):
        raise AssertionError(f"a ref was read twice: {sorted(ref for ref, _ in found)}")
    return dict(found)
