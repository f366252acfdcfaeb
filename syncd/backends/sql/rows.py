"""What rows of the store say: typed ones of SQLAlchemy's, and octets as the database wrote them.

Rows as octets are printed as they are, and read only where somebody asks: SQLite's are JSON
arrays, PostgreSQL's are lines of COPY.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import msgspec
from sqlalchemy import Boolean, Table, select

from syncd.core.model import ATTRIBUTES, E, Stored, Value
from syncd.ports import Holds

Texts = Sequence[str | int | None]
"""A row's values in the order of its columns, before anything is known of their types."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_FALSE = (0, "f")
_OF_TEXTS = msgspec.json.Decoder(dict[str, str])


class Rows(Generic[E]):
    """The columns of one table that a `Stored` shows, and how to make one of them."""

    def __init__(self, table: Table, holds: Holds, entity: Callable[..., E]) -> None:
        self.table = table
        self._entity: Callable[..., E] = entity
        self.fields = sorted(name for name in holds.fields if not name.startswith(ATTRIBUTES))
        self.columns = ("id", "external_id", "attributes", *self.fields)
        self.select = select(*(table.c[name] for name in self.columns))
        self._booleans = [
            at for at, name in enumerate(self.fields) if isinstance(table.c[name].type, Boolean)
        ]

    def typed(self, row: Sequence[Any]) -> Stored[E]:
        return self._stored(row[0], row[1], attribute_texts(row[2]), row[3:])

    def untyped(self, row: Texts) -> Stored[E]:
        ref, key, attributes, *fields = row
        for at in self._booleans:
            if fields[at] is not None:
                fields[at] = fields[at] not in _FALSE
        return self._stored(ref, key, _texts(str(attributes)), fields)

    def _stored(
        self, ref: Any, key: Any, attributes: dict[str, str], fields: Sequence[Any]
    ) -> Stored[E]:
        values = dict(zip(self.fields, fields, strict=True))
        return Stored(ref, self._entity(**values, attributes=attributes), key)


def of_json(octets: bytes) -> Texts:
    """The row of one JSON array."""
    row: Texts = msgspec.json.decode(octets)
    return row


def of_copy(line: bytes) -> Texts:
    """The row of one line (https://www.postgresql.org/docs/current/sql-copy.html, text format)."""
    text = line.decode().removesuffix("\n")
    values = text.split("\t")
    if "\\" not in text:
        return values
    return [_plain(value) if "\\" in value else value for value in values]


def _plain(value: str) -> str | None:
    if value == "\\N":
        return None
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)


def _texts(stored: str) -> dict[str, str]:
    try:
        return _OF_TEXTS.decode(stored)
    except msgspec.DecodeError:
        return attribute_texts(json.loads(stored))


def attribute_texts(stored: Any) -> dict[str, str]:
    """Another program may have stored any JSON."""
    if not isinstance(stored, dict):
        return {}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in stored.items()
        if value is not None
    }


def split(fields: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, str | None]]:
    """Columns and attributes. Nothing is stored as null, since "" is no value (RFC 7643, 2.5)."""
    columns: dict[str, Value] = {}
    attributes: dict[str, str | None] = {}
    for name, value in fields.items():
        if name.startswith(ATTRIBUTES):
            text = None if value is None else str(value)
            attributes[name.removeprefix(ATTRIBUTES)] = text
        else:
            columns[name] = None if value == "" else value
    return columns, attributes
