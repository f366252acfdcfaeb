"""The parts of a snapshot: what each is called, and its records as octets."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from syncd.core.merge import full_key
from syncd.core.model import Group, GroupRecord, Key, Kind, Stored, User, UserRecord
from syncd.ledger.snapshot import Part
from syncd.paging import Members

T = TypeVar("T")


class PartOf(Struct, Generic[T], frozen=True):
    """One part: its name in the ledger, and how its records are told apart and written."""

    part: Part
    name_of: Callable[[T], str]
    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


def source_users(source: str) -> PartOf[UserRecord]:
    return PartOf(Part(f"user@{source}"), _key, _ENCODE, _USER_RECORD)


def source_groups(source: str) -> PartOf[GroupRecord]:
    return PartOf(Part(f"group@{source}"), _key, _ENCODE, _GROUP_RECORD)


def own_names(source: str, keys: Iterable[Key]) -> list[Key]:
    """A source's own names of these full keys, in order."""
    prefix = full_key(source, Key(""))
    return sorted(Key(key.removeprefix(prefix)) for key in keys if key.startswith(prefix))


def _key(record: Any) -> str:
    return str(record.key)


def _ref(stored: Any) -> str:
    return str(stored.ref)


def _group(members: Members) -> str:
    return str(members.group)


_ENCODE: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
_USER_RECORD = msgspec.msgpack.Decoder(UserRecord).decode
_GROUP_RECORD = msgspec.msgpack.Decoder(GroupRecord).decode

TARGET_USERS: PartOf[Stored[User]] = PartOf(
    Part(Kind.USER.value), _ref, _ENCODE, msgspec.msgpack.Decoder(Stored[User]).decode
)
TARGET_GROUPS: PartOf[Stored[Group]] = PartOf(
    Part(Kind.GROUP.value), _ref, _ENCODE, msgspec.msgpack.Decoder(Stored[Group]).decode
)
TARGET_MEMBERS: PartOf[Members] = PartOf(
    Part(Kind.MEMBER.value), _group, _ENCODE, msgspec.msgpack.Decoder(Members).decode
)
