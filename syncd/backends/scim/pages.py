"""Resources as things of syncd: a page of them, each decoded when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import msgspec
from msgspec import Struct

from syncd.backends.scim.listing import Item
from syncd.backends.scim.schema import Shape
from syncd.backends.scim.wire import from_wire
from syncd.core.model import E, Group, Key, Ref, Stored, User, Value, group_of, user_of
from syncd.core.prints import Print, print_of, prints_of
from syncd.paging import Sighting


class Of(Struct, Generic[E], frozen=True):
    """What a kind of things goes by, how one is made, and what of it is not read with it."""

    name: str
    build: Callable[[Mapping[str, Value]], E]
    unread: str


def _user(fields: Mapping[str, Value]) -> User:
    """Who is not said to be suspended is active."""
    return user_of({"active": True, **fields})


def _group(fields: Mapping[str, Value]) -> Group:
    return group_of(fields)


USERS: Of[User] = Of("user_name", _user, "groups")
GROUPS: Of[Group] = Of("display_name", _group, "members")


def stored_from(resource: Mapping[str, Any], shape: Shape, kind: Of[E]) -> Stored[E]:
    """A resource without a name, which RFC 7643 forbids, goes by its id: nobody is wanted so."""
    ref = Ref(str(resource["id"]))
    fields = {kind.name: str(ref), **from_wire(resource, shape)}
    key = resource.get("externalId")
    return Stored(ref, kind.build(fields), Key(key) if isinstance(key, str) and key else None)


class ScimPage(Generic[E]):
    """As `syncd.paging.Page`. The prints change with what the server's schema lets syncd see."""

    def __init__(
        self, items: Sequence[Item], salt: bytes, decode: Callable[[Mapping[str, Any]], Stored[E]]
    ) -> None:
        self._items = items
        self._decode: Callable[[Mapping[str, Any]], Stored[E]] = decode
        self.prints: list[Print] = prints_of([salt + item.raw for item in items])

    def decode(self, at: int) -> Sighting[Stored[E]]:
        return Sighting(self._decode(msgspec.json.decode(self._items[at].raw)))


def salt_of(shape: Shape) -> bytes:
    places = sorted((name, repr(place)) for name, place in shape.places.items())
    return print_of(repr(places).encode())
