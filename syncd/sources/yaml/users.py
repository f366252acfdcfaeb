"""Users as people files state them, taken one by one and packed.

A hundred thousand people as records are a hundred megabytes, and mostly everybody is as they
were last time: so a person is kept as the octets that their print is made of, until somebody asks.
"""

from collections.abc import Iterator
from datetime import date

from msgspec import msgpack

from syncd.core.model import Key, RawValue, State, UserRecord
from syncd.core.prints import print_of
from syncd.located.places import Items, Mistake, Node, Text, mistake, place
from syncd.located.suggest import quoted
from syncd.paging import Sighting
from syncd.sources.yaml.fields import Fields, fields_of, one_line
from syncd.sources.yaml.names import Names
from syncd.sources.yaml.schema import RESERVED, TEXTS, USER

_TEXTS = frozenset({"id", *TEXTS})
_PAGE = 1000


class Users:
    """`names` has all ids, also of who is wrong otherwise."""

    def __init__(self, today: date, mistakes: list[Mistake]) -> None:
        self.names = Names("user", mistakes)
        self._today, self._mistakes = today, mistakes
        self._packed: list[bytes] = []

    def take(self, node: Node) -> None:
        fields = fields_of(node, USER, "a user", self._mistakes)
        if fields is None:
            return
        texts = fields.texts(_TEXTS)
        more: dict[str, RawValue] = {}
        state, reason = None, ""
        if not fields.table.entries.keys() <= _TEXTS:
            more = self._attributes(fields)
            state, reason = self._standing(fields)
        key = texts.pop("id", None) or fields.required("id")
        if key is None:
            return
        texts.setdefault("user_name", key)
        where = place(node)
        self.names.take("id", key, fields.table, where)
        self.names.take("user_name", texts["user_name"], fields.table, where)
        if "email" in texts:
            self.names.take("email", texts["email"], fields.table, where)
        self._packed.append(_pack((key, {**texts, **more}, state, where, reason)))

    def pages(self) -> Iterator["PackedPage"]:
        """All users, in the order in which they were taken."""
        for at in range(0, len(self._packed), _PAGE):
            yield PackedPage(self._packed[at : at + _PAGE])

    def _attributes(self, fields: Fields) -> dict[str, RawValue]:
        found: dict[str, RawValue] = {}
        admin = fields.truth("admin")
        if admin is not None:
            found["admin"] = "true" if admin else "false"
        table = fields.mapping("attributes")
        if table is None:
            return found
        for name in table.entries:
            value = table.value(name)
            if name in RESERVED or not name:
                words = f"an attribute cannot be called {quoted(name)}: that name is taken"
                self._mistakes.append(mistake(table.name(name), words))
            elif isinstance(value, Text):
                found[name] = value.value
            elif isinstance(value, Items):
                texts = (one_line(item, f"each of {name}", self._mistakes) for item in value.items)
                found[name] = tuple(text for text in texts if text is not None)
            elif value is not None:
                self._mistakes.append(mistake(value, f"{quoted(name)} is text or a list of text"))
        return found

    def _standing(self, fields: Fields) -> tuple[State | None, str]:
        state = fields.choice("state", (State.ACTIVE, State.SUSPENDED))
        first, last = fields.day("valid_from"), fields.day("valid_until")
        if first and last and first > last:
            words = f"valid_until {last} is before valid_from {first}"
            self._mistakes.append(mistake(fields.table.entries["valid_until"], words))
        if last and self._today > last:
            return State.LEFT, f"valid_until {last} has passed"
        if first and self._today < first:
            return State.LEFT, f"valid_from {first} is not reached"
        return (None if state is None else State(state)), ""


class PackedPage:
    def __init__(self, packed: list[bytes]) -> None:
        self.prints = [print_of(octets) for octets in packed]
        self._packed = packed

    def decode(self, at: int) -> Sighting[UserRecord]:
        return Sighting(UserRecord(*_unpack(self._packed[at])))


_pack = msgpack.Encoder().encode
_unpack = msgpack.Decoder(
    tuple[Key, dict[str, str | tuple[str, ...]], State | None, str, str]
).decode
